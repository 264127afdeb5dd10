"""solve: from a problem to a Solution, built and solved once."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, overload

from geodepth.control.model.errors import CHECKS
from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.phases.multi_phase_solution import MultiPhaseSolution
from geodepth.control.solution.solution import Solution, SolveError
from geodepth.control.solvers.back_end import SolverSettings
from geodepth.control.solvers.iteration_callback import Callback
from geodepth.control.solvers.scaling.variable_scaling import Scaling
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.transcription import Method
from geodepth.foundation.time_limits import ends_within

from .guess import Guess
from .phases.guess_of_phases import PhasesGuess
from .phases.prepared_phases import PreparedPhases
from .prepare import Prepared
from .robust.second_look import Asked, solve_robustly

EFFORTS = ("once", "robust")
"""How much `solve` does where one solve is not enough."""


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
    effort: str = "robust",
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
    effort: str = "robust",
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
    effort: str = "robust",
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
        Where to start: an earlier solution, on any mesh; a `Rollout` of controls; or a mapping from names. There a
        state or control is a number, a pair (start, end) of a straight line, an array over the nodes (intervals for
        controls), or a function of time; "final_time", "initial_time" and free parameters are numbers. What is not
        named is guessed from ends and bounds. Of several phases, such a guess for all, or a mapping from the phases'
        names to one each.
    raise_on_failure : bool, default True
        Raise when the solver stops short, in place of returning its last iterate.
    max_iterations : int, default 3000
        When the solver gives up.
    time_limit : float, optional
        Seconds for all of it, solves and certificates. What is at work when they are over ends first, and may be long
        where a problem is large: building a program, or one iteration of the solver. The answer's certificate may take
        a tenth of the time more.
    options : mapping, optional
        Handed to the solver as they are.
    certify : bool, default True
        Attach the quick part of `verify` as the solution's certificate.
    scaling : str, mapping or None, default "automatic"
        "automatic", None, or scales by name, for what the solver sees.
    callback : function of one Progress, optional
        Told of every iteration; stops the solver by returning something true. ipopt and sqp only.
    effort : str, default "robust"
        "once": one solve. "robust": where that fails, others follow: from a few starts on a coarse mesh, the dynamics
        relaxed among them. Where method, mesh and guess are all left to `solve`, so do others where the certificate is
        denied, by collocation and on finer meshes, and where the minimum may be local.

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
    Where several starts were compared, the certificate's line "local minimum" says what they found. A convex problem
    has one minimum, and needs none.

    Ctrl-C ends ipopt and sqp with the last iterate and Status.INTERRUPTED; fatrop with its start.
    """
    CHECKS.flag("raise_on_failure", raise_on_failure)
    CHECKS.flag("certify", certify)
    CHECKS.choice("effort", effort, EFFORTS)
    settings = SolverSettings(solver, tolerance, max_iterations, time_limit, options, callback)

    def once(method: Any, mesh: Any, guess: Any, iterations: int) -> Any:
        limited = replace(settings, max_iterations=iterations)
        prepared: Any
        if isinstance(problem, MultiPhaseProblem):
            prepared = PreparedPhases(problem, method, mesh, limited, scaling)
        else:
            # A mapping by phase is refused there.
            prepared = Prepared(problem, method, mesh, limited, scaling)
        return prepared.solve(guess=guess, raise_on_failure=False, certify=certify)

    with ends_within(settings.time_limit):
        if effort == "robust":
            solution = solve_robustly(problem, Asked(method, mesh, guess, settings, scaling, certify), once)
        else:
            solution = once(method, mesh, guess, max_iterations)
    if raise_on_failure and not solution.success:
        raise SolveError(f"{problem.name}: {solution.advice}", solution)
    solved: Solution | MultiPhaseSolution = solution
    return solved
