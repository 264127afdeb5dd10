"""solve: a problem, a transcription on a mesh, a solver; a Solution."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from geodepth.control.model.errors import SolveError
from geodepth.control.model.problem import FreeTime, OptimalControlProblem, check_problem
from geodepth.control.solution.solution import Iterate, Solution, Status
from geodepth.control.solvers.iteration_watch import Callback
from geodepth.control.solvers.program import Program, ProgramResult
from geodepth.control.solvers.variable_scaling import Scaling, scales
from geodepth.control.transcription.interpolation import lagrange
from geodepth.control.transcription.layout import Method, Transcription, carried_names, check_method
from geodepth.control.transcription.mesh import Mesh, check_mesh
from geodepth.control.transcription.multiple_shooting import MultipleShooting
from geodepth.control.verification.verify import quick_certificate
from geodepth.foundation.shapes import Float

from .guess import Guess, initial_variables


def solve(
    problem: OptimalControlProblem,
    method: Method | None = None,
    mesh: Mesh | None = None,
    solver: str = "ipopt",
    tolerance: float = 1e-8,
    guess: Guess = None,
    raise_on_failure: bool = True,
    max_iterations: int = 3000,
    time_limit: float | None = None,
    options: Mapping[str, Any] | None = None,
    certify: bool = True,
    scaling: Scaling = "automatic",
    callback: Callback | None = None,
) -> Solution:
    """Solve an optimal-control problem.

    method: how to discretize, by default MultipleShooting() (RK4, piecewise-constant controls); mesh: where, by
    default Mesh.uniform(40); solver: "ipopt", "fatrop" or "sqp" (see `SOLVERS`), with `options` handed to it as they
    are; tolerance: of the scaled first-order conditions; guess: see `geodepth.control.Guess`; time_limit: seconds;
    callback: told of every iteration, stops the solver by returning something true (both ipopt and sqp only). Ctrl-C
    likewise ends these two with the last iterate and Status.INTERRUPTED.
    certify: attach the quick part of `verify` as the solution's certificate; scaling: "automatic", None, or scales by
    name for what the solver sees.

    Raises ProblemError for arguments that cannot be used, and SolveError, which carries the last iterate as
    `.solution`, when the solver stops short and raise_on_failure is true.
    """
    check_problem(problem)
    mesh = Mesh.uniform(40) if mesh is None else mesh
    method = MultipleShooting() if method is None else method
    check_mesh(mesh)
    check_method(method)
    clock = time.perf_counter()
    transcription = method.transcribe(problem, mesh)
    variables = initial_variables(transcription, mesh, guess)
    sizes = scales(transcription, variables, scaling)
    program = Program(transcription, solver, tolerance, max_iterations, time_limit, options, callback, sizes)
    parameters = transcription.parameter_values()
    start = _reusable(guess, transcription)
    program.prepare(warm=start is not None)
    build = time.perf_counter() - clock
    result = program.solve(start.variables if start else variables, parameters, start)
    if start is not None and result.status in (Status.FAILED, Status.INFEASIBLE):
        # Multipliers of a program too far from this one mislead; its point may still be a good guess.
        result = program.solve(variables, parameters)
    solution = to_solution(program, result, parameters, mesh, {"build_seconds": build}, method)
    if certify and solution.success:
        solution = replace(solution, certificate=quick_certificate(problem, solution, program))
    if raise_on_failure and not solution.success:
        raise SolveError(f"{problem.name}: {solution.status.value}", solution)
    return solution


def _reusable(guess: Guess, transcription: Transcription) -> Iterate | None:
    """The earlier iterate with its multipliers, when it belongs to a program of the same shape."""
    if not isinstance(guess, Solution) or guess.iterate is None or guess.problem_name != transcription.problem.name:
        return None
    same = (
        guess.iterate.variables.shape == transcription.lower.shape
        and guess.iterate.constraint_multipliers.shape == transcription.constraint_lower.shape
    )
    return guess.iterate if same else None


def to_solution(
    program: Program,
    result: ProgramResult,
    parameters: Float[np.ndarray, " theta"],
    mesh: Mesh,
    statistics: Mapping[str, Any] | None = None,
    method: Method | None = None,
) -> Solution:
    """Read a solved program back as states, controls and costates in the problem's own terms."""
    transcription = program.transcription
    problem, layout = transcription.problem, transcription.layout
    states, carried_table, values = layout.split(result.iterate.variables)
    names = carried_names(problem)
    carried = dict(zip(names, carried_table[0].tolist(), strict=False))
    fixed = dict(zip(problem.fixed_parameters, parameters.tolist(), strict=False))
    start, end = _times(problem, carried)
    moved = Mesh(np.array([1.0, *carried_table[0, len(names) :]]) @ mesh.position_table, mesh.movable)
    times = start + (end - start) * moved.breakpoints
    ordered = [carried.get(name, fixed.get(name, 0.0)) for name in problem.parameters or {}]
    costates, interval_costates, inner_costates = _costates(program, result.iterate, parameters)
    return Solution(
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
        slopes=_slopes(problem, times, states, values, transcription.control_points, np.array(ordered)),
        parameters={**fixed, **carried},
        statistics={
            "solver": program.solver,
            "method": transcription.method,
            "control": control_kind(layout.points),
            "intervals": layout.intervals,
            "variables": layout.size,
            "constraints": int(transcription.constraint_lower.size),
            "iterations": result.iterations,
            "solve_seconds": result.seconds,
            "constraint_violation": result.violation,
            "tolerance": program.tolerance,
            **(statistics or {}),
        },
        iterate=result.iterate,
        interval_costates=interval_costates,
        inner_points=np.array(layout.inner),
        inner_states=layout.inner_states(result.iterate.variables),
        inner_costates=inner_costates,
        method=method,
        mesh=moved,
    )


def control_kind(points: int) -> str:
    """The control on an interval in a word: "constant", "linear" or the polynomial's degree."""
    return ("constant", "linear")[points - 1] if points <= 2 else f"degree {points - 1}"


def interval_means(
    points: Float[np.ndarray, " points"], values: Float[np.ndarray, "K points nu"]
) -> Float[np.ndarray, "K nu"]:
    """The mean of each interval's control polynomial, by a Gauss quadrature that is exact for it."""
    nodes, weights = np.polynomial.legendre.leggauss(len(points))
    return np.asarray(np.einsum("s,kSu,sS->ku", weights / 2, values, lagrange(points, (nodes + 1) / 2)))


def _times(problem: OptimalControlProblem, carried: Mapping[str, float]) -> tuple[float, float]:
    ends = []
    for which in ("initial_time", "final_time"):
        value = getattr(problem, which)
        ends.append(carried[which] if isinstance(value, FreeTime) else float(value))
    return ends[0], ends[1]


def _costates(
    program: Program, iterate: Iterate, parameters: Float[np.ndarray, " theta"]
) -> tuple[Float[np.ndarray, "K+1 nx"], Float[np.ndarray, "K 2 nx"], Float[np.ndarray, "K s nx"]]:
    """∂V/∂x at the nodes, at both ends of every interval, and at the stages of implicit integrators.

    At the nodes: minus the multipliers of the defects, and at the first node the Lagrangian's gradient. A node's bound
    multipliers part the costate before it from that behind it.
    """
    transcription = program.transcription
    layout = transcription.layout
    multipliers = iterate.constraint_multipliers
    inner = -multipliers[transcription.defects[:, : layout.states]]
    first = program.lagrangian_gradient(iterate.variables, parameters, multipliers)[: layout.states]
    nodes = np.vstack([first[None, :], inner])
    bounds, _, _ = layout.split(iterate.variable_multipliers)
    behind = np.vstack([first[None, :], inner[:-1] - bounds[1:-1]])
    stages = -multipliers[transcription.inner_rows] / transcription.inner_weights[None, :, None]
    return nodes, np.stack([behind, inner], axis=1), stages


def _slopes(
    problem: OptimalControlProblem,
    times: Float[np.ndarray, " K+1"],
    states: Float[np.ndarray, "K+1 nx"],
    values: Float[np.ndarray, "K points nu"],
    points: Float[np.ndarray, " points"],
    parameters: Float[np.ndarray, " np"],
) -> Float[np.ndarray, "K 2 nx"]:
    dynamics = problem.functions.dynamics.map(len(times) - 1)
    repeated = np.tile(parameters[:, None], (1, len(times) - 1))
    at_ends = np.einsum("es,ksu->eku", lagrange(points, (0.0, 1.0)), values)
    left = dynamics(states[:-1].T, at_ends[0].T, times[None, :-1], repeated)
    right = dynamics(states[1:].T, at_ends[1].T, times[None, 1:], repeated)
    return np.stack([np.array(left).T, np.array(right).T], axis=1)
