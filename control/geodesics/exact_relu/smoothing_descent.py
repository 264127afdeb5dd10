"""ε from one value to the next, until the active-set Newton method of structured_snap.py settles on a set of kinks."""

from __future__ import annotations

import numpy as np

from geodepth.control.geodesics.newton.linearization import Iterate
from geodepth.control.geodesics.newton.shooting_model import shooting_model
from geodepth.control.geodesics.newton.smoothing_homotopy import predict
from geodepth.control.geodesics.newton.solve_structured import linear_solver_for, solve_structured
from geodepth.control.geodesics.newton.structured_result import StructuredResult
from geodepth.control.geodesics.statement.array_layouts import swapped
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.foundation.shapes import Float

from .active_set import Snap, first_pieces, snap

RATIO = 3.0  # from one ε to the next
SMOOTHED_TOLERANCE = 1e-6
# Iterations from one ε to the next: five to ten where the minimum goes on, any number where it has ended.
CONTINUATION_LIMIT, FRESH_LIMIT = 30, 100


class Descent:
    """ε from one value to the next until the active set settles; the counts and the points that this leaves behind."""

    def __init__(
        self,
        geodesic: RepresentationGeodesic,
        steps: Float[np.ndarray, " L"],
        tolerance: float,
        max_iterations: int,
        linear_solver: str,
    ) -> None:
        self.geodesic, self.steps = geodesic, steps
        self.base = shooting_model(geodesic, steps, 1.0)
        self.solver = linear_solver_for(self.base, linear_solver)
        self.iterations = self.factorizations = 0
        self.reached: StructuredResult | None = None  # the last smoothed solution
        self.stopped: StructuredResult  # the last iterate
        self.tolerance, self.max_iterations, self.linear_solver = tolerance, max_iterations, linear_solver

    def run(
        self,
        weights: Float[np.ndarray, "L w c"],
        momenta: Float[np.ndarray, "L+1 w N"] | None,
        representations: Float[np.ndarray, "L+1 w N"] | None,
        smoothings: list[float],
        rises: int,
    ) -> Snap | None:
        """The settled active set, or None."""
        place, rise, limit = 0, 0, self.max_iterations
        while place < len(smoothings):
            result = self._smoothed(smoothings[place], weights, momenta, representations, limit)
            if not result.converged:
                result = self._smoothed(smoothings[place], result.weights, None, None, FRESH_LIMIT)
            if not result.converged:
                if rise == rises or self.reached is None:
                    return None
                rise += 1
                place, limit = max(0, place - rise), FRESH_LIMIT
                weights, momenta, representations = result.weights, None, None
                continue
            self.reached = result
            ended = self._snap(result)
            if ended.settled:
                return ended
            place, limit = place + 1, CONTINUATION_LIMIT
            weights, momenta = result.weights, result.momenta
            representations = predict(self.geodesic, result, result.smoothing / RATIO)
        return None

    def _smoothed(
        self,
        smoothing: float,
        weights: Float[np.ndarray, "L w c"],
        momenta: Float[np.ndarray, "L+1 w N"] | None,
        representations: Float[np.ndarray, "L+1 w N"] | None,
        limit: int,
    ) -> StructuredResult:
        self.stopped = solve_structured(
            self.geodesic,
            self.steps,
            smoothing,
            weights,
            multipliers=momenta,
            representations=representations,
            tolerance=SMOOTHED_TOLERANCE,
            max_iterations=limit,
            linear_solver=self.linear_solver,
            slopes_as_unknowns=True,
        )
        self.iterations += self.stopped.iterations
        self.factorizations += self.stopped.factorizations
        return self.stopped

    def _snap(self, result: StructuredResult) -> Snap:
        self.base = shooting_model(self.geodesic, self.steps, result.smoothing)
        with np.errstate(over="ignore", invalid="ignore"):
            start = first_pieces(self.base, smoothed_iterate(self.geodesic, result))
            ended = snap(self.base, *start, self.solver, self.tolerance)
        self.iterations += ended.steps
        self.factorizations += ended.factorizations
        return ended


def smoothings_from(first: float, smallest: float) -> list[float]:
    """ε from `first` down by factors of three."""
    count = 1 + max(0, int(np.floor(np.log(first / smallest) / np.log(RATIO))))
    return [first / RATIO**power for power in range(count)]


def smoothed_iterate(geodesic: RepresentationGeodesic, result: StructuredResult) -> Iterate:
    """A result's arrays, samples first, and the multipliers of its end."""
    multipliers = -swapped(result.momenta)[1:]
    eta = geodesic.end.multipliers(result.momenta[-1]).T
    return Iterate(swapped(result.representations), swapped(result.weights), multipliers, eta)
