"""refine: meshes that follow the estimated error, until the certified error is below a tolerance.

1. Solve on the first mesh; halve it, twice at most, where that fails or its answer does not bear simulation, nor does
   one with constant controls. Without a guess, compare with a few starts on a coarse mesh, and go on from the cheapest
   (first_solve.py).
2. Make controls constant on each interval if there are singular arcs, on which others chatter (arcs.py).
3. Put movable nodes on the switches of the control, and solve again (switch_times.py).
4. Estimate every interval's error (error_estimates.py), and split, merge or add points where it asks for that
   (mesh_changes.py). Put nodes where constraints are violated between nodes. Where nothing asks, or splitting no
   longer matters, halve every interval.
5. Solve from the last solution (tight_solver.py), or by another way where that leads nowhere (next_solve.py). If
   halving changed the cost by little enough, and hides nothing (`nothing_hidden`), stop; else go to 3.
"""

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, cast, overload

from geodepth.control.model.errors import CHECKS, ProblemError
from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.model.problem import OptimalControlProblem, check_problem
from geodepth.control.solution.certificate import Certificate
from geodepth.control.solution.phases.multi_phase_solution import MultiPhaseSolution
from geodepth.control.solution.phases.read_back_phases import transcribed_again
from geodepth.control.solution.solution import Solution, SolveError
from geodepth.control.solvers.program import CompiledProgram, Program, check_solver
from geodepth.control.solvers.status import Status
from geodepth.control.solving.guess import Guess
from geodepth.control.solving.phases.guess_of_phases import PhasesGuess
from geodepth.control.solving.robust.second_look import compared_certificate
from geodepth.control.transcription.direct_collocation import DirectCollocation
from geodepth.control.transcription.implicit_integrators import ImplicitRungeKutta
from geodepth.control.transcription.integrators_by_name import integrator
from geodepth.control.transcription.mesh import Mesh, check_mesh
from geodepth.control.transcription.multiple_shooting import MultipleShooting
from geodepth.control.transcription.transcription import Method
from geodepth.control.verification.convexity import is_convex
from geodepth.control.verification.error_scales import cost_scale
from geodepth.control.verification.phases.certificate_of_phases import quick_certificate_of_phases, with_certificate
from geodepth.control.verification.quick_certificate import OVERTIME, quick_certificate
from geodepth.foundation.interruption import interruption
from geodepth.foundation.time_limits import ends_within, overtime

from .error_estimates import interval_errors, nothing_hidden
from .first_solve import first_solve, from_other_starts, steadied
from .mesh_changes import discretization, finer_discretization
from .next_solve import next_solve
from .phases.refined_phases import improving_phases
from .reached import NO_STARTS, OUT_OF_TIME, Reached, all_rounds, failed_solve, too_many_intervals
from .switch_times import with_nodes_on_switches
from .tight_solver import InterruptedSolveError, OneSolver, TightSolver

GOAL = 0.3
"""Share of the tolerance that every interval's estimated error may have at first; a tenth of that after each halving.
Chosen by hand: estimates are of first order, and what they miss is what halving shows."""
SHORTEST = 1.0
"""Seconds that a refinement has at least (chosen by hand): less than that ends most first solves with nothing."""


@overload
def refine(
    problem: OptimalControlProblem,
    method: Method | None = None,
    mesh: Mesh | None = None,
    solver: str = "ipopt",
    tolerance: float = 1e-6,
    guess: Guess = None,
    raise_on_failure: bool = True,
    rounds: int = 12,
    most_intervals: int = 3000,
    switches: bool = True,
    options: Mapping[str, Any] | None = None,
    time_limit: float | None = 30.0,
) -> Solution: ...


@overload
def refine(
    problem: MultiPhaseProblem,
    method: Method | Mapping[str, Method] | None = None,
    mesh: Mesh | Mapping[str, Mesh] | None = None,
    solver: str = "ipopt",
    tolerance: float = 1e-6,
    guess: PhasesGuess = None,
    raise_on_failure: bool = True,
    rounds: int = 12,
    most_intervals: int = 3000,
    switches: bool = True,
    options: Mapping[str, Any] | None = None,
    time_limit: float | None = 30.0,
) -> MultiPhaseSolution: ...


def refine(
    problem: OptimalControlProblem | MultiPhaseProblem,
    method: Method | Mapping[str, Method] | None = None,
    mesh: Mesh | Mapping[str, Mesh] | None = None,
    solver: str = "ipopt",
    tolerance: float = 1e-6,
    guess: Guess | PhasesGuess = None,
    raise_on_failure: bool = True,
    rounds: int = 12,
    most_intervals: int = 3000,
    switches: bool = True,
    options: Mapping[str, Any] | None = None,
    time_limit: float | None = 30.0,
) -> Solution | MultiPhaseSolution:
    """Solve on meshes that are refined until the relative error of the cost is certified to be below `tolerance`.

    Parameters
    ----------
    problem : OptimalControlProblem or MultiPhaseProblem
        What to solve.
    method : Method, optional
        By default DirectCollocation("radau", 3). Of several phases this, mesh and guess are one for all or a mapping by
        the phase's name.
    mesh : Mesh, optional
        The first one, by default Mesh.uniform(20).
    solver : str
        "ipopt" or "fatrop". ipopt solves what fatrop does not solve to the tolerance from the mesh before, in a few
        hundred iterations; what would take seconds to build for it; and meshes with movable nodes.
    tolerance : float
        The relative error of the cost that is asked for.
    guess : optional
        For the first solve, as `solve` takes it.
    raise_on_failure : bool
        Whether a solve that fails, and that nothing can be done without, raises.
    rounds : int
        The most rounds of refinement.
    most_intervals : int
        The most intervals of a mesh, or of all meshes together.
    switches : bool
        Whether the arcs of the control are found after each solve, and the nodes between them become variables that the
        optimizer moves: switch times come out as exactly as the rest (`find_structure` reports them).
    options : mapping, optional
        For the solver.
    time_limit : float or None, default 30
        Seconds of this process's time on processors, which others at work do not lengthen, and one at least: after them
        no solve begins, and one that is at work ends at its next iteration. Its certificate may take a tenth more.

    Returns
    -------
    Solution or MultiPhaseSolution
        On the finest mesh, with the change of its cost at the last halving as its certificate's line "finer mesh".
        When `rounds`, `most_intervals`, `time_limit` or a solve that fails end the refinement earlier, that line fails
        and says why; statistics["ended"] is a sentence of what was reached.

    Raises
    ------
    ProblemError
        An argument cannot be used, or the problem is in discrete time.
    SolveError
        The first solve fails, or Ctrl-C comes, if `raise_on_failure` is true; it carries the best solution so far.

    Notes
    -----
    Ctrl-C ends it at once: the best solution so far has Status.INTERRUPTED, and the line "finer mesh" fails.

    Each round estimates for every interval the error of its states (simulated again, relative) and the cost that better
    controls would save (the Hamiltonian's excess over its minimum). Intervals split where these are too large, merge
    where they are far too small, and collocation gains points when most intervals ask to be split.

    Controls become constant on each interval where the first solve finds singular arcs, on which others chatter. Those
    of shooting with an implicit integrator go to its stages where path constraints hold them.

    It ends when halving every interval changes the cost by less than half the tolerance, and no constraint is violated
    between nodes by more than its certificate lets pass, or by what is worth more than the tolerance, and every
    interval bears simulation. Nodes are put where a constraint is violated.

    Of several phases, each mesh follows the errors of its own phase, relative to the whole cost. Their nodes do not
    move onto switches, and their controls stay as the method has them: what has a switch can be two phases.
    """
    tolerance = CHECKS.number(
        "tolerance", tolerance, above=1e-13, below=1, wanted="a number from 1e-12 to 1, such as 1e-6"
    )
    check_solver(solver)
    _check_mesh_matters(problem)
    CHECKS.count("rounds", rounds)
    CHECKS.flag("raise_on_failure", raise_on_failure)
    CHECKS.flag("switches", switches)
    CHECKS.count("most_intervals", most_intervals)
    if time_limit is not None:
        wanted = "a positive number of seconds, or None"
        CHECKS.number("time_limit", time_limit, above=0, below=math.inf, wanted=wanted)
    begun = time.process_time()
    deadline = math.inf if time_limit is None else begun + time_limit
    method = DirectCollocation("radau", 3) if method is None else method
    mesh = Mesh.uniform(20) if mesh is None else mesh
    improving: Iterator[Reached]
    if isinstance(problem, MultiPhaseProblem):
        every: TightSolver[MultiPhaseProblem, MultiPhaseSolution] = TightSolver(
            problem, solver, tolerance, options, deadline
        )
        improving = improving_phases(every, method, mesh, guess, rounds, most_intervals)
    else:
        check_problem(problem)
        check_mesh(mesh)
        by: OneSolver = TightSolver(problem, solver, tolerance, options, deadline)
        first = _following(problem, cast(Method, method))
        improving = _improving(by, first, cast(Mesh, mesh), cast(Guess, guess), rounds, most_intervals, switches)
    reached: Reached | None = None
    # The first solve is all there is without others, and is not cut off at once.
    most = None if time_limit is None else max(time_limit, SHORTEST)
    with ends_within(most, time.process_time), interruption() as interrupted:
        try:
            for found in improving:
                reached = found
                if interrupted.is_set():
                    break
        except InterruptedSolveError as stop:
            reached = reached or Reached(stop.solution)
        assert reached is not None
        solution = reached.solution
        if solution.success:
            with overtime(OVERTIME):
                solution = _certified(problem, reached, tolerance, begun)
    if interrupted.is_set():
        solution = replace(solution, status=Status.INTERRUPTED)
    if raise_on_failure and not solution.success:
        raise SolveError(f"{problem.name}: {solution.advice}", solution)
    refined: Solution | MultiPhaseSolution = solution
    return refined


def _certified(problem: Any, reached: Reached, tolerance: float, begun: float) -> Any:
    """The solution with its certificate, and with a sentence of what was reached."""
    solution = reached.solution
    quick = compared_certificate(solution, _quick(problem, solution), reached.starts)
    reached = reached.judged(quick, tolerance)
    seconds = time.process_time() - begun
    line = reached.line(tolerance, seconds)
    certificate = replace(quick, checks=(*quick.checks, line), cost_error=reached.error)
    several = isinstance(solution, MultiPhaseSolution)
    solution = with_certificate(solution, certificate) if several else replace(solution, certificate=certificate)
    ended = reached.sentence(solution, tolerance, seconds)
    return replace(solution, statistics={**solution.statistics, "ended": ended})


def _check_mesh_matters(problem: object) -> None:
    """Raise ProblemError where a problem, or a phase of one, has no mesh to refine."""
    stated: Any
    for stated in getattr(problem, "phases", (problem,)):
        if getattr(stated, "steps", None) is not None:
            raise ProblemError(
                f"refine: {stated.name!r} is stated by x_next, whose steps are no mesh that could be finer; use solve"
            )


def _improving(
    by: OneSolver, method: Method, mesh: Mesh, guess: Guess, rounds: int, most_intervals: int, switches: bool
) -> Iterator[Reached]:
    """Better and better solutions. A first solve that fails is the only one."""
    problem, tolerance = by.problem, by.tolerance
    solution, starts = first_solve(by, method, mesh, guess), NO_STARTS
    if guess is None and not is_convex(problem):
        solution, starts = from_other_starts(by, method, mesh, solution)
    yield Reached(solution, starts=starts)
    if not solution.success:
        return
    solution = steadied(by, solution)
    # Where only some intervals were split, a small change says nothing of the others: the error is what halving shows.
    change, error, goal = math.inf, math.inf, GOAL * tolerance
    ended = all_rounds(rounds)
    for _ in range(rounds):
        if switches and not by.late:
            solution = with_nodes_on_switches(by, solution)
        errors = interval_errors(problem, solution)
        finer, hidden = finer_discretization(solution, errors, goal), errors.places
        confirming = finer is None or (change <= tolerance and not hidden and errors.simulable)
        if finer is None or confirming:
            # Nothing asks to be split, or splitting no longer matters: halve everything to see whether that is right.
            method, mesh = discretization(solution)
            finer = method, mesh.halved()
            goal *= 0.1
        if finer[1].intervals > most_intervals:
            ended = too_many_intervals(finer[1].intervals, most_intervals)
            break
        if by.late:
            ended = OUT_OF_TIME
            break
        found = next_solve(by, solution, errors, finer, goal)
        if not found.success:
            ended = failed_solve(finer[1].intervals, found.status)
            break
        change = 2 * abs(found.cost - solution.cost) / cost_scale(problem, found)
        solution = found
        # What nodes at a violation have changed, no halving before them has seen.
        error = change if confirming else max(error, change) if hidden else error
        yield Reached(solution, error, starts=starts)
        if error <= tolerance and nothing_hidden([interval_errors(problem, solution)], tolerance):
            ended = ""
            break
    if switches and not by.late:
        solution = with_nodes_on_switches(by, solution)
    yield Reached(solution, error, ended, starts)


def _following(problem: OptimalControlProblem, method: Method) -> Method:
    """Shooting whose controls can follow a bound that moves with the state, where there may be one.

    Linear ones would need intervals of the tolerance's square root where a path constraint names the control, and
    constant ones wherever there is any; an explicit integrator has no others.
    """
    if not isinstance(method, MultipleShooting):
        return method
    if not (problem.functions.path_uses_control or (problem.path_constraints and method.control == "constant")):
        return method
    step = integrator(method.integrator)
    stages = isinstance(step, ImplicitRungeKutta) and step.substeps == 1
    return replace(method, control="stages") if stages else method


def _quick(problem: Any, solution: Any) -> Certificate:
    if isinstance(problem, MultiPhaseProblem):
        linked = CompiledProgram(transcribed_again(problem, solution))
        return quick_certificate_of_phases(problem, solution, linked)
    method, mesh = discretization(solution)
    return quick_certificate(problem, solution, Program(method.transcribe(problem, mesh)))
