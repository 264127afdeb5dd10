"""The smoothing taken to zero: each σ_ε solved from the last, with smaller steps in ε where one fails.

1. Solve at the first ε, from the weights that are given.
2. Predict the representations at the next ε: entries that rest on a kink shrink with ε.
3. Solve there, loosely for all but the last ε.
4. Where a solve fails, put the geometric mean with the last success between, and try again.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from geodepth.control.geodesics.statement.activations import SMOOTHINGS, smoothing_schedule
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.statement.shapes import Path, Steps, Weights
from geodepth.control.model.errors import ProblemError

from .solve_structured import solve_structured
from .structured_result import Progress, StructuredReason, StructuredResult

KINK_REACH = 3.0
"""|A| below this multiple of ε counts as on a kink: there σ'_ε lies between 0.03 and 0.97."""


def solve_homotopy(
    geodesic: RepresentationGeodesic,
    layer_steps: Steps,
    weights: Weights,
    smoothings: Sequence[float] = SMOOTHINGS,
    tolerance: float = 1e-9,
    loose_tolerance: float = 1e-3,
    max_iterations: int = 500,
    retries: int = 4,
    linear_solver: str = "auto",
    callback: Callable[[Progress], None] | None = None,
) -> StructuredResult:
    """The smoothed problem at the last of some ε, through the others.

    Parameters
    ----------
    geodesic, layer_steps, weights, max_iterations, linear_solver, callback
        As `solve_structured` takes them; the iterations are those of each solve.
    smoothings : sequence of float
        ε, decreasing. A linear activation is solved once, and a smoothed ReLU down to its own ε.
    tolerance, loose_tolerance : float
        KKT residuals at the last ε and at the others, scaled by 1/λ.
    retries : int
        How many ε may be put between, in all; a failure at the first one goes through twice its value.

    Returns
    -------
    StructuredResult
        At the last ε. If it could not be reached, the last success, with reason HOMOTOPY. Iterations and factorizations
        are totals.

    Raises
    ------
    ProblemError
        For smoothings that do not decrease.
    """
    todo = [float(value) for value in smoothings]
    if not todo or any(later >= earlier for earlier, later in itertools.pairwise(todo)):
        raise ProblemError(f"smoothings is {tuple(smoothings)}; give positive values, each below the one before")
    todo = list(smoothing_schedule(geodesic.activation_at(), todo))
    final = todo[-1]
    best: StructuredResult | None = None
    iterations = factorizations = 0
    while True:
        smoothing = todo[0]
        guess = None if best is None else predict(geodesic, best, smoothing)
        result = solve_structured(
            geodesic,
            layer_steps,
            smoothing,
            weights if best is None else best.weights,
            multipliers=None if best is None else best.momenta,
            representations=guess,
            tolerance=tolerance if smoothing == final else loose_tolerance,
            max_iterations=max_iterations,
            linear_solver=linear_solver,
            callback=callback,
        )
        iterations, factorizations = iterations + result.iterations, factorizations + result.factorizations
        if result.converged:
            best = result
            todo.pop(0)
        elif (
            retries > 0 and result.reason is not StructuredReason.NOT_FINITE and not geodesic.activation_at().is_linear
        ):
            retries -= 1
            todo.insert(0, 2.0 * smoothing if best is None else math.sqrt(best.smoothing * smoothing))
        else:
            stopped = result if best is None else replace(best, converged=False, reason=StructuredReason.HOMOTOPY)
            return replace(stopped, iterations=iterations, factorizations=factorizations)
        if not todo:
            return replace(result, iterations=iterations, factorizations=factorizations)


def predict(geodesic: RepresentationGeodesic, result: StructuredResult, smoothing: float) -> Path:
    """Representations from which Newton's method at another smoothing starts well.

    What an entry that rests on a kink keeps as ε changes is its slope σ'_ε(a), a function of a/ε: its value is scaled
    with ε. Only kinks that minimize do rest, those where the Lagrangian grows with σ. Without this, a small step in ε
    moves such a slope to 0 or 1, and the iterations of a stage double.
    """
    representations = result.representations.copy()
    if geodesic.activation_at().is_linear:
        return representations
    inner = representations[1:-1]
    growth = -np.matmul(np.swapaxes(result.weights[1:, :, : geodesic.width], 1, 2), result.momenta[2:])
    resting = (np.abs(inner) < KINK_REACH * result.smoothing) & (growth > 0)
    inner[resting] *= smoothing / result.smoothing
    return representations
