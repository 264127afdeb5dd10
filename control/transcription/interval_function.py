"""One interval of the horizon as a CasADi function: what every transcription maps over its mesh."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import casadi as ca

from geodepth.control.model.problem import FreeParameter, FreeTime, OptimalControlProblem

from .cvodes import Cvodes
from .explicit_integrators import ExplicitRungeKutta, Integrator
from .implicit_integrators import ImplicitRungeKutta
from .interpolation import lagrange
from .layout import Layout, carried_names


@dataclass(frozen=True, slots=True)
class Scheme:
    """How an interval is discretized: its integrator, and the fractions where its control polynomial is given.

    path_points: fractions of every interval at which path constraints are asked for.
    """

    name: str
    integrator: Integrator
    control_points: tuple[float, ...]
    path_points: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The problem's own arguments, taken from a node's y and from the settings; moves holds movable breakpoints."""

    parameters: Any
    initial_time: Any
    final_time: Any
    moves: Any


def unpack(problem: OptimalControlProblem, layout: Layout, node: Any, settings: Any) -> Unpacked:
    names = carried_names(problem)
    carried = {name: node[layout.states + i] for i, name in enumerate(names)}
    fixed = {name: settings[i] for i, name in enumerate(problem.fixed_parameters)}
    position = len(fixed)
    times = []
    for which in ("initial_time", "final_time"):
        if isinstance(getattr(problem, which), FreeTime):
            times.append(carried[which])
        else:
            times.append(settings[position])
            position += 1
    values = [
        carried[name] if isinstance(value, FreeParameter) else fixed[name]
        for name, value in (problem.parameters or {}).items()
    ]
    moves = node[layout.states + len(names) :]
    return Unpacked(ca.vertcat(*values) if values else ca.DM(0, 1), times[0], times[1], moves)


def settings_count(problem: OptimalControlProblem) -> int:
    """How many of θ's first entries are fixed parameters and fixed times; the mesh follows them."""
    times = (problem.initial_time, problem.final_time)
    return len(problem.fixed_parameters) + sum(not isinstance(t, FreeTime) for t in times)


def stage_function(problem: OptimalControlProblem, layout: Layout, scheme: Scheme) -> Any:
    """(y, U, settings, start, end) -> (y at the end, cost, stage equations, path rows, path rows at the end).

    U holds the control values and then the inner states. start and end (1 + moves,) are columns of the mesh's
    position table. Path rows come for each of the scheme's path_points in turn.
    """
    functions = problem.functions
    implicit_or_explicit = isinstance(scheme.integrator, ExplicitRungeKutta | ImplicitRungeKutta)
    sx = functions.dynamics.is_a("SXFunction") and implicit_or_explicit
    kind = ca.SX if sx else ca.MX
    moves = layout.carried - len(carried_names(problem))
    node, unknowns = kind.sym("y", layout.node), kind.sym("U", layout.stage - layout.node)
    settings = kind.sym("settings", settings_count(problem))
    start, end = kind.sym("start", 1 + moves), kind.sym("end", 1 + moves)
    given = unpack(problem, layout, node, settings)
    horizon = given.final_time - given.initial_time
    first, last = (b[0] + ca.dot(b[1:], given.moves) if moves else b[0] for b in (start, end))
    split = layout.controls * layout.points
    controls = ca.reshape(unknowns[:split], layout.controls, layout.points)
    inner = ca.horzsplit(ca.reshape(unknowns[split:], layout.states, len(layout.inner))) if layout.inner else []

    def control(fraction: Any) -> Any:
        if isinstance(fraction, ca.MX):
            # CVODES asks at times of its own; shooting has one control point, or two at the ends.
            return controls[:, 0] + (fraction * (controls[:, 1] - controls[:, 0]) if layout.points == 2 else 0)
        weights = lagrange(scheme.control_points, (fraction,))[0]
        terms = [float(w) * controls[:, j] if w != 1.0 else controls[:, j] for j, w in enumerate(weights) if w]
        return sum(terms[1:], terms[0])

    def time(fraction: Any) -> Any:
        return given.initial_time + horizon * (first + fraction * (last - first))

    def arguments(state: Any, fraction: Any) -> tuple[Any, Any, Any, Any]:
        return state, control(fraction), time(fraction), given.parameters

    def rate(augmented: Any, fraction: Any) -> Any:
        along = arguments(augmented[: layout.states], fraction)
        return ca.vertcat(functions.dynamics(*along), functions.running_cost(*along))

    length = horizon * (last - first)
    begin = node[: layout.states]
    if isinstance(scheme.integrator, ImplicitRungeKutta):
        final, cost, equations = _collocate(scheme.integrator, rate, begin, inner, length)
    elif isinstance(scheme.integrator, Cvodes):
        final, cost = scheme.integrator.across(rate, begin, length, [node, unknowns, settings, start, end])
        equations = kind(0, 1)
    else:
        augmented = scheme.integrator.advance(rate, ca.vertcat(begin, 0), length)
        final, cost, equations = augmented[: layout.states], augmented[layout.states], kind(0, 1)
    at = dict(zip(layout.inner, inner, strict=True)) | {0.0: begin}
    at.setdefault(1.0, final)
    rows = [functions.path(*arguments(at[f], f)) for f in scheme.path_points]
    carried = ca.vertsplit(node, [0, layout.states, layout.node])[1]
    outputs = [
        ca.vertcat(final, carried),
        cost,
        equations,
        ca.vertcat(*rows) if rows else kind(0, 1),
        functions.path(*arguments(at[1.0], 1.0)),
    ]
    return ca.Function("stage", [node, unknowns, settings, start, end], outputs)


def _collocate(
    method: ImplicitRungeKutta, rate: Callable[[Any, float], Any], state: Any, inner: list[Any], length: Any
) -> tuple[Any, Any, Any]:
    """The state at the end, the running cost's integral and the stage equations, from the states at the stages."""
    slopes, extrapolation, weights = method.slopes, method.extrapolation, method.weights
    step = length / method.substeps
    stages, cost, equations = len(method.nodes), 0, []
    for substep in range(method.substeps):
        values = [state, *inner[substep * stages : (substep + 1) * stages]]
        for j in range(stages):
            whole = rate(ca.vertcat(values[1 + j], 0), (substep + method.nodes[j]) / method.substeps)
            derivative = sum(float(slopes[j, r]) * values[r] for r in range(stages + 1))
            equations.append(derivative - step * whole[:-1])
            cost += step * float(weights[j]) * whole[-1]
        state = sum(float(e) * value for e, value in zip(extrapolation, values, strict=True) if e)
    return state, cost, ca.vertcat(*equations)
