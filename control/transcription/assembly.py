"""From one interval's function to the whole program.

1. Order the variables in stages: a node, its interval, the next node (`Layout`).
2. Map the interval's function over the mesh.
3. Collect the constraints in stage order (defects_and_constraints.py).
4. Bound the variables.
"""

from dataclasses import replace
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.ends import end_range
from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.transcription.interval.scheme import Scheme, check_suits
from geodepth.control.transcription.interval.slacks import slacks_needed
from geodepth.control.transcription.interval.stage_functions import settings_count, stage_functions, unpack
from geodepth.control.transcription.interval.stages import Stages

from .defects_and_constraints import SMALLEST_ARC, Block, Chain, Ends, constraint_rows, end_blocks
from .layout import Layout
from .mesh import Mesh
from .transcription import Transcription


def transcribe(problem: OptimalControlProblem, mesh: Mesh, scheme: Scheme, condensed: bool = False) -> Transcription:
    """The problem on this mesh as a nonlinear program in stage order.

    Parameters
    ----------
    problem : OptimalControlProblem
        What to solve.
    mesh : Mesh
        K intervals.
    scheme : Scheme
        How each of them is discretized.
    condensed : bool, default False
        Add the rollout, by which a solver sees the first node and the controls alone.
    """
    check_suits(problem, mesh, scheme)
    ends = problem.functions.terminal_slacks
    layout = Layout(
        intervals=mesh.intervals,
        states=len(problem.states),
        carried=len(problem.free) + len(mesh.movable),
        controls=len(problem.controls),
        points=len(scheme.control_points),
        inner=scheme.integrator.fractions,
        slacks=slacks_needed(problem, scheme),
        end_slacks=0 if ends is None else ends.lower.size,
    )
    chain = _chain(problem, mesh, scheme, layout)
    at_ends, blocks = _ends(problem, mesh, scheme, layout)
    first, last = chain.variables[: layout.node], chain.variables[layout.intervals * layout.stage :]
    end_cost, end_rows = ca.MX(1, 1), ca.MX(0, 1)
    if at_ends.nnz_out():
        given = [first, last, chain.parameters[: settings_count(problem)]]
        end_cost, end_rows = at_ends.call(given, not at_ends.is_a("SXFunction"), False)
    edges = np.cumsum([0, *(block.expression.numel() for block in blocks)]).tolist()
    blocks = [replace(b, expression=end_rows[i:j]) for b, i, j in zip(blocks, edges, edges[1:], strict=False)]
    rows = constraint_rows(problem, mesh, scheme, chain, blocks)
    lower, upper = _variable_bounds(problem, layout, mesh)
    functions = problem.functions
    stages = (mesh.intervals if layout.inner else 0, len(layout.inner), layout.states)
    apart = functions.boundary.numel_out(0) == 0 or functions.boundary.jac_sparsity(0, 0).nnz() == 0
    return Transcription(
        problem=problem,
        mesh=mesh,
        layout=layout,
        variables=chain.variables,
        parameters=chain.parameters,
        # A problem without a cost asks for feasibility; solvers want its zero stored.
        objective=ca.densify(ca.sum2(chain.costs) + end_cost if at_ends.nnz_out(0) else ca.sum2(chain.costs)),
        constraints=ca.vertcat(*rows.expressions),
        lower=lower,
        upper=upper,
        constraint_lower=np.concatenate(rows.lower),
        constraint_upper=np.concatenate(rows.upper),
        row_expressions=np.concatenate(rows.of),
        defects=np.vstack(rows.kept["gaps"]),
        control_points=np.array(scheme.control_points),
        staged=apart and not condensed,
        method=scheme.name,
        inner_rows=np.vstack(rows.kept["equations"]).reshape(stages),
        inner_weights=np.array(scheme.integrator.quadrature),
        path_rows=rows.path_rows(),
        rollout=_rollout(layout, chain) if condensed else None,
        kinks=_kinks(problem, layout, chain),
        stages=Stages(chain.stage, at_ends, np.vstack(rows.outputs)),
        interval_costs=chain.costs,
    )


def _chain(problem: OptimalControlProblem, mesh: Mesh, scheme: Scheme, layout: Layout) -> Chain:
    count, shared = layout.intervals, settings_count(problem)
    variables = ca.MX.sym("z", layout.size)
    parameters = ca.MX.sym("theta", shared + mesh.position_table.size)
    settings = parameters[:shared]
    positions = ca.reshape(parameters[shared:], -1, count + 1)
    table = ca.reshape(variables[: count * layout.stage], layout.stage, count)
    last = variables[count * layout.stage :]
    nodes, unknowns = table[: layout.node, :], table[layout.node :, :]
    stage, kinks = stage_functions(problem, layout, scheme)
    arguments = (nodes, unknowns, ca.repmat(settings, 1, count), positions[:, :-1], positions[:, 1:])
    ends, costs, equations, path, path_end, slack_rows = stage.map(count)(*arguments)
    return Chain(
        variables=variables,
        parameters=parameters,
        gaps=ca.horzcat(nodes[:, 1:], last) - ends,
        costs=costs,
        equations=equations,
        path=path,
        path_end=path_end,
        slack_rows=slack_rows,
        kinks=kinks.map(count)(*arguments) if layout.slacks else ca.MX(0, 1),
        stage=stage,
    )


def _ends(problem: OptimalControlProblem, mesh: Mesh, scheme: Scheme, layout: Layout) -> tuple[Any, list[Block]]:
    """(first y, last y, settings) -> (terminal cost, constraints of the ends), and what bounds these block by block."""
    kind = ca.SX if problem.functions.dynamics.is_a("SXFunction") else ca.MX
    symbols = [kind.sym("first", layout.node), kind.sym("last", layout.node)]
    symbols.append(kind.sym("settings", settings_count(problem)))
    first, last, settings = symbols
    slacks = last[layout.states : layout.states + layout.end_slacks]
    ends = Ends(first[: layout.states], last[: layout.states], unpack(problem, layout, last, settings), slacks)
    lifted, at_end = problem.functions.terminal_slacks, (ends.last_state, ends.final.final_time, ends.final.parameters)
    cost = problem.functions.terminal_cost(*at_end) if lifted is None else lifted.value(*at_end, slacks)
    blocks = end_blocks(problem, mesh, scheme, ends)
    stated = [ca.vec(block.expression) for block in blocks if block.expression.numel()]
    rows = ca.densify(ca.vertcat(*stated)) if stated else kind(0, 1)
    return ca.Function("ends", symbols, [cost, rows]), blocks


def _rollout(layout: Layout, chain: Chain) -> Any:
    """(y_0, U_0, …, U_{K−1}; θ) -> all variables of the program, by the stages one after another."""
    count, node, stage = layout.intervals, layout.node, chain.stage
    first, unknowns = ca.MX.sym("y", node), ca.MX.sym("U", layout.stage - node, count)
    parameters = ca.MX.sym("theta", chain.parameters.numel())
    settings = parameters[: stage.numel_in(2)]
    table = ca.reshape(parameters[stage.numel_in(2) :], -1, count + 1)
    y, pieces = first, []
    for k in range(count):
        pieces += [y, unknowns[:, k]]
        y = stage(y, unknowns[:, k], settings, table[:, k], table[:, k + 1])[0]
    return ca.Function("rollout", [ca.vertcat(first, ca.vec(unknowns)), parameters], [ca.vertcat(*pieces, y)])


def _kinks(problem: OptimalControlProblem, layout: Layout, chain: Chain) -> Any:
    """(z, θ) -> the kinks that slacks stand for, interval by interval, and then those of the terminal cost."""
    ends = problem.functions.terminal_slacks
    if layout.slacks + layout.end_slacks == 0:
        return None
    y, settings = chain.variables[layout.intervals * layout.stage :], chain.parameters[: settings_count(problem)]
    final = unpack(problem, layout, y, settings)
    last = ca.MX(0, 1) if ends is None else ends.kinks(y[: layout.states], final.final_time, final.parameters)
    return ca.Function("kinks", [chain.variables, chain.parameters], [ca.vertcat(ca.vec(chain.kinks), last)])


def _variable_bounds(problem: OptimalControlProblem, layout: Layout, mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    sides = []
    running, ends = problem.functions.running_slacks, problem.functions.terminal_slacks
    for side in (0, 1):
        along, end = (
            np.zeros(0) if s is None else (s.lower, np.full(s.lower.shape, np.inf))[side] for s in (running, ends)
        )
        repeated = np.tile(along, layout.slacks // along.size) if along.size else along
        slacks = (np.tile(repeated, (layout.intervals, 1)), end)
        bound = problem.bounds("states")[side]
        states = np.tile(bound, (layout.intervals + 1, 1))
        inner = np.tile(bound, (layout.intervals, len(layout.inner), 1))
        # A stage at the end of its interval is the next node, whose bounds it need not repeat.
        inner[:, np.array(layout.inner) == 1.0] = (-np.inf, np.inf)[side]
        controls = np.tile(problem.bounds("controls")[side], (layout.intervals, layout.points, 1))
        free = [(number.lower, number.upper)[side] for number in problem.free.values()]
        moves = [(SMALLEST_ARC, 1 - SMALLEST_ARC)[side] for _ in mesh.movable]
        for row, which in ((0, "initial_state"), (-1, "final_state")):
            states[row] = [end_range(problem, which, name)[side] for name in problem.states]
        sides.append(layout.join(states, np.array([*free, *moves]), controls, inner, slacks))
    return sides[0], sides[1]
