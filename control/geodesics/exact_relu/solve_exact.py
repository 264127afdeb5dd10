"""The exact ReLU on the structure of the samples: a local minimum of the network itself, kinks included.

1. Lower ε from the smoothed solution until the active set settles, usually at once, or after one or two values
   (smoothing_descent.py).
2. If it settled: read kinks, slopes and multipliers, and close the bracket from below (relaxation_on_pieces.py).
3. If neurons can be left out, idle ones or clones, solve again without them, and put the answer back
   (fewer_neurons.py).
4. Roll the weights out: cost, momenta and residual are those of the exact network.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from geodepth.control.geodesics.newton.structured_result import StructuredResult
from geodepth.control.geodesics.statement.array_layouts import swapped
from geodepth.control.geodesics.statement.layer_steps import check_layer_steps
from geodepth.control.geodesics.statement.network_path import NetworkPath
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.statement.shapes import Layer, Path, Steps, Weights
from geodepth.control.model.errors import ProblemError
from geodepth.foundation.shapes import Float

from .active_set import Settled
from .choice_of_sides import ROUNDOFF, SIGN_TOLERANCE, gain
from .exact_result import ExactReason, ExactResult
from .fewer_neurons import fewer_neurons, from_fewer, to_fewer, with_clones_joined, without_idle
from .relaxation_on_pieces import relaxed_minimum
from .smoothing_descent import Descent, ExactSettings, SmoothStart


def solve_exact(
    geodesic: RepresentationGeodesic,
    layer_steps: Steps,
    weights: Weights,
    multipliers: Path | None = None,
    representations: Path | None = None,
    smoothing: float = 0.003,
    smallest: float = 1e-9,
    relaxation: float = 1e-10,
    tolerance: float = 1e-10,
    max_iterations: int = 300,
    rises: int = 2,
    linear_solver: str = "auto",
) -> ExactResult:
    """The exact ReLU's local minimum next to a smoothed one.

    Parameters
    ----------
    geodesic : RepresentationGeodesic
        The problem, of a ReLU or a linear activation.
    layer_steps : (L,)
        ρ_ℓ.
    weights : (L, w, c)
        Of a smoothed solution; alone they will do, and the smoothed problem is then solved from them.
    multipliers, representations : (L + 1, w, N), optional
        Its momenta and path.
    smoothing : float
        Its ε, in units of A, which is lowered by factors of about three until the kinks settle.
    smallest, relaxation, tolerance, max_iterations, rises, linear_solver
        See `ExactSettings`.

    Raises
    ------
    ProblemError
        For a smoothed ReLU, which has no kinks, and as `solve_structured` does.

    Notes
    -----
    Some minima of the smoothed problem have none of the exact problem next to them, and end as ε falls: without bias,
    σ_ε(0) = ε/2 serves a plain ResNet as one. Then the search goes on from where Newton's method went from there: at
    the same ε and, where that fails too, at larger ones. The cost can be above or below the start's.
    """
    settings = ExactSettings(smallest, relaxation, tolerance, max_iterations, rises, linear_solver)
    return _solve(geodesic, layer_steps, SmoothStart(weights, multipliers, representations), smoothing, settings)


def _solve(
    geodesic: RepresentationGeodesic, layer_steps: Steps, start: SmoothStart, smoothing: float, settings: ExactSettings
) -> ExactResult:
    steps = check_layer_steps(geodesic, len(layer_steps), layer_steps)
    if geodesic.smoothing:
        raise ProblemError("activation is 'smoothed relu', which has no kinks; its smoothed solution is exact")
    descent = Descent(geodesic, steps, settings)
    found = descent.run(start, smoothing)
    if found is not None:
        exact = _settled(descent, found)
        joined = with_clones_joined(geodesic, exact.representations)
        together = None if joined is None else _in_fewer_neurons(descent, joined, exact)
        return together if together is not None and together.converged else exact
    reached = descent.reached
    if reached is not None:
        basis = without_idle(geodesic, reached)
        basis = with_clones_joined(geodesic, reached.representations) if basis is None else basis
        if basis is not None:
            return _in_fewer_neurons(descent, basis, reached)
    return _unsettled(descent)


def _in_fewer_neurons(
    descent: Descent, basis: Float[np.ndarray, "f w"], start: StructuredResult | ExactResult
) -> ExactResult:
    """The exact minimum on the neurons of a basis: put back, it is stationary for all of them.

    Whether it is a minimum also towards waking an idle neuron is not known; between clones it is not a strict one.
    """
    geodesic = descent.geodesic
    projected = SmoothStart(to_fewer(basis, start.weights), basis @ start.momenta, basis @ start.representations)
    fewer = fewer_neurons(geodesic, basis)
    inner = _solve(fewer, descent.steps, projected, start.smoothing, descent.settings)
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


def _settled(descent: Descent, found: Settled) -> ExactResult:
    """What the settled active set says of kinks and multipliers, and the lower side of the bracket."""
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
    final = iterate.multipliers[-1].T / -model.unit if model.end.fixed else None
    lower, tightest = relaxed_minimum(descent, found) if found.strict else (-np.inf, np.nan)
    return _result(
        descent,
        swapped(iterate.weights),
        swapped(slopes),
        final,
        lower=lower,
        relaxation=tightest * model.unit**2,
        kinks=int(kinks.sum()),
        kink_margin=margin / model.unit,
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
        reason=ExactReason.UNSETTLED if smoothed.converged else ExactReason.SMOOTHED,
    )


def _result(
    descent: Descent,
    weights: Weights,
    slopes: Float[np.ndarray, "L w N"],
    final: Layer | None,
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
