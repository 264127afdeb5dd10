"""The representation geodesic as one OptimalControlProblem: smoothed, and in complementarity form."""

from functools import partial
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.geodesics.statement.activations import expression
from geodepth.control.geodesics.statement.array_layouts import stacked
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.model.problem import BoundaryConstraint, OptimalControlProblem, PathConstraint

# Functions of module level with their geodesic bound by `partial`, so that nothing here is a closure.


def smoothed_problem(geodesic: RepresentationGeodesic, smoothing: float = 0.1) -> OptimalControlProblem:
    """The geodesic of a smoothed ReLU, or of a linear activation.

    Parameters
    ----------
    geodesic : RepresentationGeodesic
        The problem, of width w and N samples.
    smoothing : float
        ε of σ_ε, in units of A.

    Returns
    -------
    OptimalControlProblem
        States A (wN, sample after sample), controls W (wc, column after column), fixed parameter "smoothing".

    Notes
    -----
    Its cost is J/λ, so its costates ∂V/∂A are −B, the negative momenta of Jacot and Kaiser, section 2.
    """
    return OptimalControlProblem(
        name=f"representation geodesic {geodesic.digest()}",
        controls=_weight_names(geodesic),
        dynamics=partial(_smoothed_dynamics, geodesic),
        parameters={"smoothing": smoothing},
        **_common(geodesic),
    )


def complementarity_problem(geodesic: RepresentationGeodesic, relaxation: float = 1e-4) -> OptimalControlProblem:
    """The geodesic of the exact ReLU, as A = S − T with S, T ≥ 0 and S∘T ≤ s (Scholtes' relaxation).

    Parameters
    ----------
    geodesic : RepresentationGeodesic
        The problem, of width w and N samples.
    relaxation : float
        s, in units of A².

    Returns
    -------
    OptimalControlProblem
        States A as in `smoothed_problem`, controls W and, for each entry of A at the start of an interval, T ≥ 0;
        S = A + T replaces σ(A). Fixed parameter "relaxation".
    """
    halves = tuple(f"T{name[1:]}" for name in _state_names(geodesic))
    return OptimalControlProblem(
        name=f"representation geodesic, complementarity form {geodesic.digest()}",
        controls=(*_weight_names(geodesic), *halves),
        dynamics=partial(_complementarity_dynamics, geodesic),
        control_bounds=dict.fromkeys(halves, (0.0, np.inf)),
        path_constraints=(
            PathConstraint(partial(_positive_part, geodesic), lower=0.0, include_last=False),
            PathConstraint(partial(_overlap, geodesic), upper=0.0, include_last=False),
        ),
        parameters={"relaxation": relaxation},
        **_common(geodesic),
    )


def _common(geodesic: RepresentationGeodesic) -> dict[str, Any]:
    """What both forms share: states, their start, the cost, and the end."""
    start = stacked(geodesic.initial_representations).tolist()
    targets = stacked(geodesic.targets).tolist()
    output = BoundaryConstraint(partial(_output, geodesic), lower=targets, upper=targets)
    return {
        "states": _state_names(geodesic),
        "initial_state": dict(zip(_state_names(geodesic), start, strict=True)),
        "running_cost": partial(_running_cost, geodesic),
        "terminal_cost": None if geodesic.end.fixed else partial(_terminal_cost, geodesic),
        "boundary_constraints": (output,) if geodesic.end.fixed else (),
    }


def _state_names(geodesic: RepresentationGeodesic) -> tuple[str, ...]:
    return tuple(f"A[{i},{n}]" for n in range(geodesic.samples) for i in range(geodesic.width))


def _weight_names(geodesic: RepresentationGeodesic) -> tuple[str, ...]:
    return tuple(f"W[{i},{j}]" for j in range(geodesic.columns) for i in range(geodesic.width))


def _layer(geodesic: RepresentationGeodesic, x: Any, active: Any, controls: Any) -> Any:
    """−L̃A + Wσ(A) as a column."""
    weights = ca.reshape(controls[: geodesic.width * geodesic.columns], geodesic.width, geodesic.columns)
    features = ca.vertcat(active, ca.DM.ones(1, geodesic.samples)) if geodesic.bias else active
    return -geodesic.effective_depth * x + ca.vec(weights @ features)


def _smoothed_dynamics(geodesic: RepresentationGeodesic, x: Any, u: Any, t: Any, p: Any) -> Any:
    path = ca.reshape(x, geodesic.width, geodesic.samples)
    return _layer(geodesic, x, expression(geodesic.activation_at(), path, p[0]), u)


def _complementarity_dynamics(geodesic: RepresentationGeodesic, x: Any, u: Any, t: Any, p: Any) -> Any:
    active = ca.reshape(_positive_part(geodesic, x, u, t, p), geodesic.width, geodesic.samples)
    return _layer(geodesic, x, active, u)


def _positive_part(geodesic: RepresentationGeodesic, x: Any, u: Any, t: Any, p: Any) -> Any:
    return x + u[geodesic.width * geodesic.columns :]


def _overlap(geodesic: RepresentationGeodesic, x: Any, u: Any, t: Any, p: Any) -> Any:
    negative = u[geodesic.width * geodesic.columns :]
    return (x + negative) * negative - p[0]


def _running_cost(geodesic: RepresentationGeodesic, x: Any, u: Any, t: Any, p: Any) -> Any:
    return geodesic.penalty_scale * ca.sumsqr(u[: geodesic.width * geodesic.columns])


def _terminal_cost(geodesic: RepresentationGeodesic, x: Any, t: Any, p: Any) -> Any:
    output = ca.reshape(_output(geodesic, None, x, None, None, None), -1, geodesic.samples)
    return geodesic.loss_function.expression(output, geodesic.targets) / (geodesic.samples * geodesic.weight_decay)


def _output(geodesic: RepresentationGeodesic, x0: Any, xf: Any, t0: Any, tf: Any, p: Any) -> Any:
    return ca.vec(ca.DM(geodesic.readout) @ ca.reshape(xf, geodesic.width, geodesic.samples))
