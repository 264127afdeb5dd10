"""ε from one value to the next, until the active set of kinks settles.

1. Solve the smoothed problem at the first ε; once more from there, from the adjoint's momenta, if that fails.
2. Try the active set (active_set.py). If it settles, that is the end.
3. Predict the representations at a third of ε, and go back to 1 with few iterations: they suffice where the minimum
   goes on, and none suffice where it has ended.
4. Where a smoothing could not be solved, its minimum has ended as ε fell: go on from where Newton's method went, at a
   larger ε, and each time from higher up.
"""

from dataclasses import dataclass

import numpy as np

from geodepth.control.geodesics.newton.linearization import Iterate
from geodepth.control.geodesics.newton.shooting_model import ShootingModel, shooting_model
from geodepth.control.geodesics.newton.smoothing_homotopy import predict
from geodepth.control.geodesics.newton.solve_structured import linear_solver_for, solve_structured
from geodepth.control.geodesics.newton.structured_result import StructuredResult
from geodepth.control.geodesics.statement.array_layouts import swapped
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.statement.shapes import Path, Steps, Weights

from .active_set import ActiveSet, Settled
from .choice_of_sides import first_pieces

RATIO = 3.0  # from one ε to the next (chosen by hand, as the homotopy's)
SMOOTHED_TOLERANCE = 1e-6
"""KKT residual of the smoothed solves, scaled by 1/λ: the active set converges quadratically from there."""
CONTINUATION_LIMIT, FRESH_LIMIT = 30, 100
"""Iterations from one ε to the next, and from a new start: five to ten where the minimum goes on, any number where it
has ended."""


@dataclass(frozen=True, slots=True, eq=False)
class SmoothStart:
    """A point of the smoothed problem.

    Attributes
    ----------
    weights : (L, w, c)
        W_ℓ.
    momenta, representations : (L + 1, w, N) or None
        B_ℓ and A_ℓ, where they are known.
    """

    weights: Weights
    momenta: Path | None = None
    representations: Path | None = None


@dataclass(frozen=True, slots=True)
class ExactSettings:
    """How the exact stage goes about it.

    Attributes
    ----------
    smallest : float
        The least ε, over the problem's `state_scale`.
    relaxation : float
        s of the bracket's lower side, over its square.
    tolerance : float
        KKT residual at which the kinks count as settled, scaled by 1/λ.
    max_iterations : int
        Of the first smoothed solve.
    rises : int
        How often the search may go on at a larger ε.
    linear_solver : str
        As `solve_structured` takes it.
    """

    smallest: float
    relaxation: float
    tolerance: float
    max_iterations: int
    rises: int
    linear_solver: str


class Descent:
    """One descent in ε, with the counts and the points that it leaves behind.

    Attributes
    ----------
    base : ShootingModel
        The problem at the last ε.
    iterations, factorizations : int
        How many there were.
    reached : StructuredResult or None
        The last smoothed solution.
    stopped : StructuredResult
        The last smoothed iterate.
    """

    def __init__(self, geodesic: RepresentationGeodesic, steps: Steps, settings: ExactSettings) -> None:
        self.geodesic, self.steps, self.settings = geodesic, steps, settings
        self.base = shooting_model(geodesic, steps, 1.0)
        self.solver = linear_solver_for(self.base, settings.linear_solver)
        self.iterations = self.factorizations = 0
        self.reached: StructuredResult | None = None
        self.stopped: StructuredResult

    def run(self, start: SmoothStart, first: float) -> Settled | None:
        """The settled active set, from a point of the smoothed problem at ε = `first`; None if there is none."""
        smoothings = smoothings_from(first, self.settings.smallest * self.base.unit)
        place, rise, limit = 0, 0, self.settings.max_iterations
        while place < len(smoothings):
            result = self._smoothed(smoothings[place], start, limit)
            if not result.converged:
                result = self._smoothed(smoothings[place], SmoothStart(result.weights), FRESH_LIMIT)
            if not result.converged:
                if rise == self.settings.rises or self.reached is None:
                    return None
                rise += 1
                place, limit = max(0, place - rise), FRESH_LIMIT
                start = SmoothStart(result.weights)
                continue
            self.reached = result
            ended = self._settle(result)
            if ended.settled:
                return ended
            place, limit = place + 1, CONTINUATION_LIMIT
            predicted = predict(self.geodesic, result, result.smoothing / RATIO)
            start = SmoothStart(result.weights, result.momenta, predicted)
        return None

    def _smoothed(self, smoothing: float, start: SmoothStart, limit: int) -> StructuredResult:
        self.stopped = solve_structured(
            self.geodesic,
            self.steps,
            smoothing,
            start.weights,
            multipliers=start.momenta,
            representations=start.representations,
            tolerance=SMOOTHED_TOLERANCE,
            max_iterations=limit,
            linear_solver=self.settings.linear_solver,
            slopes_as_unknowns=True,
        )
        self.iterations += self.stopped.iterations
        self.factorizations += self.stopped.factorizations
        return self.stopped

    def _settle(self, result: StructuredResult) -> Settled:
        self.base = shooting_model(self.geodesic, self.steps, result.smoothing)
        with np.errstate(over="ignore", invalid="ignore"):
            start = first_pieces(self.base, smoothed_iterate(self.base, self.geodesic, result))
            ended = ActiveSet(self.base, self.solver, self.settings.tolerance).settle(*start)
        self.iterations += ended.steps
        self.factorizations += ended.factorizations
        return ended


def smoothings_from(first: float, smallest: float) -> list[float]:
    """ε from `first` down by factors of three."""
    count = 1 + max(0, int(np.floor(np.log(first / smallest) / np.log(RATIO))))
    return [first / RATIO**power for power in range(count)]


def smoothed_iterate(model: ShootingModel, geodesic: RepresentationGeodesic, result: StructuredResult) -> Iterate:
    """A result's arrays as the model has them, and the multipliers of its end."""
    eta = model.unit * geodesic.end.multipliers(result.momenta[-1]).T
    states, multipliers = model.states(result.representations), model.multipliers(result.momenta)
    return Iterate(states, swapped(result.weights), multipliers, eta)
