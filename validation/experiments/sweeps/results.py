"""Results on disk: one file a task, written whole or not at all, and beside it how it came about.

The result holds nothing but what the task's identity determines, so the same task gives the same bytes wherever and
however it is run. Time, hardware and versions are kept apart, in a JSON file of the same name.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geodepth.validation.errors import ValidationError

if TYPE_CHECKING:
    from .sweep import Task

FORMAT = "geodepth result"
FORMAT_VERSION = 1
Row = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a task measured: rows, each a mapping of names to numbers or text (one a seed, say), and named arrays.

    seconds maps names to durations, which go to the circumstances and not into the result.
    """

    rows: Sequence[Row]
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """A stored outcome with its task's parameters, and the circumstances under which it was measured (maybe none)."""

    identity: str
    parameters: Mapping[str, Any]
    rows: tuple[Row, ...]
    arrays: Mapping[str, np.ndarray]
    circumstances: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of results."""

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
            with zipfile.ZipFile(path) as archive:
                # The directory of a zip file stands at its end: a file that was cut has none.
                whole = "metadata.npy" in archive.namelist()
        except (OSError, zipfile.BadZipFile):
            whole = False
        if not whole:
            path.unlink(missing_ok=True)
        return whole

    def save(self, task: Task, outcome: Outcome, circumstances: Mapping[str, Any]) -> None:
        """Write the circumstances, then the result: where there is a result, there is the other."""
        metadata = {
            "format": FORMAT, "version": FORMAT_VERSION, "measure": task.measure, "revision": task.revision,
            "parameters": task.parameters, "rows": list(outcome.rows),
        }  # fmt: skip
        # Members of a zip file made by NumPy carry no time stamps: the same content is the same bytes.
        buffer = io.BytesIO()
        arrays: dict[str, Any] = dict(outcome.arrays)
        np.savez_compressed(buffer, metadata=np.array(_json(metadata)), **arrays)
        whole = {**circumstances, "seconds": dict(outcome.seconds) | dict(circumstances.get("seconds", {}))}
        write_atomically(self._beside(task.identity), (_json(whole) + "\n").encode())
        write_atomically(self.file(task), buffer.getvalue())

    def load(self, task: Task) -> Result:
        """The stored result. Raises ValidationError where it is missing, damaged or of another format."""
        path = self.file(task)
        try:
            with np.load(path, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            metadata = json.loads(str(arrays.pop("metadata")))
            known = (metadata["format"], metadata["version"]) == (FORMAT, FORMAT_VERSION)
            rows, parameters = tuple(metadata["rows"]), metadata["parameters"]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise ValidationError(f"{path} is no whole result ({type(error).__name__}); delete it, run again") from None
        if not known:
            raise ValidationError(f"{path} is of another format or version; delete it, run again")
        return Result(task.identity, parameters, rows, arrays, self.circumstances(task))

    def _beside(self, identity: str) -> Path:
        return self.folder / "circumstances" / f"{identity}.json"

    def circumstances(self, task: Task) -> dict[str, Any]:
        """How the result came about: seconds, when, hardware, versions; empty where that is lost."""
        try:
            found: dict[str, Any] = json.loads(self._beside(task.identity).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found


def write_atomically(path: Path, content: bytes) -> None:
    """The whole new content or the whole old one, whatever dies meanwhile. Raises ValidationError if it cannot be.

    The temporary name is unique: two machines may write the same result at once, and the last one stays.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            os.chmod(beside, 0o644)  # a temporary file is private, a result is not
            os.replace(beside, path)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ValidationError(f"{path} cannot be written ({error.strerror}); give another --out") from None


def sweep_leftovers(folder: Path) -> int:
    """Remove the temporary files of writers that were killed more than an hour ago; how many there were."""
    import time

    gone = 0
    for place in (folder, folder / "circumstances"):
        for path in place.glob(".*.*") if place.is_dir() else ():
            try:
                if time.time() - path.stat().st_mtime > 3600.0:
                    path.unlink()
                    gone += 1
            except OSError:
                continue
    return gone


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    """NumPy's scalars as Python's."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} in a row; expected numbers, text or None")
