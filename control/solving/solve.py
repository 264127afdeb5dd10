"""solve: from a problem to a Solution.

1. Transcribe the problem by the method on the mesh.
2. Make the guess the program's variables.
3. Compile the program for the solver.
4. Solve, with scales that the start tells, and from an earlier solution's multipliers too where they fit.
5. Read the result back, and certify it.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from geodepth.control.model.errors import CHECKS
from geodepth.control.model.kinks_of_problem import unreplaced_kinks
from geodepth.control.model.problem import OptimalControlProblem, check_problem
from geodepth.control.solution.read_back import to_solution
from geodepth.control.solution.solution import Solution, SolveError
from geodepth.control.solvers.back_end import SolverSettings
from geodepth.control.solvers.diagnosis import diagnosed
from geodepth.control.solvers.iteration_callback import Callback
from geodepth.control.solvers.program import Program
from geodepth.control.solvers.scaling.variable_scaling import Scaling, rescaling
from geodepth.control.solvers.status import Iterate, Status
from geodepth.control.transcription.mesh import Mesh, check_mesh
from geodepth.control.transcription.multiple_shooting import MultipleShooting
from geodepth.control.transcription.transcription import Method, Transcription, check_method
from geodepth.control.verification.quick_certificate import quick_certificate

from .guess import Guess, initial_variables

DEFAULT_INTERVALS = 40
"""Of the mesh where none is given (chosen by hand)."""


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

    Parameters
    ----------
    problem : OptimalControlProblem
        What to solve.
    method : Method, optional
        How to discretize; by default MultipleShooting(): RK4, piecewise-constant controls.
    mesh : Mesh, optional
        Where; by default Mesh.uniform(40).
    solver : str, default "ipopt"
        One of `SOLVERS`: "ipopt", "fatrop" or "sqp".
    tolerance : float, default 1e-8
        Of the scaled first-order conditions.
    guess : Guess, optional
        Where to start: see `geodepth.control.solving.guess.Guess`.
    raise_on_failure : bool, default True
        Raise when the solver stops short, in place of returning its last iterate.
    max_iterations : int, default 3000
        When the solver gives up.
    time_limit : float, optional
        Seconds that the solver may take.
    options : mapping, optional
        Handed to the solver as they are.
    certify : bool, default True
        Attach the quick part of `verify` as the solution's certificate.
    scaling : str, mapping or None, default "automatic"
        "automatic", None, or scales by name, for what the solver sees.
    callback : function of one Progress, optional
        Told of every iteration; stops the solver by returning something true. ipopt and sqp only.

    Returns
    -------
    Solution
        Its `status` says how the solver ended.

    Raises
    ------
    ProblemError
        For arguments that cannot be used.
    SolveError
        When the solver stops short and raise_on_failure is true; it carries the last iterate as `.solution`.

    Notes
    -----
    Ctrl-C ends ipopt and sqp with the last iterate and Status.INTERRUPTED; fatrop with its start.
    """
    clock = time.perf_counter()
    CHECKS.flag("raise_on_failure", raise_on_failure)
    CHECKS.flag("certify", certify)
    method, transcription = discretized(problem, method, mesh)
    variables = initial_variables(transcription, guess)
    settings = SolverSettings(solver, tolerance, max_iterations, time_limit, options, callback)
    program = Program(transcription, settings, rescaling(transcription, scaling))
    parameters = transcription.parameter_values()
    start = _reusable(guess, transcription)
    program.prepare(warm=start is not None)
    build = time.perf_counter() - clock
    result = program.solve(start.variables if start else variables, parameters, start)
    if start is not None and result.status in (Status.FAILED, Status.INFEASIBLE):
        # Multipliers of a program too far from this one mislead; its point may still be a good guess.
        result = program.solve(variables, parameters)
    result = diagnosed(program, result, variables, parameters)
    solution = to_solution(program, result, parameters, {"build_seconds": build}, method)
    if not solution.success:
        running = problem.functions.running_slacks is None or transcription.layout.slacks > 0
        left = [str(kink) for kink in unreplaced_kinks(problem, running)]
        solution = replace(solution, statistics=dict(solution.statistics) | ({"kinks_left": left} if left else {}))
    if certify and solution.success:
        solution = replace(solution, certificate=quick_certificate(problem, solution, program))
    if raise_on_failure and not solution.success:
        raise SolveError(f"{problem.name}: {solution.advice}", solution)
    return solution


def discretized(
    problem: OptimalControlProblem, method: Method | None, mesh: Mesh | None
) -> tuple[Method, Transcription]:
    """The method, and the problem transcribed by it on the mesh.

    Parameters
    ----------
    problem : OptimalControlProblem
        What to solve.
    method : Method or None
        By default MultipleShooting().
    mesh : Mesh or None
        By default 40 equal intervals.

    Raises
    ------
    ProblemError
        For what is no problem, method or mesh, and what the method cannot transcribe.
    """
    check_problem(problem)
    mesh = Mesh.uniform(DEFAULT_INTERVALS) if mesh is None else mesh
    method = MultipleShooting() if method is None else method
    check_mesh(mesh)
    check_method(method)
    return method, method.transcribe(problem, mesh)


def _reusable(guess: Guess, transcription: Transcription) -> Iterate | None:
    """The earlier iterate with its multipliers, when it belongs to a program of the same shape."""
    if not isinstance(guess, Solution) or guess.iterate is None or guess.problem_name != transcription.problem.name:
        return None
    earlier = (guess.iterate.variables.shape, guess.iterate.constraint_multipliers.shape)
    return guess.iterate if earlier == (transcription.lower.shape, transcription.constraint_lower.shape) else None
