"""The finished starts of a landscape, one file each, so that a run that was killed goes on from them.

Each start is written, atomically, by the process that solved it, the moment it ends: whatever kills the run, at most
the starts in flight are lost. A file is named by all that decides its content, so the same folder serves any number of
runs: more starts of the same problem, other problems, other seeds.
"""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from geodepth.control.geodesics.certificate.geodesic_certificate import GeodesicCertificate
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.transcribed.smoothed_solves import SmoothPoint
from geodepth.control.model.errors import ProblemError
from geodepth.control.solution.archives import read_npz, write_npz
from geodepth.foundation.shapes import Float

from .minima import StartOutcome
from .one_start import Recipe, Start, run_start

FORMAT, FORMAT_VERSION = "geodepth start", 1
Ended = tuple[StartOutcome, SmoothPoint]


@dataclass(frozen=True, slots=True)
class Journal:
    """A folder of finished starts, or of none where `folder` is None."""

    folder: Path | None

    def read(
        self, geodesic: RepresentationGeodesic, steps: Float[np.ndarray, " L"], recipe: Recipe, start: Start
    ) -> Ended | None:
        """Where this start ended, if that is known; a damaged file counts as unknown."""
        if self.folder is None:
            return None
        try:
            arrays, known = read_npz(self._file(geodesic, steps, recipe, start), FORMAT, FORMAT_VERSION)
        except ProblemError:
            return None
        outcome: dict[str, Any] = known["outcome"] | {
            "origin": start.origin,
            "certificate": GeodesicCertificate(**known["certificate"]),
            "weights": arrays["weights"],
            "momenta": arrays["momenta"],
        }
        point: dict[str, Any] = {name: arrays[f"smooth_{name}"] for name in _ARRAYS}
        return StartOutcome(**outcome), SmoothPoint(**point, **known["point"])

    def run(
        self, geodesic: RepresentationGeodesic, steps: Float[np.ndarray, " L"], recipe: Recipe, start: Start
    ) -> Ended:
        """Solve a start and keep where it ended. Raises OSError if the folder cannot be written."""
        outcome, point = ended = run_start(geodesic, steps, recipe, start)
        if self.folder is None:
            return ended
        arrays = {f"smooth_{name}": getattr(point, name) for name in _ARRAYS}
        arrays |= {"weights": outcome.weights, "momenta": outcome.momenta}
        metadata = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "outcome": {name: getattr(outcome, name) for name in _OUTCOME},
            "certificate": dataclasses.asdict(outcome.certificate),
            "point": {name: getattr(point, name) for name in _POINT},
        }
        write_npz(self._file(geodesic, steps, recipe, start), arrays, metadata)
        return ended

    def _file(
        self, geodesic: RepresentationGeodesic, steps: Float[np.ndarray, " L"], recipe: Recipe, start: Start
    ) -> Path:
        assert self.folder is not None
        digest = hashlib.sha256()
        digest.update(repr((geodesic.digest(), dataclasses.astuple(recipe), start.smoothings)).encode())
        for array in (steps, start.weights):
            digest.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
        return self.folder / f"start-{digest.hexdigest()[:24]}.npz"


def journal_in(folder: str | Path | None) -> Journal:
    """The journal in a folder, which is made if need be; None keeps nothing. Raises ProblemError if it cannot be."""
    if folder is None:
        return Journal(None)
    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ProblemError(f"journal {path} cannot be made ({error.strerror}); give another folder") from None
    return Journal(path)


_ARRAYS = ("weights", "representations", "momenta")
_OUTCOME = ("cost", "converged", "iterations", "seconds", "reason")
_POINT = ("cost", "smoothing", "iterations", "seconds", "converged", "reason")
