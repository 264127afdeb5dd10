"""Whether a solution is one of a problem: what is asked of both before anything is read off them.

1. Names, shapes and numbers fit: `as_solved` puts the solution into the problem's program.
2. It keeps to the ends that are given, and the conditions of optimality hold: `check_optimum`. Another problem may have
   the same names and shapes.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geodepth.control.model.errors import ProblemError
from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.phases.multi_phase_solution import MultiPhaseSolution
from geodepth.control.solution.phases.read_back_phases import transcribed_again, variables_of_phases
from geodepth.control.solution.read_back import variables_of
from geodepth.control.solution.solution import Solution, check_belongs
from geodepth.control.solvers.scaling.first_order_conditions import Residuals, believed_within
from geodepth.control.solvers.scaling.variable_scaling import Scales
from geodepth.control.solvers.status import Iterate
from geodepth.foundation.shapes import Float

from .given_numbers import GivenNumber, given_numbers, given_numbers_of_phases

SAME_PARAMETER = 1e-9
"""How far a fixed parameter may be off, relative (chosen by hand): solutions keep it as it was, but for rounding."""
SAME_END = 1e-6
"""How far a solution may miss an end that it was given, relative to the state's size (chosen by hand)."""
ANOTHER = 1e-4
"""What may be left of the conditions of optimality, relative (chosen by hand), where a looser tolerance does not let
more be left: beyond it, it is no optimum of this."""


@dataclass(frozen=True, slots=True)
class AsSolved:
    """A solution in the program of a problem.

    Attributes
    ----------
    transcription : Transcription or LinkedTranscription
        By the solution's methods on its meshes.
    iterate : Iterate
        Variables as the public fields have them, with the solver's slacks and multipliers.
    parameters : ndarray
        θ.
    given : list of GivenNumber
        What the problem gives.
    tolerance : float
        That the solver was asked for.
    """

    transcription: Any
    iterate: Iterate
    parameters: Float[np.ndarray, " theta"]
    given: list[GivenNumber]
    tolerance: float


def as_solved(problem: OptimalControlProblem | MultiPhaseProblem, solution: object) -> AsSolved:
    """The solution in the problem's program.

    Raises
    ------
    ProblemError
        Names, shapes, sizes or fixed parameters are not the problem's, or the solution does not say how it was
        discretized.
    """
    if isinstance(problem, MultiPhaseProblem):
        several = _phases_that_fit(problem, solution)
        linked = transcribed_again(problem, several)
        for name, part in linked.phases.items():
            _check_sizes(several.phases[name], part.transcription)
        return _placed(linked, *variables_of_phases(linked, several), several, given_numbers_of_phases(linked))
    if isinstance(solution, MultiPhaseSolution):
        raise ProblemError("solution is of several phases; give the MultiPhaseProblem that was solved")
    one: Any = solution
    check_belongs(problem, one)
    _check_parameters(problem, one)
    if one.method is None or one.mesh is None or one.iterate is None:
        raise ProblemError("solution does not hold its method, mesh and multipliers; solve again, then go on")
    t = one.method.transcribe(problem, one.mesh)
    _check_sizes(one, t)
    return _placed(t, *variables_of(t, one), one, given_numbers(t))


def check_optimum(there: AsSolved, left: Residuals, scales: Scales) -> None:
    """Raise ProblemError where a solution misses what the problem gives, or is no optimum of it.

    Parameters
    ----------
    there : AsSolved
        The solution.
    left : Residuals
        What is left of the conditions there.
    scales : Scales
        Along its path.
    """
    for number in there.given:
        if number.variable is not None:
            value, size = there.iterate.variables[number.variable], scales.variables[number.variable]
            if not abs(value - number.value) <= SAME_END * max(size, abs(value)):
                raise _at_other_numbers(number.name, float(value), number.value)
    limit = max(ANOTHER, believed_within(there.tolerance))
    for reason, amount in (
        ("constraints are violated", left.feasibility),
        ("the gradient is not zero", left.stationarity),
        ("bounds pull that are not met", left.complementarity),
    ):
        if not amount <= limit:
            raise ProblemError(
                f"solution is no optimum of this problem: {reason}, by {amount:.2g} relative; give the problem that "
                "was solved (of several phases, all), or solve this one"
            )


def _placed(t: Any, variables: np.ndarray, theta: np.ndarray, solution: Any, given: list[GivenNumber]) -> AsSolved:
    iterate = replace(solution.iterate, variables=t.with_slacks_of(variables, solution.iterate.variables))
    return AsSolved(t, iterate, theta, given, float(solution.statistics.get("tolerance", 1e-8)))


def _check_sizes(solution: Any, t: Any) -> None:
    iterate, layout = solution.iterate, t.layout
    theirs = iterate.variables.size, iterate.constraint_multipliers.size
    if theirs != (t.lower.size, t.constraint_lower.size) or iterate.variable_multipliers.size != theirs[0]:
        raise ProblemError(
            f"solution has {theirs[0]} variables and {theirs[1]} constraints, and this problem {t.lower.size} and "
            f"{t.constraint_lower.size}; give the problem that was solved, or solve this one"
        )
    inside = solution.inner_states.shape if layout.inner else (layout.intervals, 0, layout.states)
    shapes = (solution.states.shape[0], solution.control_values.shape[:2], inside)
    if shapes != (
        layout.intervals + 1,
        (layout.intervals, layout.points),
        (layout.intervals, len(layout.inner), layout.states),
    ):
        raise ProblemError("solution's arrays do not fit its method and mesh; give the Solution that solve returned")


def _check_parameters(problem: OptimalControlProblem, solution: Solution, start: str = "") -> None:
    for name, value in problem.fixed_parameters.items():
        if not math.isclose(solution.parameters[name], value, rel_tol=SAME_PARAMETER):
            raise _at_other_numbers(f"{start}parameters.{name}", solution.parameters[name], value)
    first, last = float(solution.times[0]), float(solution.times[-1])
    for name, value in problem.fixed_times.items():
        found = first if name == "initial_time" else last
        if not abs(found - value) <= SAME_PARAMETER * max(abs(value), abs(last - first)):
            raise _at_other_numbers(f"{start}{name}", found, value)


def _at_other_numbers(name: str, theirs: float, value: float) -> ProblemError:
    return ProblemError(
        f"solution has {theirs:.6g} where the problem gives {name} = {value:.6g}; give the problem solved, as "
        "problem.with_values(...) makes it"
    )


def _phases_that_fit(problem: MultiPhaseProblem, solution: object) -> MultiPhaseSolution:
    """The solution; ProblemError unless it is one of these phases, whole, finite, and says how it was discretized."""
    if not isinstance(solution, MultiPhaseSolution):
        raise ProblemError(f"solution is a {type(solution).__name__}; give the MultiPhaseSolution that solve returned")
    if list(solution.phases) != list(problem.by_name):
        raise ProblemError(
            f"solution has the phases {list(solution.phases)[:8]} and the problem {list(problem.by_name)[:8]}; give "
            "the problem solved"
        )
    for name, phase in solution.phases.items():
        check_belongs(problem.by_name[name], phase)
        _check_parameters(problem.by_name[name], phase, f"{name}: ")
        if phase.method is None or phase.mesh is None or phase.iterate is None:
            raise ProblemError(
                f"phase {name!r} does not hold its method, mesh and multipliers; solve again, then go on"
            )
    multipliers = np.asarray(solution.link_multipliers)
    if multipliers.shape != problem.functions.bounds[0].shape or not np.all(np.isfinite(multipliers)):
        raise ProblemError("solution has other link_multipliers than the problem has rows; give the problem solved")
    return solution
