"""The exact ReLU on the structure of the samples: a local minimum of the network itself, kinks included.

From a smoothed solution the smoothing is lowered, with kinks predicted, until the active-set Newton method of
structured_snap.py settles: usually at once, or after one or two values. The result is a stationary point of the exact
problem to roundoff. Its bracket is closed from below by Scholtes' relaxation S∘T ≤ s, A = S − T, S, T ≥ 0, solved on
the same pieces.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ProblemError
from .problem import RepresentationGeodesic, check_layer_steps
from .structured import StructuredResult, linear_solver_for, solve_structured
from .structured_homotopy import predict
from .structured_model import ShootingModel, shooting_model
from .structured_snap import SIGN_TOLERANCE, Snap, first_pieces, gain, relaxed_pieces, snap
from .structured_step import Iterate

if TYPE_CHECKING:
    from jaxtyping import Float

RATIO = 3.0  # from one ε to the next
SMOOTHED_TOLERANCE = 1e-6
RELAXED_TOLERANCE = 1e-7
# Iterations from one ε to the next: five to ten where the minimum goes on, any number where it has ended in a fold.
CONTINUATION_LIMIT, FRESH_LIMIT = 30, 100
# Hidden neurons whose |A| and |W| stay below these multiples of ε, at ε no larger than this, die with it.
IDLE_REACH, IDLE_WEIGHT, IDLE_SMOOTHING = 3.0, 30.0, 1e-3
# A relaxation that does not settle, since kinks with small multipliers leave it, is tightened by this, so many times.
TIGHTER, TIGHTENINGS = 0.1, 4


class ExactReason(Enum):
    """Why the exact stage stopped; the value is a sentence with advice."""

    CONVERGED = "A stationary point of the exact network: every kink's multipliers have the right sign."
    SMOOTHED = "The smoothed problem was not solved from these weights; start from a solution of the homotopy."
    UNSETTLED = "No smoothing led to a settled set of kinks; start elsewhere, or allow smaller smoothings."


@dataclass(frozen=True, slots=True, eq=False)
class ExactResult:
    """A local minimum of the discrete network with the exact activation, or the best that was found.

    cost: J of the exact network with these weights (its penalty for a fixed end, which the path meets to `end_error`);
    lower: the local minimum of the relaxed problem S∘T ≤ relaxation, whose feasible set contains the exact one, or
    −inf (neurons that do nothing at all, A = 0 and W = 0, are held so); kinks: inputs that rest at zero and would have
    an effect; slopes (L, w, N): the element of Clarke's generalized derivative of each σ(A_{ℓ−1}) at which the path is
    stationary, in [0, 1] on kinks; clarke_residual: what is left of stationarity with it, ‖∂J/∂W‖/‖∂penalty/∂W‖,
    recomputed on the rolled-out network; kink_margin: the smallest multiplier of S ≥ 0 or T ≥ 0 over all kinks,
    positive where the sides are strictly complementary; strongly_stationary: no such multiplier is negative;
    strict_minimum: and the Hessian on the pieces is positive definite; None where idle neurons were left out of it.
    """

    weights: Float[np.ndarray, "L w c"]
    representations: Float[np.ndarray, "L+1 w N"]
    momenta: Float[np.ndarray, "L+1 w N"]
    slopes: Float[np.ndarray, "L w N"]
    cost: float
    lower: float
    relaxation: float
    kinks: int
    kink_margin: float
    clarke_residual: float
    end_error: float
    strongly_stationary: bool
    strict_minimum: bool | None
    smoothing: float  # the last ε before the active set settled
    iterations: int
    factorizations: int
    converged: bool
    reason: ExactReason

    @property
    def bracket(self) -> float:
        """(cost − lower)/cost."""
        return (self.cost - self.lower) / self.cost if self.cost > 0 else float("nan")


def solve_exact(
    geodesic: RepresentationGeodesic,
    layer_steps: Float[np.ndarray, " L"],
    weights: Float[np.ndarray, "L w c"],
    multipliers: Float[np.ndarray, "L+1 w N"] | None = None,
    representations: Float[np.ndarray, "L+1 w N"] | None = None,
    smoothing: float = 0.003,
    smallest: float = 1e-6,
    relaxation: float = 1e-10,
    tolerance: float = 1e-10,
    max_iterations: int = 300,
    rises: int = 2,
    linear_solver: str = "auto",
) -> ExactResult:
    """The exact ReLU's local minimum next to a smoothed one.

    weights, multipliers and representations: of a smoothed solution at ε = `smoothing` (weights alone will do; the
    smoothed problem is then solved from them). ε is lowered by factors of about three, down to `smallest`, until the
    kinks settle at a KKT residual below `tolerance` (scaled by 1/λ).

    Some minima of the smoothed problem have none of the exact problem next to them: they end in a fold as ε falls. Then
    the search goes on from where Newton's method went from there: at the same ε and, where that fails too, at larger
    ones, up to `rises` times and each time from higher up. The cost can be above or below the start's. Raises
    ProblemError as solve_structured does.
    """
    steps = check_layer_steps(geodesic, len(layer_steps), layer_steps)
    if geodesic.activation == "smoothed relu":
        raise ProblemError("activation is 'smoothed relu', which has no kinks; its smoothed solution is exact")
    descent = _Descent(geodesic, steps, tolerance, max_iterations, linear_solver)
    found = descent.run(weights, multipliers, representations, _smoothings(smoothing, smallest), rises)
    if found is None and descent.reached is not None:
        idle = _idle_neurons(geodesic, descent.reached)
        if idle.any():
            return _without_idle(descent, idle, smallest, relaxation, rises)
    if found is None:
        return _unsettled(descent)
    return _settled(descent, found, relaxation)


class _Descent:
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
        )
        self.iterations += self.stopped.iterations
        self.factorizations += self.stopped.factorizations
        return self.stopped

    def _snap(self, result: StructuredResult) -> Snap:
        self.base = shooting_model(self.geodesic, self.steps, result.smoothing)
        with np.errstate(over="ignore", invalid="ignore"):
            start = first_pieces(self.base, _iterate(self.base, result))
            ended = snap(self.base, *start, self.solver, self.tolerance)
        self.iterations += ended.steps
        self.factorizations += ended.factorizations
        return ended


def _idle_neurons(geodesic: RepresentationGeodesic, result: StructuredResult) -> np.ndarray:
    """Which neurons (w,), outside data and outputs, are about to end at A = 0 and W = 0.

    All their inputs lie within the smoothing, so that no set of kinks settles there, and none matters in the limit.
    """
    if result.smoothing > IDLE_SMOOTHING:
        return np.zeros(geodesic.width, dtype=bool)
    square = np.abs(result.weights[:, :, : geodesic.width]).max(axis=0)
    largest = np.maximum(np.abs(result.weights).max(axis=(0, 2)), square.max(axis=0))
    hidden = ~(geodesic.embedding.any(axis=1) | geodesic.readout.any(axis=0))
    small = np.abs(result.representations).max(axis=(0, 2)) <= IDLE_REACH * result.smoothing
    return np.asarray(hidden & small & (largest <= IDLE_WEIGHT * result.smoothing))


def _without_idle(
    descent: _Descent, idle: np.ndarray, smallest: float, relaxation: float, rises: int
) -> ExactResult:
    """The exact minimum of the other neurons: with A = W = 0 for those that are idle it is stationary for all.

    Whether it is a minimum also towards waking them is not known.
    """
    geodesic, steps, reached = descent.geodesic, descent.steps, descent.reached
    assert reached is not None
    busy = np.flatnonzero(~idle)
    columns = np.append(busy, geodesic.width) if geodesic.bias else busy
    smaller = replace(
        geodesic, width=busy.size, embedding=geodesic.embedding[busy], readout=geodesic.readout[:, busy]
    )
    inner = solve_exact(
        smaller,
        steps,
        reached.weights[:, busy][:, :, columns],
        reached.momenta[:, busy],
        reached.representations[:, busy],
        reached.smoothing,
        smallest,
        relaxation,
        descent.tolerance,
        descent.max_iterations,
        rises,
        descent.linear_solver,
    )
    weights, slopes = np.zeros_like(reached.weights), np.zeros((steps.size, geodesic.width, geodesic.samples))
    weights[:, busy[:, None], columns] = inner.weights
    slopes[:, busy] = inner.slopes
    path, momenta = np.zeros_like(reached.representations), np.zeros_like(reached.momenta)
    path[:, busy], momenta[:, busy] = inner.representations, inner.momenta
    return replace(
        inner,
        weights=weights,
        representations=path,
        momenta=momenta,
        slopes=slopes,
        strict_minimum=None if inner.strict_minimum else False,
        iterations=descent.iterations + inner.iterations,
        factorizations=descent.factorizations + inner.factorizations,
    )


def _smoothings(first: float, smallest: float) -> list[float]:
    """ε from `first` down by factors of three."""
    count = 1 + max(0, int(np.floor(np.log(first / smallest) / np.log(RATIO))))
    return [first / RATIO**power for power in range(count)]


def _iterate(model: ShootingModel, result: StructuredResult) -> Iterate:
    """A result's arrays, samples first; η from P_L = Pᵀη."""
    weights, states, momenta = (
        np.ascontiguousarray(np.swapaxes(array, 1, 2))
        for array in (result.weights, result.representations, result.momenta)
    )
    eta = np.zeros_like(model.targets)
    if model.fixed:
        eta = np.linalg.lstsq(model.readout.T, -momenta[-1].T, rcond=None)[0].T
    return Iterate(states, weights, -momenta[1:], eta)


def _relaxed_minimum(descent: _Descent, exact: Snap, relaxation: float) -> tuple[float, float]:
    """J of the relaxed problem's local minimum next to an exact one, and its s; −inf where none was found.

    What is left of its constraints is charged at the price of their multipliers, to first order.
    """
    if descent.geodesic.activation == "linear":
        return exact.point.evaluation.objective * descent.geodesic.weight_decay, 0.0
    for tightening in range(TIGHTENINGS + 1):
        s = relaxation * TIGHTER**tightening
        start, lift = exact.point.iterate, 2.0 * float(np.sqrt(s))
        relaxed = snap(descent.base, relaxed_pieces(exact), start, descent.solver, RELAXED_TOLERANCE, lift)
        if relaxed.strict:
            return _charged(descent, relaxed), s
    return -np.inf, s


def _charged(descent: _Descent, relaxed: Snap) -> float:
    """J of a relaxed minimum, less what meeting the rest of its constraints would cost."""
    point = relaxed.point
    assert point.iterate.pins is not None
    price = float(np.abs(point.iterate.pins * point.iterate.states[:-1]).sum())
    price += float(np.abs(point.iterate.multipliers * point.evaluation.defects).sum())
    if point.model.fixed:
        price += float(np.abs(point.iterate.eta * point.evaluation.mismatch).sum())
    return (point.evaluation.objective - price) * descent.geodesic.weight_decay


def _settled(descent: _Descent, found: Snap, relaxation: float) -> ExactResult:
    model, iterate, sides = found.point.model, found.point.iterate, found.pieces.sides
    assert iterate.pins is not None
    growth = gain(model, iterate)
    kinks = (sides == 0) & (growth > SIGN_TOLERANCE)
    slopes = np.where(sides > 0, 1.0, 0.0)
    slopes[kinks] = np.clip(iterate.pins[kinks] / growth[kinks], 0.0, 1.0)
    margins = np.minimum(iterate.pins, growth - iterate.pins)[kinks]
    margin = float(margins.min()) if margins.size else np.inf
    weights = np.ascontiguousarray(np.swapaxes(iterate.weights, 1, 2))
    final = -iterate.multipliers[-1].T if model.fixed else None
    lower, tightest = _relaxed_minimum(descent, found, relaxation) if found.strict else (-np.inf, np.nan)
    return _result(
        descent,
        weights,
        np.ascontiguousarray(np.swapaxes(slopes, 1, 2)),
        final,
        lower=lower,
        relaxation=tightest,
        kinks=int(kinks.sum()),
        kink_margin=margin,
        strongly_stationary=margin >= -SIGN_TOLERANCE,
        strict_minimum=found.strict,
        reason=ExactReason.CONVERGED,
    )


def _unsettled(descent: _Descent) -> ExactResult:
    """The last smoothed weights in the exact network, with no lower side."""
    smoothed = descent.reached or descent.stopped
    path = descent.geodesic.propagate(smoothed.weights, descent.steps)
    return _result(
        descent,
        smoothed.weights,
        (path[:-1] > 0).astype(float),
        smoothed.momenta[-1] if descent.base.fixed else None,
        lower=-np.inf,
        relaxation=np.nan,
        kinks=0,
        kink_margin=np.nan,
        strongly_stationary=False,
        strict_minimum=False,
        reason=ExactReason.UNSETTLED if smoothed.converged else ExactReason.SMOOTHED,
    )


def _result(
    descent: _Descent,
    weights: Float[np.ndarray, "L w c"],
    slopes: Float[np.ndarray, "L w N"],
    final: Float[np.ndarray, "w N"] | None,
    reason: ExactReason,
    **known: Any,
) -> ExactResult:
    """What the rolled-out network says of these weights, joined to what is known of them."""
    geodesic, steps = descent.geodesic, descent.steps
    path = geodesic.propagate(weights, steps)
    if geodesic.activation == "linear":
        slopes = np.ones_like(slopes)
    final = geodesic.final_momentum(path[-1]) if final is None else final
    momenta, residual = clarke_residual(geodesic, steps, weights, path, slopes, final)
    return ExactResult(
        weights=weights,
        representations=path,
        momenta=momenta,
        slopes=slopes,
        cost=geodesic.objective(weights, steps),
        clarke_residual=residual,
        end_error=_end_error(geodesic, path),
        smoothing=descent.stopped.smoothing,
        iterations=descent.iterations,
        factorizations=descent.factorizations,
        converged=reason is ExactReason.CONVERGED,
        reason=reason,
        **known,
    )


def clarke_residual(
    geodesic: RepresentationGeodesic,
    layer_steps: Float[np.ndarray, " L"],
    weights: Float[np.ndarray, "L w c"],
    path: Float[np.ndarray, "L+1 w N"],
    slopes: Float[np.ndarray, "L w N"],
    final: Float[np.ndarray, "w N"],
) -> tuple[Float[np.ndarray, "L+1 w N"], float]:
    """Momenta for given slopes of σ, and ‖∂J/∂W‖_F/‖∂penalty/∂W‖_F with them, ∂J/∂W_ℓ/λ = 2κρW_ℓ − ρB_ℓσ(A_{ℓ−1})ᵀ.

    With slopes from Clarke's generalized derivative, zero says that 0 is in the generalized gradient of J.
    """
    momenta = np.empty_like(path)
    momenta[-1] = final
    gradient, scale = 0.0, 0.0
    for layer in range(len(layer_steps) - 1, -1, -1):
        step, matrix = layer_steps[layer], weights[layer]
        penalty = 2.0 * geodesic.penalty_scale * step * matrix
        gradient += float(np.sum((penalty - step * momenta[layer + 1] @ geodesic.features(path[layer]).T) ** 2))
        scale += float(np.sum(penalty**2))
        back = slopes[layer] * (matrix[:, : geodesic.width].T @ momenta[layer + 1])
        momenta[layer] = (1.0 - step * geodesic.effective_depth) * momenta[layer + 1] + step * back
    return momenta, float(np.sqrt(gradient / max(scale, 1e-300)))


def _end_error(geodesic: RepresentationGeodesic, path: Float[np.ndarray, "L+1 w N"]) -> float:
    """max|P A_L − Y| for a fixed end, zero for a penalized one."""
    if geodesic.endpoint != "fixed":
        return 0.0
    return float(np.abs(geodesic.readout @ path[-1] - geodesic.targets).max())
