"""Reading a solved program back: from its variables and multipliers to a Solution, and from a Solution to variables."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solvers.program import Program
from geodepth.control.solvers.solver_call import computed
from geodepth.control.solvers.status import Iterate, ProgramResult
from geodepth.control.transcription.interpolation import control_kind, interval_means, lagrange
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.transcription import Method, Transcription
from geodepth.foundation.shapes import Float

from .path_multipliers import PathPulses, path_pulses
from .solution import Solution

ALGEBRAIC_POINTS = (1 - np.cos(np.pi * np.arange(5) / 4)) / 2
"""The fractions of an interval at which algebraic variables are kept: Chebyshev's five with the ends, as good as the
cubic between nodes that the states are read from."""
POINTS_OF_STEPS = np.array([0.0])
"""The same in discrete time, where each step has one value of its own, and the last state none."""


def to_solution(
    program: Program,
    result: ProgramResult,
    parameters: Float[np.ndarray, " theta"],
    statistics: Mapping[str, Any],
    method: Method,
) -> Solution:
    """Read a solved program back as states, controls and costates in the problem's own terms.

    Parameters
    ----------
    program : Program
        What was solved.
    result : ProgramResult
        How it ended.
    parameters : ndarray
        θ there, on the transcription's own mesh.
    statistics : mapping
        Added to the solve's own.
    method : Method
        That made the transcription.
    """
    transcription = program.transcription
    problem, layout = transcription.problem, transcription.layout
    states, carried_table, values = layout.split(result.iterate.variables)
    # What is carried along is the same at every node.
    carried, *_ = carried_table
    free = dict(zip(problem.free, carried.tolist(), strict=False))
    fixed = dict(zip(problem.fixed_parameters, parameters.tolist(), strict=False))
    start, end = problem.horizon(free)
    mesh = transcription.mesh
    if mesh.movable:
        moved = np.array([1.0, *carried[len(free) :]]) @ mesh.position_table
        # A solver that stopped short may have left them out of order: then they are where they began.
        mesh = Mesh(moved, mesh.movable) if np.all(np.diff(moved) > 0) else mesh
    times = start + (end - start) * mesh.breakpoints
    if problem.steps is not None:
        times = start + np.arange(problem.steps + 1.0)
    ordered = np.array([(free | fixed)[name] for name in problem.parameters or {}])
    pulses = path_pulses(transcription, result.iterate.constraint_multipliers, result.iterate.variables, times, ordered)
    costates, interval_costates, inner_costates = _costates(program, result.iterate, parameters, pulses)
    solution = Solution(
        problem_name=problem.name,
        state_names=tuple(problem.states),
        control_names=tuple(problem.controls),
        status=result.status,
        cost=result.objective,
        times=times,
        states=states,
        controls=interval_means(transcription.control_points, values),
        costates=costates,
        control_values=values,
        control_points=transcription.control_points,
        slopes=_slopes(problem, times, states, values, transcription.control_points, ordered),
        parameters={**fixed, **free},
        statistics={
            "solver": program.settings.solver,
            "method": transcription.method,
            "control": control_kind(layout.points),
            "intervals": layout.intervals,
            "variables": layout.size,
            "constraints": int(transcription.constraint_lower.size),
            "iterations": result.iterations,
            "solve_seconds": result.seconds,
            "constraint_violation": result.violation,
            "tolerance": program.settings.tolerance,
            **({"reason": result.reason} if result.reason else {}),
            **({"exact_kinks": list(transcription.replaced_kinks)} if transcription.replaced_kinks else {}),
            **statistics,
        },
        iterate=result.iterate,
        interval_costates=interval_costates,
        inner_points=np.array(layout.inner),
        inner_states=layout.inner_states(result.iterate.variables),
        inner_costates=inner_costates,
        method=method,
        mesh=mesh,
    )
    return _with_algebraic(problem, solution, ordered)


def _costates(
    program: Program, iterate: Iterate, parameters: Float[np.ndarray, " theta"], pulses: PathPulses | None
) -> tuple[Float[np.ndarray, "K+1 nx"], Float[np.ndarray, "K 2 nx"], Float[np.ndarray, "K s nx"]]:
    """∂V/∂x at the nodes, at both ends of every interval, and at the stages of implicit integrators.

    At the nodes: minus the multipliers of the defects, and at the first node the Lagrangian's gradient. A node's bound
    multipliers part the costate before it from that behind it, and so do those of path constraints on states alone.
    """
    transcription = program.transcription
    layout = transcription.layout
    multipliers = iterate.constraint_multipliers
    inner = -multipliers[transcription.defects[:, : layout.states]]
    # What boundary constraints ask of the first state is not in its costate.
    along = multipliers.copy()
    along[along.size - transcription.problem.functions.boundary.numel_out(0) :] = 0.0
    first = program.lagrangian_gradient(iterate.variables, parameters, along)[: layout.states]
    nodes = np.vstack([first[None, :], inner])
    bounds, _, _ = layout.split(iterate.variable_multipliers)
    behind = np.vstack([first[None, :], inner[:-1] - bounds[1:-1]])
    intervals = np.stack([behind, inner], axis=1)
    if pulses is not None:
        for i in np.flatnonzero(pulses.at_node & (pulses.intervals < layout.intervals)):
            if pulses.fractions[i] == 0.0:
                intervals[pulses.intervals[i], 0] -= pulses.by_state[i]
            else:
                intervals[pulses.intervals[i], 1] += pulses.by_state[i]
    stages = -multipliers[transcription.inner_rows] / transcription.inner_weights[None, :, None]
    return nodes, intervals, stages


def _slopes(
    problem: OptimalControlProblem,
    times: Float[np.ndarray, " K+1"],
    states: Float[np.ndarray, "K+1 nx"],
    values: Float[np.ndarray, "K points nu"],
    points: Float[np.ndarray, " points"],
    parameters: Float[np.ndarray, " np"],
) -> Float[np.ndarray, "K 2 nx"]:
    if problem.steps is not None:
        return np.repeat(np.diff(states, axis=0)[:, None], 2, axis=1)
    count = 2 * (len(times) - 1)
    controls = np.einsum("es,ksu->keu", lagrange(points, (0.0, 1.0)), values)
    x, t = (np.stack([at_nodes[:-1], at_nodes[1:]], axis=1) for at_nodes in (states, times))
    (slopes,) = computed(problem.functions.dynamics.map(count), x, controls, t, np.tile(parameters, count))
    return slopes.reshape(-1, 2, len(problem.states))


def _with_algebraic(problem: OptimalControlProblem, solution: Solution, parameters: np.ndarray) -> Solution:
    """The solution with its algebraic variables; NaN where their equations cannot be solved."""
    part = problem.functions.algebraic
    if part is None:
        return solution
    points = ALGEBRAIC_POINTS if problem.steps is None else POINTS_OF_STEPS
    times = solution.times[:-1, None] + np.diff(solution.times)[:, None] * points
    # A node belongs to two intervals, whose controls differ: each interval is sampled from its own side.
    flat = times.ravel()
    states = solution.sample(flat).states
    weights = lagrange(solution.control_points, points)
    controls = np.einsum("qs,ksu->kqu", weights, solution.control_values).reshape(flat.size, -1)
    given = np.tile(parameters[:, None], (1, flat.size))
    values = np.array(part.values(states.T, controls.T, flat[None], given)).T.reshape(*times.shape, -1)
    names = tuple(problem.algebraic)
    return replace(solution, algebraic_names=names, algebraic_points=points, algebraic_values=values)


def variables_of(
    transcription: Transcription, solution: Solution
) -> tuple[Float[np.ndarray, " size"], Float[np.ndarray, " theta"]]:
    """The program's variables and θ as the solution's public fields have them, not as its solver left them."""
    # Movable nodes are where the solution has them, be the transcription's own mesh that one or the one before.
    mesh = transcription.mesh if solution.mesh is None else solution.mesh
    free = [float(solution.parameters[name]) for name in transcription.problem.free]
    carried = np.array([*free, *mesh.breakpoints[list(transcription.mesh.movable)]])
    variables = transcription.layout.join(solution.states, carried, solution.control_values, solution.inner_states)
    parameters = parameters_of(transcription, solution)
    return transcription.completed(variables, parameters), parameters


def parameters_of(transcription: Transcription, solution: Solution) -> Float[np.ndarray, " theta"]:
    """θ on the transcription's mesh, at the solution's values of the fixed parameters."""
    return transcription.parameter_values({n: solution.parameters[n] for n in transcription.problem.fixed_parameters})
