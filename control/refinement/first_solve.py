"""The first solve of a refinement: on halved meshes where it fails, and from other starts where no guess is given."""

from dataclasses import replace
from typing import Any

from geodepth.control.solution.solution import Solution
from geodepth.control.solvers.status import Status
from geodepth.control.solving.guess import Guess
from geodepth.control.solving.robust.coarse_starts import CoarseStarts, coarse_starts
from geodepth.control.solving.robust.second_look import lower_starts
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.transcription import Method
from geodepth.control.verification.resimulation import largest_jump

from .detours import detour
from .error_estimates import violations
from .tight_solver import InterruptedSolveError, OneSolver

WORST_START = 0.1
"""Largest relative jump between intervals simulated again that a first solution may show.

On the hang glider by RK4 it is 1.6 and 1.1 on 20 and 40 intervals, whose answers are nonsense, and 0.03 on 80, whose
answer is right to 2e-5.
"""


def first_solve(by: OneSolver, method: Method, mesh: Mesh, guess: Guess) -> Solution:
    """The first solve; where it fails, or its controls do something else when simulated again, it is tried on halves.

    Twice at most: intervals were then too long for the integrator, whose error the optimizer may have exploited. What
    found nothing feasible is tried around the constraints that it violates first.

    By ipopt if fatrop was asked for: far from a solution on a coarse mesh that one may cycle, and cannot be stopped.
    """
    by = replace(by, solver="ipopt" if by.solver == "fatrop" else by.solver)
    solution = by.solve(method, mesh, guess)
    gave_up = solution.status in (Status.INFEASIBLE, Status.FAILED, Status.ITERATION_LIMIT)
    if gave_up and (places := violations(by.problem, solution)):
        around = by.solve(method, mesh, detour(by.problem, solution, places, mesh))
        solution = around if around.success else solution
    for _ in range(2):
        if by.late or (solution.success and largest_jump(by.problem, solution) <= WORST_START):
            break
        mesh = mesh.halved()
        finer = by.solve(method, mesh, guess)
        solution = finer if finer.success else solution
    return solution


def from_other_starts(by: Any, method: Any, mesh: Any, solution: Any) -> tuple[Any, CoarseStarts]:
    """The solution, or a cheaper one from a start on a coarse mesh; and what these starts led to.

    Parameters
    ----------
    by : TightSolver
        Of the refinement.
    method, mesh
        Of its first solve.
    solution : Solution or MultiPhaseSolution
        Its end.
    """
    starts = coarse_starts(by.problem, mesh, None, 1e-8, "automatic")
    if starts.interrupted:
        raise InterruptedSolveError(solution)
    for seed in lower_starts(by.problem, solution, starts):
        if by.late and solution.success:
            break
        found = by.solve(method, mesh, seed)
        starts = starts.followed_by(seed, found)
        if found.success and (not solution.success or found.cost < solution.cost):
            return found, starts
    return solution, starts
