"""The solve of one round: on the finer mesh, from the last solution; another way where that leads nowhere."""

import numpy as np

from geodepth.control.solution.solution import Solution
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.transcription import Method
from geodepth.control.verification.error_scales import cost_scale
from geodepth.control.verification.resimulation import largest_jump

from .detours import detour
from .error_estimates import IntervalErrors
from .first_solve import WORST_START
from .mesh_changes import discretization, finer_discretization
from .switch_times import with_controls_held
from .tight_solver import OneSolver, elsewhere


def next_solve(
    by: OneSolver, solution: Solution, errors: IntervalErrors, finer: tuple[Method, Mesh], goal: float
) -> Solution:
    """The solution on a finer mesh, whatever it is, by the first way that leads to one.

    Parameters
    ----------
    by : TightSolver
        Of the refinement.
    solution : Solution
        On the mesh before.
    errors : IntervalErrors
        Its errors.
    finer : (Method, Mesh)
        What they ask for.
    goal : float
        The relative error that every interval may have.

    Notes
    -----
    Intervals that were merged may be too long for another path than the one that they were merged for: the optimizer
    then leaves for one that lives by the integrator's error, or for none. It is sent back to the last solution, on a
    mesh without merged intervals, and on one of halves.

    What costs more than the errors before account for is another minimum: on a fixed mesh there may be one for every
    node at which a control may switch. Controls that stay on the bounds that they are on lead to its own.
    """
    found = by.solve(*finer, solution)
    if not found.success and errors.places and not by.late:
        # A path through the middle of an obstacle may have no way out to first order.
        return by.solve(*finer, detour(by.problem, solution, errors.places, finer[1]))
    method, mesh = discretization(solution)
    split = finer_discretization(solution, errors, goal, merging=False)
    for way in (split, (method, mesh.halved())):
        if way is None or by.late or not _leads_nowhere(by, solution, found):
            break
        again = by.solve(*way, solution)
        found = again if again.success else found
    if found.success and not by.late and _dearer(by, solution, errors, found):
        again = with_controls_held(by, solution, *finer)
        found = again if again.success and again.cost < found.cost else found
    return found


def _dearer(by: OneSolver, solution: Solution, errors: IntervalErrors, found: Solution) -> bool:
    """Whether the solution on a finer mesh costs more than the one before by more than the errors of that one."""
    # Each interval's error is told as if all had it.
    allowed = (by.tolerance + float(np.mean(errors.cost))) * cost_scale(by.problem, solution)
    return found.cost - solution.cost > allowed


def _leads_nowhere(by: OneSolver, solution: Solution, found: Solution) -> bool:
    """Whether a finer mesh has no solution, or one of another cost that does not bear simulation."""
    if not elsewhere(by.problem, found, solution):
        return False
    return not found.success or largest_jump(by.problem, found) > max(WORST_START, largest_jump(by.problem, solution))
