"""fatrop: an interior-point method that knows the stages' structure."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from geodepth.control.transcription.nonlinear_program import NonlinearProgram

from .back_end import BackEnd, SolverSettings
from .status import Status

RELAXES = 1e-8
"""By how much fatrop widens every bound, relative to its size or 1, with no option against it."""

AGAIN_BARRIER = 1e-4
"""The first barrier parameter of a start from the last solution: 7 iterations on the cart-pole, and 10 from fatrop's
own 0.1."""


class Fatrop(BackEnd):
    """Vanroye, Sathya, De Schutter and Decré, IROS 2023."""

    plugin = "fatrop"
    stoppable = False
    needs_stages = True
    takes_multipliers = False

    def options(
        self, settings: SolverSettings, transcription: NonlinearProgram, warm: bool, again: bool
    ) -> dict[str, Any]:
        """nlpsol's options, the same for a warm start.

        That gives it the point alone: it takes no multipliers, and from a small first barrier it may cycle.
        """
        options = {"tol": settings.tolerance, "max_iter": settings.max_iterations, "print_level": 0}
        if again:
            options["mu_init"] = max(settings.tolerance, AGAIN_BARRIER)
        return {
            "fatrop": options | dict(settings.options or {}),
            "structure_detection": "auto",
            "equality": (transcription.constraint_lower == transcription.constraint_upper).tolist(),
        }

    def bounds(self, lower: np.ndarray, upper: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Bounds drawn in by what it relaxes them, at most by a quarter of the room between them."""
        room = 0.25 * (upper - lower)
        below, above = (np.minimum(RELAXES * np.maximum(1.0, np.abs(bound)), room) for bound in (lower, upper))
        return lower + np.where(np.isfinite(lower), below, 0.0), upper - np.where(np.isfinite(upper), above, 0.0)

    def status(self, statistics: Mapping[str, Any], settings: SolverSettings) -> Status:
        """It says whether it succeeded, and no more."""
        if statistics.get("success"):
            return Status.SOLVED
        reached = statistics.get("iter_count", 0) >= settings.max_iterations
        return Status.ITERATION_LIMIT if reached else Status.FAILED
