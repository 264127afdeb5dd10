"""Multiple shooting: a state at every node, a control on every interval, and the defect between them set to zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import casadi as ca
import numpy as np

from .errors import ProblemError
from .integrators import ExplicitRungeKutta, integrator
from .mesh import Mesh
from .problem import FreeParameter, FreeTime, OptimalControlProblem
from .transcription import Layout, Transcription, carried_names, carried_settings

_POINTS = {"constant": (0.0,), "linear": (0.0, 1.0)}


@dataclass(frozen=True, slots=True)
class MultipleShooting:
    """Direct multiple shooting (Bock and Plitt, 1984).

    integrator: "euler", "rk4", or an ExplicitRungeKutta with substeps: the map F across one interval.
    control: "constant" or "linear" on each interval; linear controls may jump between intervals.

    State bounds hold at every node, control bounds at every control point (so for linear controls throughout), path
    constraints at the start of every interval and at the end of the horizon (for linear controls that they contain,
    also at the end of every interval).
    """

    integrator: str | ExplicitRungeKutta = "rk4"
    control: str = "constant"

    def __post_init__(self) -> None:
        integrator(self.integrator)
        if self.control not in _POINTS:
            raise ProblemError(f"control is {self.control!r}; choose one of {sorted(_POINTS)}")

    def transcribe(self, problem: OptimalControlProblem, mesh: Mesh) -> Transcription:
        points = _POINTS[self.control]
        layout = Layout(
            mesh.intervals, len(problem.states), len(carried_names(problem)), len(problem.controls), len(points)
        )
        stage = _stage_function(problem, layout, integrator(self.integrator), points)
        return _assemble(problem, mesh, layout, stage, points, f"multiple shooting, {integrator(self.integrator).name}")


@dataclass(frozen=True, slots=True)
class _Unpacked:
    """The problem's own arguments, taken from a node's y and from θ without the breakpoints."""

    parameters: Any
    initial_time: Any
    final_time: Any


def _unpack(problem: OptimalControlProblem, layout: Layout, node: Any, settings: Any) -> _Unpacked:
    carried = {name: node[layout.states + i] for i, name in enumerate(carried_names(problem))}
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
    return _Unpacked(ca.vertcat(*values) if values else ca.DM(0, 1), times[0], times[1])


def _settings_count(problem: OptimalControlProblem) -> int:
    times = (problem.initial_time, problem.final_time)
    return len(problem.fixed_parameters) + sum(not isinstance(t, FreeTime) for t in times)


def _stage_function(
    problem: OptimalControlProblem, layout: Layout, method: ExplicitRungeKutta, points: tuple[float, ...]
) -> Any:
    """(y, U, settings, start, end) -> (y at the interval's end, cost, path rows at the start, path rows at the end)."""
    functions = problem.functions
    kind = ca.SX if functions.dynamics.is_a("SXFunction") else ca.MX
    node, controls = kind.sym("y", layout.node), kind.sym("U", layout.controls * len(points))
    settings, start, end = kind.sym("settings", _settings_count(problem)), kind.sym("start"), kind.sym("end")
    given = _unpack(problem, layout, node, settings)
    horizon = given.final_time - given.initial_time
    table = ca.reshape(controls, layout.controls, len(points))

    def control(fraction: float) -> Any:
        return table[:, 0] if len(points) == 1 else (1 - fraction) * table[:, 0] + fraction * table[:, 1]

    def time(fraction: float) -> Any:
        return given.initial_time + horizon * (start + fraction * (end - start))

    def rate(augmented: Any, fraction: float) -> Any:
        arguments = (augmented[: layout.states], control(fraction), time(fraction), given.parameters)
        return ca.vertcat(functions.dynamics(*arguments), functions.running_cost(*arguments))

    initial = ca.vertcat(node[: layout.states], 0)
    final = method.advance(rate, initial, horizon * (end - start))
    state = final[: layout.states]
    at_start = functions.path(node[: layout.states], control(0.0), time(0.0), given.parameters)
    at_end = functions.path(state, control(1.0), time(1.0), given.parameters)
    carried = ca.vertsplit(node, [0, layout.states, layout.node])[1]
    outputs = [ca.vertcat(state, carried), final[layout.states], at_start, at_end]
    return ca.Function("stage", [node, controls, settings, start, end], outputs)


def _assemble(
    problem: OptimalControlProblem, mesh: Mesh, layout: Layout, stage: Any, points: tuple[float, ...], method: str
) -> Transcription:
    count = layout.intervals
    variables = ca.MX.sym("z", layout.size)
    parameters = ca.MX.sym("theta", _settings_count(problem) + count + 1)
    settings, breakpoints = parameters[: _settings_count(problem)], parameters[_settings_count(problem) :]
    table = ca.reshape(variables[: count * layout.stage], layout.stage, count)
    last = variables[count * layout.stage :]
    nodes, controls = ca.vertsplit(table, [0, layout.node, layout.stage])
    mapped = stage.map(count)(nodes, controls, ca.repmat(settings, 1, count), breakpoints[:-1].T, breakpoints[1:].T)
    ends, costs, path_start, path_end = mapped
    gaps = ca.horzcat(nodes[:, 1:], last) - ends

    final = _unpack(problem, layout, last, settings)
    functions = problem.functions
    terminal = functions.terminal_cost(last[: layout.states], final.final_time, final.parameters)
    rows = _Rows()
    # A control may jump between intervals, so what contains it is also asked for at the end of each; at the end of the
    # horizon it is asked for on the last interval's own map, which keeps the stages apart.
    jumps = functions.path_uses_control and len(points) > 1
    last_rows = functions.path_at_end
    last_bounds = tuple(bound[last_rows] for bound in functions.path_bounds)
    for k in range(count):
        rows.add(gaps[:, k], 0.0, 0.0, defect=True)
        rows.add(path_start[:, k], *functions.path_bounds)
        if k == count - 1 and functions.path_uses_control:
            rows.add(path_end[last_rows.tolist(), k], *last_bounds)
        elif jumps:
            rows.add(path_end[:, k], *functions.path_bounds)
    if not functions.path_uses_control:
        at_end = functions.path(last[: layout.states], ca.DM.zeros(layout.controls), final.final_time, final.parameters)
        rows.add(at_end[last_rows.tolist()], *last_bounds)
    boundary = functions.boundary(
        variables[: layout.states], last[: layout.states], final.initial_time, final.final_time, final.parameters
    )
    rows.add(boundary, *functions.boundary_bounds)
    lower, upper = _variable_bounds(problem, layout)
    return Transcription(
        problem=problem,
        mesh=mesh,
        layout=layout,
        variables=variables,
        parameters=parameters,
        objective=ca.sum2(costs) + terminal,
        constraints=ca.vertcat(*rows.expressions),
        lower=lower,
        upper=upper,
        constraint_lower=np.concatenate(rows.lower),
        constraint_upper=np.concatenate(rows.upper),
        defects=np.array(rows.defects),
        control_points=np.array(points),
        staged=functions.boundary.numel_out(0) == 0 or functions.boundary.jac_sparsity(0, 0).nnz() == 0,
        method=method,
    )


class _Rows:
    """Collects constraint rows in stage order, with their bounds."""

    def __init__(self) -> None:
        self.expressions: list[Any] = []
        self.lower: list[np.ndarray] = []
        self.upper: list[np.ndarray] = []
        self.defects: list[np.ndarray] = []
        self.count = 0

    def add(self, expression: Any, lower: Any, upper: Any, defect: bool = False) -> None:
        size = expression.shape[0]
        if size == 0:
            return
        self.expressions.append(expression)
        self.lower.append(np.array(np.broadcast_to(lower, size), dtype=float))
        self.upper.append(np.array(np.broadcast_to(upper, size), dtype=float))
        if defect:
            self.defects.append(np.arange(self.count, self.count + size))
        self.count += size


def _variable_bounds(problem: OptimalControlProblem, layout: Layout) -> tuple[np.ndarray, np.ndarray]:
    sides = []
    for side in (0, 1):
        states = np.tile(problem.bounds("states")[side], (layout.intervals + 1, 1))
        controls = np.tile(problem.bounds("controls")[side], (layout.intervals, layout.points, 1))
        settings = carried_settings(problem)
        carried = np.tile([(s.lower, s.upper)[side] for s in settings], (layout.intervals + 1, 1))
        for row, given in ((0, problem.initial_state), (-1, problem.final_state)):
            for name, value in (given or {}).items():
                states[row, problem.states.index(name)] = value
        sides.append(layout.join(states, carried.reshape(layout.intervals + 1, layout.carried), controls))
    return sides[0], sides[1]
