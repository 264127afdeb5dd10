"""One solve of a refinement: tight, by a solver that stays in the minimum that it starts from."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from geodepth.control.model.errors import ControlError
from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.phases.multi_phase_solution import MultiPhaseSolution
from geodepth.control.solution.solution import Solution
from geodepth.control.solvers.status import Status
from geodepth.control.solving.solve import solve
from geodepth.control.verification.error_scales import cost_scale

MOST_ITERATIONS = 1000
"""Of one solve: a first one needs fewer, and those from a neighbour's solution far fewer. Chosen by hand."""
MOST_OF_FATROP = 200
"""Iterations of a solve by fatrop from a neighbour's solution: without multipliers, it takes 7 to 190 where it
arrives. On Jacobson and Lele's problem, whose state follows its bound, it took 589 to 1000, and ipopt 22 in a tenth of
the time."""
MOST_BLOCKS = 1e8
"""K² times the entries of an interval's block, above which fatrop is not asked. CasADi 3.8 writes each block into a
table of all: 2.5 s for 320 intervals of 40 states, which are 1.7e8, and 13 s for 640; ipopt builds its program of 640
in a second."""
MOST_DENSE = 2e7
"""K times the third power of an interval's variables, above which fatrop is not asked either: its blocks are dense. On
38 intervals of 50 states and four points, 6e8, it took 11 s, and ipopt 1.5; on the chain of masses, with 4e7 on ten
intervals, a refinement takes 10 s by fatrop, and 1 by ipopt."""
ELSEWHERE = 0.01
"""Relative change of the cost that a finer mesh does not bring about: the solver has left for another minimum.
Chosen by hand; on the hang glider, where fatrop left for a bound of the range, it was 0.6."""


def tight_tolerance(tolerance: float) -> float:
    """Of a solver, for a refinement to this relative error of the cost.

    An interior-point method ends at about its tolerance for each active bound, of which there may be hundreds.
    """
    return min(1e-8, max(1e-4 * tolerance, 1e-11))


class InterruptedSolveError(ControlError):
    """Ctrl-C came while a solver was at work.

    Attributes
    ----------
    solution : Solution or MultiPhaseSolution
        Its last iterate.
    """

    def __init__(self, solution: Solution | MultiPhaseSolution) -> None:
        super().__init__("a solve was interrupted")
        self.solution: Any = solution


Problem = TypeVar("Problem", OptimalControlProblem, MultiPhaseProblem)
Found = TypeVar("Found", Solution, MultiPhaseSolution)


@dataclass(frozen=True, slots=True)
class TightSolver(Generic[Problem, Found]):
    """What every solve of a refinement shares.

    Attributes
    ----------
    problem : OptimalControlProblem or MultiPhaseProblem
        What is solved.
    solver : str
        Which solves.
    tolerance : float
        Of the refinement: the relative error of the cost.
    options : mapping, optional
        For the solver.
    deadline : float, default infinite
        By time.process_time: no solve begins later.
    """

    problem: Problem
    solver: str
    tolerance: float
    options: Mapping[str, Any] | None = None
    deadline: float = math.inf

    @property
    def late(self) -> bool:
        """Whether the deadline is past."""
        return time.process_time() > self.deadline

    def solve(self, method: Any, mesh: Any, guess: Any) -> Found:
        """Solve, tightly if that works, otherwise to the ordinary tolerance; InterruptedSolveError on Ctrl-C."""
        solution = self._once(method, mesh, guess, tight_tolerance(self.tolerance))
        # fatrop starts again from the point alone, without its multipliers, and may leave for another minimum. What it
        # solves loosely has an error for every bound, which together may be the largest there are.
        if self.solver == "fatrop" and isinstance(guess, Solution) and elsewhere(self.problem, solution, guess):
            return replace(self, solver="ipopt").solve(method, mesh, guess)
        if not solution.success and solution.status is not Status.TIME_LIMIT:
            solution = self._once(method, mesh, guess, 1e-8)
        return solution

    def _once(self, method: Any, mesh: Any, guess: Any, tolerance: float) -> Found:
        problem: Any = self.problem
        continued = self.solver == "fatrop" and isinstance(guess, Solution)
        solution: Found = solve(
            problem,
            method,
            mesh,
            "ipopt" if self.solver == "fatrop" and _beyond_fatrop(problem, method, mesh) else self.solver,
            tolerance,
            guess,
            raise_on_failure=False,
            max_iterations=MOST_OF_FATROP if continued else MOST_ITERATIONS,
            options=self.options,
            certify=False,
            effort="once",
        )
        if solution.status is Status.INTERRUPTED:
            raise InterruptedSolveError(solution)
        return solution


OneSolver = TightSolver[OptimalControlProblem, Solution]
"""Of a problem of one phase."""


def _beyond_fatrop(problem: Any, method: Any, mesh: Any) -> bool:
    """Whether fatrop would cycle, or take longer to build its program, or to solve it, than ipopt to do both."""
    if not isinstance(problem, OptimalControlProblem):
        return False
    # With its controls held, what is left to move are a few nodes: fatrop cycles there.
    if mesh.movable:
        return True
    layout = method.transcribe(problem, mesh).layout
    dense = mesh.intervals * layout.stage**3
    return bool(mesh.intervals**2 * layout.node * layout.stage > MOST_BLOCKS or dense > MOST_DENSE)


def elsewhere(problem: Any, solution: Any, coarser: Solution) -> bool:
    """Whether a finer mesh changed the cost by more than meshes do.

    Parameters
    ----------
    problem : OptimalControlProblem
        What is solved.
    solution : Solution
        On the finer mesh; one that failed counts as elsewhere.
    coarser : Solution
        From which it was solved.
    """
    return not solution.success or abs(solution.cost - coarser.cost) > ELSEWHERE * cost_scale(problem, coarser)
