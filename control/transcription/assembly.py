"""From one interval's function to the whole program: the stages in order, their bounds, what ties the ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.problem import FreeTime, OptimalControlProblem

from .implicit_integrators import ImplicitRungeKutta
from .interval_function import Scheme, settings_count, stage_function, unpack
from .layout import Layout, Transcription, carried_names, carried_settings
from .mesh import Mesh

SMALLEST_ARC = 1e-6
"""The least distance of two movable breakpoints, as a share of the horizon: an arc that vanishes stays an arc."""

SMALLEST_HORIZON = 1e-9
"""The least final_time − initial_time where their bounds do not keep them apart."""


def transcribe(problem: OptimalControlProblem, mesh: Mesh, scheme: Scheme, condensed: bool = False) -> Transcription:
    """The problem on this mesh as a nonlinear program in stage order; condensed: with its rollout."""
    implicit = isinstance(scheme.integrator, ImplicitRungeKutta)
    layout = Layout(
        intervals=mesh.intervals,
        states=len(problem.states),
        carried=len(carried_names(problem)) + len(mesh.movable),
        controls=len(problem.controls),
        points=len(scheme.control_points),
        inner=scheme.integrator.fractions if isinstance(scheme.integrator, ImplicitRungeKutta) else (),
    )
    count, shared = layout.intervals, settings_count(problem)
    variables = ca.MX.sym("z", layout.size)
    parameters = ca.MX.sym("theta", shared + mesh.position_table.size)
    settings = parameters[:shared]
    positions = ca.reshape(parameters[shared:], mesh.position_table.shape[0], count + 1)
    table = ca.reshape(variables[: count * layout.stage], layout.stage, count)
    first, last = variables[: layout.node], variables[count * layout.stage :]
    nodes, unknowns = ca.vertsplit(table, [0, layout.node, layout.stage])
    stage = stage_function(problem, layout, scheme)
    ends, costs, equations, path, path_end = stage.map(count)(
        nodes, unknowns, ca.repmat(settings, 1, count), positions[:, :-1], positions[:, 1:]
    )
    gaps = ca.horzcat(nodes[:, 1:], last) - ends
    final = unpack(problem, layout, last, settings)
    functions = problem.functions
    rows = _Rows()
    for k in range(count):
        rows.add(gaps[:, k], 0.0, 0.0, "gaps")
        rows.add(equations[:, k], 0.0, 0.0, "equations")
        _add_path(rows, problem, scheme, path[:, k], path_end[:, k], last=k == count - 1)
    if not functions.path_uses_control and 1.0 not in scheme.path_points:
        keep = functions.path_at_end
        at_end = functions.path(last[: layout.states], ca.DM.zeros(layout.controls), final.final_time, final.parameters)
        rows.add(at_end[keep.tolist()], *(bound[keep] for bound in functions.path_bounds))
    if _may_cross(problem):
        rows.add(final.final_time - final.initial_time, SMALLEST_HORIZON, np.inf)
    if mesh.movable:
        _add_order_of_moves(rows, final.moves)
    boundary = functions.boundary(
        first[: layout.states], last[: layout.states], final.initial_time, final.final_time, final.parameters
    )
    rows.add(boundary, *functions.boundary_bounds)
    lower, upper = _variable_bounds(problem, layout, mesh)
    stages = len(layout.inner)
    return Transcription(
        problem=problem,
        mesh=mesh,
        layout=layout,
        variables=variables,
        parameters=parameters,
        # A problem without a cost asks for feasibility; solvers want its zero stored.
        objective=ca.densify(
            ca.sum2(costs) + functions.terminal_cost(last[: layout.states], final.final_time, final.parameters)
        ),
        constraints=ca.vertcat(*rows.expressions),
        lower=lower,
        upper=upper,
        constraint_lower=np.concatenate(rows.lower),
        constraint_upper=np.concatenate(rows.upper),
        defects=np.array(rows.kept["gaps"]),
        control_points=np.array(scheme.control_points),
        staged=not condensed
        and (functions.boundary.numel_out(0) == 0 or functions.boundary.jac_sparsity(0, 0).nnz() == 0),
        method=scheme.name,
        inner_rows=np.array(rows.kept["equations"], dtype=int).reshape(count if implicit else 0, stages, layout.states),
        inner_weights=_inner_weights(scheme),
        rollout=_rollout(layout, stage, shared, mesh.position_table.shape[0]) if condensed else None,
    )


def _rollout(layout: Layout, stage: Any, settings: int, positions: int) -> Any:
    """(y_0, U_0, …, U_{K−1}; θ) -> all variables of the program, by the stages one after another."""
    count, node = layout.intervals, layout.node
    first, unknowns = ca.MX.sym("y", node), ca.MX.sym("U", layout.stage - node, count)
    parameters = ca.MX.sym("theta", settings + positions * (count + 1))
    table = ca.reshape(parameters[settings:], positions, count + 1)
    y, pieces = first, []
    for k in range(count):
        pieces += [y, unknowns[:, k]]
        y = stage(y, unknowns[:, k], parameters[:settings], table[:, k], table[:, k + 1])[0]
    return ca.Function("rollout", [ca.vertcat(first, ca.vec(unknowns)), parameters], [ca.vertcat(*pieces, y)])


def _inner_weights(scheme: Scheme) -> np.ndarray:
    if not isinstance(scheme.integrator, ImplicitRungeKutta):
        return np.zeros(0)
    return np.tile(scheme.integrator.weights, scheme.integrator.substeps)


def _add_path(
    rows: _Rows, problem: OptimalControlProblem, scheme: Scheme, path: Any, path_end: Any, last: bool
) -> None:
    """Path rows of one interval. At the end of the horizon they are asked for on the last interval's own map where a
    control is in them, which keeps the stages apart; include_last=False leaves its rows out there."""
    functions = problem.functions
    count, keep = functions.path.numel_out(0), functions.path_at_end.tolist()
    lower, upper = functions.path_bounds
    for i, fraction in enumerate(scheme.path_points):
        chosen = keep if last and fraction == 1.0 else list(range(count))
        rows.add(path[[i * count + j for j in chosen]], lower[chosen], upper[chosen])
    # A control that is given only inside an interval says nothing at its end.
    if last and functions.path_uses_control and 1.0 not in scheme.path_points and scheme.path_points[:1] == (0.0,):
        rows.add(path_end[keep], lower[keep], upper[keep])


def _may_cross(problem: OptimalControlProblem) -> bool:
    """Whether the bounds of the times let the horizon end before it begins."""
    first, last = problem.initial_time, problem.final_time
    latest = first.upper if isinstance(first, FreeTime) else first
    earliest = last.lower if isinstance(last, FreeTime) else last
    return latest >= earliest


def _add_order_of_moves(rows: _Rows, moves: Any) -> None:
    for i in range(moves.shape[0] - 1):
        rows.add(moves[i + 1] - moves[i], SMALLEST_ARC, np.inf)


class _Rows:
    """Collects constraint rows in stage order, with their bounds."""

    def __init__(self) -> None:
        self.expressions: list[Any] = []
        self.lower: list[np.ndarray] = []
        self.upper: list[np.ndarray] = []
        self.kept: Mapping[str, list[np.ndarray]] = {"gaps": [], "equations": []}
        self.count = 0

    def add(self, expression: Any, lower: Any, upper: Any, keep: str = "") -> None:
        size = expression.shape[0]
        if size == 0:
            return
        self.expressions.append(expression)
        self.lower.append(np.array(np.broadcast_to(lower, size), dtype=float))
        self.upper.append(np.array(np.broadcast_to(upper, size), dtype=float))
        if keep:
            self.kept[keep].append(np.arange(self.count, self.count + size))
        self.count += size


def _variable_bounds(problem: OptimalControlProblem, layout: Layout, mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    sides = []
    for side in (0, 1):
        bound = problem.bounds("states")[side]
        states = np.tile(bound, (layout.intervals + 1, 1))
        inner = np.tile(bound, (layout.intervals, len(layout.inner), 1))
        # A stage at the end of its interval is the next node, whose bounds it need not repeat.
        inner[:, np.array(layout.inner) == 1.0] = (-np.inf, np.inf)[side]
        controls = np.tile(problem.bounds("controls")[side], (layout.intervals, layout.points, 1))
        settings = [(s.lower, s.upper)[side] for s in carried_settings(problem)]
        moves = [(SMALLEST_ARC, 1 - SMALLEST_ARC)[side] for _ in mesh.movable]
        carried = np.array([*settings, *moves])
        for row, given in ((0, problem.initial_state), (-1, problem.final_state)):
            for name, value in (given or {}).items():
                states[row, problem.states.index(name)] = value
        sides.append(layout.join(states, carried, controls, inner))
    return sides[0], sides[1]
