"""The finished starts of a search, one file each, so that a run that was killed goes on from them.

Each start is written, atomically, by the process that solved it, the moment it ends. Whatever kills the run, at most
the starts in flight are lost. A file is named by all that decides its content, so the same folder serves any number of
runs: more starts of the same problem, other problems, other seeds.
"""

import dataclasses
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from geodepth.control.geodesics.certificate.geodesic_certificate import GeodesicCertificate
from geodepth.control.geodesics.transcribed.path_problem import PathProblem
from geodepth.control.geodesics.transcribed.smooth_point import SmoothPoint
from geodepth.control.model.errors import CHECKS, ProblemError
from geodepth.control.solution.npz_files import read_npz, write_npz
from geodepth.foundation.files.folder_lock import only_run_in
from geodepth.foundation.files.npz_files import check_shapes, reading

from .one_start import run_start
from .outcome import Ended, StartOutcome
from .starts import Start

FORMAT, FORMAT_VERSION = "geodepth start", 1


@dataclass(frozen=True, slots=True)
class Journal:
    """A folder of finished starts, or of none where `folder` is None."""

    folder: Path | None

    def read(self, problem: PathProblem, start: Start) -> Ended | None:
        """Where this start ended, if that is known; a damaged file counts as unknown."""
        if self.folder is None:
            return None
        file = self._file(self.folder, problem, start)
        try:
            arrays, known = read_npz(file, FORMAT, FORMAT_VERSION)
            with reading(file, FORMAT, ProblemError):
                check_shapes(arrays, _EXACT | _SMOOTH)
                certificate = GeodesicCertificate(**known["certificate"])
                exact: dict[str, Any] = {name: arrays[name] for name in _EXACT} | known["outcome"]
                smooth = {name.removeprefix("smooth_"): arrays[name] for name in _SMOOTH} | known["point"]
                outcome = StartOutcome(origin=start.origin, certificate=certificate, **exact)
                return Ended(outcome, SmoothPoint(**smooth), resumed=True)
        except ProblemError:
            return None

    def solve(self, problem: PathProblem, start: Start) -> Ended:
        """Solve a start and keep where it ended. Raises ProblemError if the folder cannot be written."""
        outcome, point, _ = ended = run_start(problem, start)
        if self.folder is None:
            return ended
        arrays = {name: getattr(point, name.removeprefix("smooth_")) for name in _SMOOTH}
        arrays |= {name: getattr(outcome, name) for name in _EXACT}
        metadata = {
            "outcome": {name: getattr(outcome, name) for name in _OUTCOME},
            "certificate": dataclasses.asdict(outcome.certificate),
            "point": {name: getattr(point, name) for name in _POINT},
        }
        write_npz(self._file(self.folder, problem, start), FORMAT, FORMAT_VERSION, arrays, metadata)
        return ended

    @staticmethod
    def _file(folder: Path, problem: PathProblem, start: Start) -> Path:
        recipe = (problem.scheme, problem.solver, problem.tolerance, problem.bracket)
        digest = hashlib.sha256(repr((problem.geodesic.digest(), recipe, start.smoothings)).encode())
        digest.update(b"loose" * start.loose)
        for array in (problem.steps, start.weights):
            digest.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
        return folder / f"start-{digest.hexdigest()[:24]}.npz"


@contextmanager
def journal_in(folder: str | Path | None) -> Iterator[Journal]:
    """The journal in a folder, which is made if need be, and held against other runs; None keeps nothing.

    Raises
    ------
    ProblemError
        The folder cannot be written, or another run holds it.
    """
    if folder is not None and (not isinstance(folder, str | Path) or not str(folder)):
        raise CHECKS.refusal("journal", folder, "the path of a folder, or None")
    with only_run_in(folder, "journal", ProblemError):
        yield Journal(None if folder is None else Path(folder))


_EXACT = {"weights": "L points w c", "momenta": "L+1 w N"}
_SMOOTH = {"smooth_weights": "L points w c", "smooth_representations": "L+1 w N", "smooth_momenta": "L+1 w N"}
_OUTCOME = ("cost", "converged", "iterations", "seconds", "reason")
_POINT = ("cost", "smoothing", "iterations", "seconds", "converged", "reason")
