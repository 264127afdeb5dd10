"""solve: a problem, a transcription on a mesh, a solver; a Solution."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from geodepth.control.model.problem import OptimalControlProblem, check_problem
from geodepth.control.solution.read_back import to_solution
from geodepth.control.solution.solution import Solution, SolveError
from geodepth.control.solvers.back_end import SolverSettings
from geodepth.control.solvers.iteration_callback import Callback
from geodepth.control.solvers.program import Program
from geodepth.control.solvers.status import Iterate, Status
from geodepth.control.solvers.variable_scaling import Scaling, scales
from geodepth.control.transcription.mesh import Mesh, check_mesh
from geodepth.control.transcription.multiple_shooting import MultipleShooting
from geodepth.control.transcription.transcription import Method, Transcription, check_method
from geodepth.control.verification.quick_certificate import quick_certificate

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
    settings = SolverSettings(solver, tolerance, max_iterations, time_limit, options, callback)
    program = Program(transcription, settings, sizes)
    parameters = transcription.parameter_values()
    start = _reusable(guess, transcription)
    program.prepare(warm=start is not None)
    build = time.perf_counter() - clock
    result = program.solve(start.variables if start else variables, parameters, start)
    if start is not None and result.status in (Status.FAILED, Status.INFEASIBLE):
        # Multipliers of a program too far from this one mislead; its point may still be a good guess.
        result = program.solve(variables, parameters)
    solution = to_solution(program, result, parameters, {"build_seconds": build}, method)
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
