"""The exact ReLU on the structure of the samples: a local minimum of the network itself, kinks included.

From a smoothed solution the smoothing is lowered, with kinks predicted, until the active-set Newton method of
structured_snap.py settles: usually at once, or after one or two values. The result is a stationary point of the exact
problem to roundoff. Its bracket is closed from below by Scholtes' relaxation S∘T ≤ s, A = S − T, S, T ≥ 0, solved on
the same pieces (relaxed.py). Neurons that such a minimum can do without are taken out first (fewer_neurons.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import Any

import numpy as np

from geodepth.control.geodesics.newton.structured_result import StructuredResult
from geodepth.control.geodesics.statement.layer_steps import check_layer_steps
from geodepth.control.geodesics.statement.network_path import NetworkPath
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.model.errors import ProblemError
from geodepth.foundation.shapes import Float

from .active_set import ROUNDOFF, SIGN_TOLERANCE, Snap, gain
from .fewer_neurons import fewer_neurons, from_fewer, to_fewer, with_clones_joined, without_idle
from .scholtes_on_pieces import relaxed_minimum
from .smoothing_descent import Descent, smoothings_from


class ExactReason(Enum):
    """Why the exact stage stopped; the value is a sentence with advice."""

    CONVERGED = "A stationary point of the exact network, kinks included; kink_margin tells of their signs."
    SMOOTHED = "The smoothed problem was not solved from these weights; start from a solution of the homotopy."
    UNSETTLED = "No smoothing led to a settled set of kinks; start elsewhere, or allow smaller smoothings."


@dataclass(frozen=True, slots=True, eq=False)
class ExactResult:
    """A local minimum of the discrete network with the exact activation, or the best that was found.

    cost: J of the exact network with these weights (its penalty for a fixed end, which the path meets to `end_error`);
    lower: the local minimum of the relaxed problem S∘T ≤ relaxation, whose feasible set contains the exact one, or
    −inf (neurons that do nothing at all, A = 0 and W = 0, are held so); kinks: inputs that rest at zero and would have
    an effect; slopes (L, w, N): the element of Clarke's generalized derivative of each σ(A_{ℓ−1}) at which the path is
    stationary, in [0, 1] on kinks; clarke_residual: what is left of stationarity with it, recomputed on
    the rolled-out network (NetworkPath.stationarity); kink_margin: the smallest multiplier of S ≥ 0 or T ≥ 0 over all
    kinks,
    positive where the sides are strictly complementary; strongly_stationary: no such multiplier is negative;
    strict_minimum: and the Hessian on the pieces is positive definite; None where idle neurons were left out of it, or
    where an input rests at zero against the sign of its multiplier, since other kinks hold it there.
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
    smallest: float = 1e-9,
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

    Some minima of the smoothed problem have none of the exact problem next to them (without bias, σ_ε(0) = ε/2 serves a
    plain ResNet as one), and end as ε falls. Then the search goes on from where Newton's method went from there: at the
    same ε and, where that fails too, at larger ones, up to `rises` times and each time from higher up. The cost can be
    above or below the start's. Raises ProblemError as solve_structured does.
    """
    steps = check_layer_steps(geodesic, len(layer_steps), layer_steps)
    if geodesic.smoothing:
        raise ProblemError("activation is 'smoothed relu', which has no kinks; its smoothed solution is exact")
    descent = Descent(geodesic, steps, tolerance, max_iterations, linear_solver)
    found = descent.run(weights, multipliers, representations, smoothings_from(smoothing, smallest), rises)
    fewer = partial(_in_fewer_neurons, descent, smallest=smallest, relaxation=relaxation, rises=rises)
    if found is not None:
        exact = _settled(descent, found, relaxation)
        joined = with_clones_joined(geodesic, exact.representations)
        together = None if joined is None else fewer(joined, exact)
        return together if together is not None and together.converged else exact
    reached = descent.reached
    if reached is not None:
        basis = without_idle(geodesic, reached)
        basis = with_clones_joined(geodesic, reached.representations) if basis is None else basis
        if basis is not None:
            return fewer(basis, reached)
    return _unsettled(descent)


def _in_fewer_neurons(
    descent: Descent,
    basis: Float[np.ndarray, "f w"],
    start: StructuredResult | ExactResult,
    smallest: float,
    relaxation: float,
    rises: int,
) -> ExactResult:
    """The exact minimum on the neurons of a basis: put back, it is stationary for all of them.

    Whether it is a minimum also towards waking an idle neuron is not known; between clones it is not a strict one.
    """
    geodesic, steps = descent.geodesic, descent.steps
    inner = solve_exact(
        fewer_neurons(geodesic, basis),
        steps,
        to_fewer(basis, start.weights),
        basis @ start.momenta,
        basis @ start.representations,
        start.smoothing,
        smallest,
        relaxation,
        descent.tolerance,
        descent.max_iterations,
        rises,
        descent.linear_solver,
    )
    clones = bool(np.any(np.count_nonzero(basis, axis=1) > 1))
    return replace(
        inner,
        weights=from_fewer(basis, inner.weights, geodesic.columns),
        representations=basis.T @ inner.representations,
        momenta=basis.T @ inner.momenta,
        slopes=(basis > 0).T @ inner.slopes,
        strict_minimum=False if clones or inner.strict_minimum is False else None,
        iterations=descent.iterations + inner.iterations,
        factorizations=descent.factorizations + inner.factorizations,
    )


def _settled(descent: Descent, found: Snap, relaxation: float) -> ExactResult:
    model, iterate, sides = found.point.model, found.point.iterate, found.pieces.sides
    assert iterate.pins is not None
    growth = gain(model, iterate)
    kinks = (sides == 0) & (growth > SIGN_TOLERANCE)
    slopes = np.where(sides > 0, 1.0, 0.0)
    slopes[kinks] = np.clip(iterate.pins[kinks] / growth[kinks], 0.0, 1.0)
    margins = np.minimum(iterate.pins, growth - iterate.pins)
    # Inputs that other kinks hold at zero, against their own M < 0: multipliers of dependent kinks are not unique.
    inputs = iterate.states[:-1]
    tied = (sides != 0) & (growth < -SIGN_TOLERANCE) & (np.abs(inputs) <= ROUNDOFF * float(np.abs(inputs).max()))
    tied[0] = False
    margins = np.append(margins[kinks], growth[tied])
    margin = float(margins.min()) if margins.size else np.inf
    weights = np.ascontiguousarray(np.swapaxes(iterate.weights, 1, 2))
    final = -iterate.multipliers[-1].T if model.end.fixed else None
    lower, tightest = relaxed_minimum(descent, found, relaxation) if found.strict else (-np.inf, np.nan)
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
        strict_minimum=None if found.strict and tied.any() else found.strict,
        reason=ExactReason.CONVERGED,
    )


def _unsettled(descent: Descent) -> ExactResult:
    """The last smoothed weights in the exact network, with no lower side."""
    smoothed = descent.reached or descent.stopped
    path = descent.geodesic.propagate(smoothed.weights, descent.steps)
    return _result(
        descent,
        smoothed.weights,
        (path[:-1] > 0).astype(float),
        smoothed.momenta[-1] if descent.base.end.fixed else None,
        lower=-np.inf,
        relaxation=np.nan,
        kinks=0,
        kink_margin=np.nan,
        strongly_stationary=False,
        strict_minimum=False,
        reason=ExactReason.UNSETTLED if smoothed.converged else ExactReason.SMOOTHED,
    )


def _result(
    descent: Descent,
    weights: Float[np.ndarray, "L w c"],
    slopes: Float[np.ndarray, "L w N"],
    final: Float[np.ndarray, "w N"] | None,
    reason: ExactReason,
    **known: Any,
) -> ExactResult:
    """What the rolled-out network says of these weights, joined to what is known of them."""
    geodesic, steps = descent.geodesic, descent.steps
    if descent.base.activation.is_linear:
        slopes = np.ones_like(slopes)
    path = NetworkPath.of_weights(geodesic, steps, weights, slopes=slopes, final_momentum=final)
    return ExactResult(
        weights=weights,
        representations=path.representations,
        momenta=path.momenta,
        slopes=slopes,
        cost=path.cost,
        clarke_residual=path.stationarity,
        end_error=path.end_error,
        smoothing=descent.stopped.smoothing,
        iterations=descent.iterations,
        factorizations=descent.factorizations,
        converged=reason is ExactReason.CONVERGED,
        reason=reason,
        **known,
    )
