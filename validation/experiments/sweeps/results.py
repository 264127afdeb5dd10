"""Results on disk: one file per task, written whole or not at all, and beside it how it came about.

The result holds nothing but what the task's identity determines, so the same task gives the same bytes wherever and
however it is run. Time, hardware and versions are kept apart, in a JSON file of the same name.
"""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from geodepth.foundation.files.atomic_files import write_atomically
from geodepth.foundation.files.npz_files import read_arrays_and_metadata, write_arrays
from geodepth.foundation.files.opened_files import DamagedFileError
from geodepth.foundation.files.text_files import read_json as read_value
from geodepth.validation.errors import ValidationError

from .outcome import Outcome, Row
from .tasks import Task

FORMAT = "geodepth result"
FORMAT_VERSION = 1
LARGE = 100_000
"""Bytes from which an array is left out of a small copy: weights are above, curves along p below (chosen by hand)."""
LEFTOVER = 3600.0
"""Seconds after which a writer's temporary file is taken for left over; no write lasts that long (chosen by hand)."""


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """A stored outcome.

    Attributes
    ----------
    identity : str
        The task's.
    parameters : mapping
        The task's.
    rows : tuple of dict
        Names and numbers or text.
    arrays : mapping of str to array
        By name.
    circumstances : mapping
        How it was measured; empty where that is lost.
    """

    identity: str
    parameters: Mapping[str, Any]
    rows: tuple[Row, ...]
    arrays: Mapping[str, np.ndarray]
    circumstances: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of results.

    Attributes
    ----------
    folder : Path
        Made at the first result.
    """

    folder: Path

    def file(self, task: Task) -> Path:
        """Where the result of a task is."""
        return self.folder / f"{task.identity}.npz"

    def has(self, task: Task) -> bool:
        """Whether the result is there and whole; a damaged file is taken away, so that it is measured again."""
        path = self.file(task)
        if not path.exists():
            return False
        try:
            self.load(task)
        except ValidationError:
            path.unlink(missing_ok=True)
            return False
        return True

    def save(self, task: Task, outcome: Outcome, circumstances: Mapping[str, Any]) -> None:
        """Write the circumstances, then the result: where there is a result, there is the other.

        Parameters
        ----------
        task : Task
            Its identity is the name of the file.
        outcome : Outcome
            What was measured.
        circumstances : mapping
            How it came about: seconds, when, hardware, versions.

        Raises
        ------
        ValidationError
            The folder cannot be written.
        """
        metadata = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "measure": task.known.identity,
            "revision": task.revision,
            "parameters": task.parameters,
            "rows": list(outcome.rows),
        }
        whole = {**circumstances, "seconds": dict(outcome.seconds) | dict(circumstances.get("seconds", {}))}
        write_atomically(self._beside(task), (json.dumps(whole) + "\n").encode(), ValidationError)
        write_arrays(self.file(task), outcome.arrays, metadata, ValidationError)

    def load(self, task: Task) -> Result:
        """Read the stored result.

        Raises
        ------
        ValidationError
            It is missing, damaged or of another format.
        """
        path = self.file(task)
        try:
            arrays, metadata = read_arrays_and_metadata(path)
            known = (metadata["format"], metadata["version"]) == (FORMAT, FORMAT_VERSION)
            rows, parameters = tuple(map(dict, metadata["rows"])), dict(metadata["parameters"])
        except (FileNotFoundError, DamagedFileError, KeyError, TypeError, ValueError) as error:
            raise ValidationError(f"{path} is no whole result ({error}); delete it, run again") from None
        if not known:
            raise ValidationError(f"{path} is of another format or version; delete it, run again")
        return Result(task.identity, parameters, rows, arrays, self.circumstances(task))

    def keep_small(self, task: Task, others: "Store") -> None:
        """Copy a result into another store without its large arrays, whose digests go to its circumstances.

        Parameters
        ----------
        task : Task
            Its result is copied.
        others : Store
            Where to.

        Raises
        ------
        ValidationError
            The result is missing or damaged, or the other folder cannot be written.
        """
        result = self.load(task)
        large = {name: array for name, array in result.arrays.items() if array.nbytes > LARGE}
        small = {name: array for name, array in result.arrays.items() if name not in large}
        digests = {
            name: hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest() for name, array in large.items()
        }
        circumstances = {**result.circumstances, "digests of arrays left out": digests}
        others.save(task, Outcome(result.rows, small), circumstances)

    def circumstances(self, task: Task) -> dict[str, Any]:
        """How the result came about: seconds, when, hardware, versions; empty where that is lost."""
        found = read_json(self._beside(task))
        parts = (found.get("seconds", {}), found.get("versions", {}))
        whole = all(isinstance(part, dict) for part in parts) and isinstance(parts[0].get("task", 0.0), float)
        return found if whole else {}

    def _beside(self, task: Task) -> Path:
        return self.folder / "circumstances" / f"{task.identity}.json"


def read_json(path: Path) -> dict[str, Any]:
    """What a JSON file holds; nothing where it is missing or damaged."""
    try:
        found = read_value(path)
    except (FileNotFoundError, DamagedFileError):
        return {}
    return found if isinstance(found, dict) else {}


def sweep_leftovers(folder: Path) -> int:
    """Remove the temporary files of writers that were killed more than an hour ago; how many there were."""
    gone = 0
    for place in (folder, folder / "circumstances"):
        for path in place.glob(".*.*") if place.is_dir() else ():
            try:
                if time.time() - path.stat().st_mtime > LEFTOVER:
                    path.unlink()
                    gone += 1
            except OSError:
                continue
    return gone
