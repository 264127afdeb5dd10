"""The exact ReLU on the structure of the samples: a local minimum of the network itself, kinks included.

From a smoothed solution the smoothing is lowered, with kinks predicted, until the active-set Newton method of
structured_snap.py settles: usually at once, or after one or two values. The result is a stationary point of the exact
problem to roundoff. Its bracket is closed from below by Scholtes' relaxation S∘T ≤ s, A = S − T, S, T ≥ 0, solved on
the same pieces.
"""

from __future__ import annotations

from dataclasses import dataclass
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
CONTINUATION_LIMIT, KICK_LIMIT = 30, 60
# A search that ended in a fold goes on at the first ε times this.
BOUNCE = 10.0 / 3.0
# Before that, so many times, it tries to pass the fold at the last ε, with the last change of the weights times these.
KICKS, KICK_LENGTHS = 4, (2.0, 8.0, 32.0)


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
    strict_minimum: and the Hessian on the pieces is positive definite.
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
    strict_minimum: bool
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
    bounces: int = 3,
    linear_solver: str = "auto",
) -> ExactResult:
    """The exact ReLU's local minimum next to a smoothed one.

    weights, multipliers and representations: of a smoothed solution at ε = `smoothing` (weights alone will do; the
    smoothed problem is then solved from them). ε is lowered by factors of about three, down to `smallest`, until the
    kinks settle at a KKT residual below `tolerance` (scaled by 1/λ).

    Some minima of the smoothed problem have none of the exact problem next to them: they end in a fold as ε falls.
    Then the search goes on at a larger ε, up to `bounces` times, from where Newton's method went from the fold; the
    cost can be above or below the start's. Raises ProblemError as solve_structured does.
    """
    steps = check_layer_steps(geodesic, len(layer_steps), layer_steps)
    if geodesic.activation == "smoothed relu":
        raise ProblemError("activation is 'smoothed relu', which has no kinks; its smoothed solution is exact")
    descent = _Descent(geodesic, steps, tolerance, max_iterations, linear_solver)
    found = descent.run(weights, multipliers, representations, _smoothings(smoothing, smallest))
    while found is None and bounces > 0:
        bounces -= 1
        found = descent.run(descent.stopped.weights, None, None, _smoothings(BOUNCE * smoothing, smallest))
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
        self._tolerance, self._max_iterations, self._linear_solver = tolerance, max_iterations, linear_solver

    def run(
        self,
        weights: Float[np.ndarray, "L w c"],
        momenta: Float[np.ndarray, "L+1 w N"] | None,
        representations: Float[np.ndarray, "L+1 w N"] | None,
        smoothings: list[float],
    ) -> Snap | None:
        """The settled active set, or None."""
        place, kicks, path = 0, KICKS, list[StructuredResult]()
        while place < len(smoothings):
            limit = min(self._max_iterations, CONTINUATION_LIMIT) if path else self._max_iterations
            result = self._smoothed(smoothings[place], weights, momenta, representations, limit)
            if not result.converged:
                if len(path) < 2 or kicks == 0:
                    return None
                kicks -= 1
                kicked = self._kick(*path[-2:])
                if kicked is None:
                    return None
                place, result = place - 1, kicked
            self.reached = result
            path.append(result)
            ended = self._snap(result)
            if ended.settled:
                return ended
            place += 1
            weights, momenta = result.weights, result.momenta
            representations = predict(self.geodesic, result, result.smoothing / RATIO)
        return None

    def _kick(self, before: StructuredResult, last: StructuredResult) -> StructuredResult | None:
        """Another minimum at the last ε, from beyond the last along the way that the path was going.

        A minimum that ends in a fold at the next ε is hardly one any more at this: the barrier is low that way.
        """
        for length in KICK_LENGTHS:
            weights = last.weights + length * (last.weights - before.weights)
            result = self._smoothed(last.smoothing, weights, None, None, KICK_LIMIT)
            if result.converged and np.abs(result.weights - last.weights).max() > 1e-3 * np.abs(last.weights).max():
                return result
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
            linear_solver=self._linear_solver,
        )
        self.iterations += self.stopped.iterations
        self.factorizations += self.stopped.factorizations
        return self.stopped

    def _snap(self, result: StructuredResult) -> Snap:
        self.base = shooting_model(self.geodesic, self.steps, result.smoothing)
        with np.errstate(over="ignore", invalid="ignore"):
            start = first_pieces(self.base, _iterate(self.base, result))
            ended = snap(self.base, *start, self.solver, self._tolerance)
        self.iterations += ended.steps
        self.factorizations += ended.factorizations
        return ended


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


def _relaxed_minimum(descent: _Descent, exact: Snap, relaxation: float) -> float:
    """J of the relaxed problem's local minimum next to an exact one, or −inf where none was found.

    What is left of its constraints is charged at the price of their multipliers, to first order.
    """
    if descent.geodesic.activation == "linear":
        return exact.point.evaluation.objective * descent.geodesic.weight_decay
    lift = 2.0 * float(np.sqrt(relaxation))
    start = exact.point.iterate
    relaxed = snap(descent.base, relaxed_pieces(exact), start, descent.solver, RELAXED_TOLERANCE, lift)
    if not relaxed.strict:
        return -np.inf
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
    return _result(
        descent,
        weights,
        np.ascontiguousarray(np.swapaxes(slopes, 1, 2)),
        final,
        lower=_relaxed_minimum(descent, found, relaxation) if found.strict else -np.inf,
        relaxation=relaxation,
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
