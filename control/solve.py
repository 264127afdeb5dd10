"""solve: a problem, a transcription on a mesh, a solver; a Solution."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import casadi as ca
import numpy as np

from .errors import ProblemError, SolveError
from .guess import Guess, initial_variables
from .mesh import Mesh
from .multiple_shooting import MultipleShooting
from .problem import FreeTime, OptimalControlProblem
from .solution import Iterate, Solution
from .solvers import Program, ProgramResult
from .transcription import Method, Transcription

if TYPE_CHECKING:
    from jaxtyping import Float


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
) -> Solution:
    """Solve an optimal-control problem.

    method: how to discretize, by default MultipleShooting() (RK4, piecewise-constant controls); mesh: where, by
    default Mesh.uniform(40); solver: "ipopt" or "fatrop", with `options` handed to it as they are; tolerance: of the
    scaled first-order conditions; guess: see `geodepth.control.Guess`; time_limit: seconds (ipopt).

    Raises ProblemError for arguments that cannot be used, and SolveError, which carries the last iterate as
    `.solution`, when the solver stops short and raise_on_failure is true.
    """
    if not isinstance(problem, OptimalControlProblem):
        raise ProblemError(f"problem is a {type(problem).__name__}; give an OptimalControlProblem")
    mesh = mesh or Mesh.uniform(40)
    clock = time.perf_counter()
    transcription = (method or MultipleShooting()).transcribe(problem, mesh)
    program = Program(transcription, solver, tolerance, max_iterations, time_limit, options)
    variables = initial_variables(transcription, mesh, guess)
    parameters = transcription.parameter_values()
    start = _reusable(guess, transcription)
    program.prepare(warm=start is not None)
    build = time.perf_counter() - clock
    result = program.solve(start.variables if start else variables, parameters, start)
    solution = to_solution(program, result, parameters, mesh, {"build_seconds": build})
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
) -> Solution:
    """Read a solved program back as states, controls and costates in the problem's own terms."""
    transcription = program.transcription
    problem, layout = transcription.problem, transcription.layout
    states, _, values = layout.split(result.iterate.variables)
    carried = transcription.carried_values(result.iterate.variables)
    fixed = dict(zip(problem.fixed_parameters, parameters.tolist(), strict=False))
    start, end = _times(problem, carried)
    times = start + (end - start) * mesh.breakpoints
    ordered = [carried.get(name, fixed.get(name, 0.0)) for name in problem.parameters or {}]
    return Solution(
        problem_name=problem.name,
        state_names=tuple(problem.states),
        control_names=tuple(problem.controls),
        status=result.status,
        cost=result.objective,
        times=times,
        states=states,
        controls=values.mean(axis=1),
        costates=_costates(transcription, result.iterate, parameters),
        control_values=values,
        control_points=transcription.control_points,
        slopes=_slopes(problem, times, states, values, np.array(ordered)),
        parameters={**fixed, **carried},
        statistics={
            "solver": program.solver,
            "method": transcription.method,
            "control": "constant" if layout.points == 1 else "linear",
            "intervals": layout.intervals,
            "variables": layout.size,
            "constraints": int(transcription.constraint_lower.size),
            "iterations": result.iterations,
            "solve_seconds": result.seconds,
            "constraint_violation": result.violation,
            **(statistics or {}),
        },
        iterate=result.iterate,
    )


def _times(problem: OptimalControlProblem, carried: Mapping[str, float]) -> tuple[float, float]:
    ends = []
    for which in ("initial_time", "final_time"):
        value = getattr(problem, which)
        ends.append(carried[which] if isinstance(value, FreeTime) else float(value))
    return ends[0], ends[1]


def _costates(
    transcription: Transcription, iterate: Iterate, parameters: Float[np.ndarray, " theta"]
) -> Float[np.ndarray, "K+1 nx"]:
    """∂V/∂x at the nodes: minus the multipliers of the defects, and at the first node the Lagrangian's gradient."""
    layout = transcription.layout
    multipliers = iterate.constraint_multipliers
    inner = -multipliers[transcription.defects[:, : layout.states]]
    symbol = ca.MX.sym("multipliers", multipliers.size)
    lagrangian = transcription.objective + ca.dot(symbol, transcription.constraints)
    gradient = ca.Function(
        "gradient",
        [transcription.variables, transcription.parameters, symbol],
        [ca.gradient(lagrangian, transcription.variables)[: layout.states]],
    )
    first = np.array(gradient(iterate.variables, parameters, multipliers)).ravel()
    return np.vstack([first[None, :], inner])


def _slopes(
    problem: OptimalControlProblem,
    times: Float[np.ndarray, " K+1"],
    states: Float[np.ndarray, "K+1 nx"],
    values: Float[np.ndarray, "K points nu"],
    parameters: Float[np.ndarray, " np"],
) -> Float[np.ndarray, "K 2 nx"]:
    dynamics = problem.functions.dynamics.map(len(times) - 1)
    repeated = np.tile(parameters[:, None], (1, len(times) - 1))
    left = dynamics(states[:-1].T, values[:, 0].T, times[None, :-1], repeated)
    right = dynamics(states[1:].T, values[:, -1].T, times[None, 1:], repeated)
    return np.stack([np.array(left).T, np.array(right).T], axis=1)
