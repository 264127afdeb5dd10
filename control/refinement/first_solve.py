"""The first solve of a refinement: on halved meshes where it fails, and from other starts where no guess is given."""

from dataclasses import replace
from typing import Any

from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.solution.solution import Solution
from geodepth.control.solvers.status import Status
from geodepth.control.solving.guess import Guess
from geodepth.control.solving.robust.coarse_starts import CoarseStarts, coarse_starts
from geodepth.control.solving.robust.second_look import lower_starts
from geodepth.control.transcription.direct_collocation import DirectCollocation
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.multiple_shooting import MultipleShooting
from geodepth.control.transcription.transcription import Method
from geodepth.control.verification.resimulation import largest_jump

from .arcs import linear_arcs
from .detours import detour
from .error_estimates import violations
from .mesh_changes import discretization
from .tight_solver import InterruptedSolveError, OneSolver

WORST_START = 0.1
"""Largest relative jump between intervals simulated again that a first solution may show.

On the hang glider by RK4 it is 1.6 and 1.1 on 20 and 40 intervals, whose answers are nonsense, and 0.03 on 80, whose
answer is right to 2e-5.
"""


def first_solve(by: OneSolver, method: Method, mesh: Mesh, guess: Guess) -> Solution:
    """The first solve; where it fails, or its controls do something else when simulated again, it is tried on halves.

    Twice at most: intervals were then too long for the integrator, whose error the optimizer may have exploited. Not
    where constant controls mend it: then it was chattering on singular arcs. What found nothing feasible is tried
    around the constraints that it violates first.

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
        calm = steadied(by, solution) if solution.success else solution
        if calm is not solution and largest_jump(by.problem, calm) <= WORST_START:
            return calm
        mesh = mesh.halved()
        finer = by.solve(method, mesh, guess)
        solution = finer if finer.success else solution
    return solution


def steadied(by: OneSolver, solution: Solution) -> Solution:
    """The solution with constant controls where it has singular arcs, on which controls of more freedom chatter.

    Parameters
    ----------
    by : TightSolver
        Of the refinement.
    solution : Solution
        That was found.

    Notes
    -----
    Their cost is as exact: on such an arc it sees the control's integrals alone. Path constraints on the control
    would be followed to the length of an interval only, so with these the method stays.
    """
    method, mesh = discretization(solution)
    if not isinstance(method, MultipleShooting | DirectCollocation) or method.control == "constant":
        return solution
    if by.problem.functions.path_uses_control:
        return solution
    if not any("singular" in arc.controls for arc in linear_arcs(by.problem, solution)):
        return solution
    steady = by.solve(replace(method, control="constant"), mesh, solution)
    return steady if steady.success else solution


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
    if not starts.found and not solution.success and not isinstance(by.problem, MultiPhaseProblem):
        # As in `solve`: straight lines may lead nowhere.
        starts = starts.and_those(coarse_starts(by.problem, mesh, None, 1e-8, "automatic", simulated=True))
    if starts.interrupted:
        raise InterruptedSolveError(solution)
    seeds = lower_starts(by.problem, solution, starts)
    for seed in seeds:
        if by.late and solution.success:
            break
        found = by.solve(method, mesh, seed)
        starts = starts.followed_by(seed, found)
        if found.success and (not solution.success or found.cost < solution.cost):
            return found, starts
    return solution, starts
