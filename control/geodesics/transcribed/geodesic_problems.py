"""The representation geodesic as one OptimalControlProblem: smoothed, and in complementarity form."""

from __future__ import annotations

from functools import partial
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.geodesics.statement.activations import expression
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.model.problem import BoundaryConstraint, OptimalControlProblem, PathConstraint

# Functions of module level with their geodesic bound by `partial`, so that nothing here is a closure.


def smoothed_problem(geodesic: RepresentationGeodesic, smoothing: float = 0.1) -> OptimalControlProblem:
    """States A (w·N, sample after sample), controls W (column after column), fixed parameter "smoothing" = ε.

    Its cost is J/λ, so its costates ∂V/∂A are −B, the negative momenta of Jacot and Kaiser, section 2.
    """
    return OptimalControlProblem(
        name=f"representation geodesic {geodesic.digest()}",
        states=_state_names(geodesic),
        controls=_weight_names(geodesic),
        dynamics=partial(_smoothed_dynamics, geodesic),
        running_cost=partial(_running_cost, geodesic),
        terminal_cost=None if geodesic.end.fixed else partial(_terminal_cost, geodesic),
        initial_state=_initial_state(geodesic),
        boundary_constraints=_endpoint(geodesic),
        parameters={"smoothing": smoothing},
    )


def complementarity_problem(geodesic: RepresentationGeodesic, relaxation: float = 1e-4) -> OptimalControlProblem:
    """The exact ReLU as A = S − T with S, T ≥ 0 and S∘T ≤ s (Scholtes' relaxation), fixed parameter "relaxation" = s.

    Controls are W and, for each entry of A at the start of an interval, T ≥ 0; S = A + T replaces σ(A).
    """
    return OptimalControlProblem(
        name=f"representation geodesic, complementarity form {geodesic.digest()}",
        states=_state_names(geodesic),
        controls=(*_weight_names(geodesic), *(f"T{n[1:]}" for n in _state_names(geodesic))),
        dynamics=partial(_complementarity_dynamics, geodesic),
        running_cost=partial(_running_cost, geodesic),
        terminal_cost=None if geodesic.end.fixed else partial(_terminal_cost, geodesic),
        initial_state=_initial_state(geodesic),
        control_bounds={f"T{n[1:]}": (0.0, np.inf) for n in _state_names(geodesic)},
        path_constraints=(
            PathConstraint(partial(_positive_part, geodesic), lower=0.0, include_last=False),
            PathConstraint(partial(_overlap, geodesic), upper=0.0, include_last=False),
        ),
        boundary_constraints=_endpoint(geodesic),
        parameters={"relaxation": relaxation},
    )


def _state_names(geodesic: RepresentationGeodesic) -> tuple[str, ...]:
    return tuple(f"A[{i},{n}]" for n in range(geodesic.samples) for i in range(geodesic.width))


def _weight_names(geodesic: RepresentationGeodesic) -> tuple[str, ...]:
    return tuple(f"W[{i},{j}]" for j in range(geodesic.columns) for i in range(geodesic.width))


def _initial_state(geodesic: RepresentationGeodesic) -> dict[str, float]:
    values = geodesic.initial_representations.ravel(order="F")
    return dict(zip(_state_names(geodesic), values.tolist(), strict=True))


def _endpoint(geodesic: RepresentationGeodesic) -> tuple[BoundaryConstraint, ...]:
    if not geodesic.end.fixed:
        return ()
    targets = geodesic.targets.ravel(order="F").tolist()
    return (BoundaryConstraint(partial(_output, geodesic), lower=targets, upper=targets),)


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
