"""solve: from a problem to a Solution.

1. Transcribe the problem by the method on the mesh.
2. Make the guess the program's variables.
3. Compile the program for the solver.
4. Solve, with scales that the start tells, and from an earlier solution's multipliers too where they fit.
5. Read the result back, and certify it.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, overload

import numpy as np

from geodepth.control.model.errors import CHECKS
from geodepth.control.model.kinks_of_problem import unreplaced_kinks
from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.phases.multi_phase_solution import MultiPhaseSolution
from geodepth.control.solution.phases.read_back_phases import to_multi_phase_solution
from geodepth.control.solution.read_back import to_solution
from geodepth.control.solution.solution import Solution, SolveError
from geodepth.control.solvers.back_end import SolverSettings
from geodepth.control.solvers.diagnosis import diagnosed
from geodepth.control.solvers.iteration_callback import Callback
from geodepth.control.solvers.program import CompiledProgram, Discretized, ProgramResult
from geodepth.control.solvers.scaling.variable_scaling import Scaling, rescaling
from geodepth.control.solvers.status import Iterate, Status
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.phases.linked_transcription import LinkedTranscription
from geodepth.control.transcription.transcription import Method, Transcription
from geodepth.control.verification.phases.certificate_of_phases import quick_certificate_of_phases
from geodepth.control.verification.quick_certificate import quick_certificate
from geodepth.foundation.shapes import Float

from .discretized import discretized, discretized_phases
from .guess import Guess, initial_variables
from .phases.guess_of_phases import PhasesGuess, initial_variables_of_phases


@overload
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
) -> Solution: ...


@overload
def solve(
    problem: MultiPhaseProblem,
    method: Method | Mapping[str, Method] | None = None,
    mesh: Mesh | Mapping[str, Mesh] | None = None,
    solver: str = "ipopt",
    tolerance: float = 1e-8,
    guess: PhasesGuess = None,
    raise_on_failure: bool = True,
    max_iterations: int = 3000,
    time_limit: float | None = None,
    options: Mapping[str, Any] | None = None,
    certify: bool = True,
    scaling: Scaling = "automatic",
    callback: Callback | None = None,
) -> MultiPhaseSolution: ...


def solve(
    problem: OptimalControlProblem | MultiPhaseProblem,
    method: Method | Mapping[str, Method] | None = None,
    mesh: Mesh | Mapping[str, Mesh] | None = None,
    solver: str = "ipopt",
    tolerance: float = 1e-8,
    guess: Guess | PhasesGuess = None,
    raise_on_failure: bool = True,
    max_iterations: int = 3000,
    time_limit: float | None = None,
    options: Mapping[str, Any] | None = None,
    certify: bool = True,
    scaling: Scaling = "automatic",
    callback: Callback | None = None,
) -> Solution | MultiPhaseSolution:
    """Solve an optimal-control problem, of one phase or of several.

    Parameters
    ----------
    problem : OptimalControlProblem or MultiPhaseProblem
        What to solve.
    method : Method, optional
        How to discretize; by default MultipleShooting(): RK4, piecewise-constant controls. Of several phases this, mesh
        and guess are one for all or a mapping by the phase's name.
    mesh : Mesh, optional
        Where; by default Mesh.uniform(40).
    solver : str, default "ipopt"
        One of `SOLVERS`: "ipopt", "fatrop" or "sqp". fatrop takes one phase only.
    tolerance : float, default 1e-8
        Of the scaled first-order conditions.
    guess : Guess, optional
        Where to start: see `Guess` in solving/guess.py, and `PhasesGuess` in solving/phases/guess_of_phases.py.
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
    Solution or MultiPhaseSolution
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
    settings = SolverSettings(solver, tolerance, max_iterations, time_limit, options, callback)
    solution: Solution | MultiPhaseSolution
    if isinstance(problem, MultiPhaseProblem):
        solution = _phases(problem, method, mesh, guess, settings, scaling, clock, certify)
    else:
        solution = _phase(problem, method, mesh, guess, settings, scaling, clock, certify)
    if raise_on_failure and not solution.success:
        raise SolveError(f"{problem.name}: {solution.advice}", solution)
    return solution


def _phase(
    problem: OptimalControlProblem,
    method: Any,
    mesh: Any,
    guess: Any,
    settings: SolverSettings,
    scaling: Scaling,
    clock: float,
    certify: bool,
) -> Solution:
    method, transcription = discretized(problem, method, mesh)
    variables = initial_variables(transcription, guess)
    end = _solved(transcription, variables, _reusable(guess, transcription), settings, scaling, clock)
    solution = to_solution(end.program, end.result, end.parameters, {"build_seconds": end.build_seconds}, method)
    if not solution.success:
        left = _kinks_left(transcription)
        solution = replace(solution, statistics=dict(solution.statistics) | ({"kinks_left": left} if left else {}))
    if certify and solution.success:
        solution = replace(solution, certificate=quick_certificate(problem, solution, end.program))
    return solution


def _phases(
    problem: MultiPhaseProblem,
    method: Any,
    mesh: Any,
    guess: Any,
    settings: SolverSettings,
    scaling: Scaling,
    clock: float,
    certify: bool,
) -> MultiPhaseSolution:
    methods, transcription = discretized_phases(problem, method, mesh)
    variables = initial_variables_of_phases(transcription, guess)
    end = _solved(transcription, variables, _reusable(guess, transcription), settings, scaling, clock)
    spent = {"build_seconds": end.build_seconds}
    solution = to_multi_phase_solution(end.program, end.result, end.parameters, spent, methods)
    if not solution.success:
        left = [kink for part in transcription.parts for kink in _kinks_left(part.transcription)]
        solution = replace(solution, statistics=dict(solution.statistics) | ({"kinks_left": left} if left else {}))
    if certify and solution.success:
        solution = replace(solution, certificate=quick_certificate_of_phases(problem, solution, end.program))
    return solution


@dataclass(frozen=True, slots=True)
class _End(Generic[Discretized]):
    """The end of a solve, and what was solved."""

    program: CompiledProgram[Discretized]
    result: ProgramResult
    parameters: Float[np.ndarray, " theta"]
    build_seconds: float


def _solved(
    transcription: Discretized,
    variables: Float[np.ndarray, " size"],
    start: Iterate | None,
    settings: SolverSettings,
    scaling: Scaling,
    clock: float,
) -> _End[Discretized]:
    """Compile the program and solve it from these variables, or from an earlier iterate with its multipliers."""
    program = CompiledProgram(transcription, settings, rescaling(transcription, scaling))
    parameters = transcription.parameter_values()
    program.prepare(warm=start is not None)
    build = time.perf_counter() - clock
    result = program.solve(start.variables if start else variables, parameters, start)
    if start is not None and result.status in (Status.FAILED, Status.INFEASIBLE):
        # Multipliers of a program too far from this one mislead; its point may still be a good guess.
        result = program.solve(variables, parameters)
    return _End(program, diagnosed(program, result, variables, parameters), parameters, build)


def _kinks_left(transcription: Transcription) -> list[str]:
    problem = transcription.problem
    running = problem.functions.running_slacks is None or transcription.layout.slacks > 0
    return [str(kink) for kink in unreplaced_kinks(problem, running)]


def _reusable(guess: object, transcription: Transcription | LinkedTranscription) -> Iterate | None:
    """The earlier iterate with its multipliers, when it belongs to a program of the same shape."""
    if not isinstance(guess, Solution | MultiPhaseSolution) or guess.problem_name != transcription.problem.name:
        return None
    iterate = guess.iterate
    if iterate is None:
        return None
    earlier = (iterate.variables.shape, iterate.constraint_multipliers.shape)
    return iterate if earlier == (transcription.lower.shape, transcription.constraint_lower.shape) else None
