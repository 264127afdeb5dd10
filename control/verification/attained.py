"""Whether the least cost is attained: a free time or parameter may run off without end while the cost falls.

1. Transversality at a free final time, relative to the terms of the Hamiltonian. Where the cost falls for ever they
   fade with it, and never cancel.
2. A solve from twice the free times and parameters: from a minimum it comes back, or costs more.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.errors import ControlError
from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.certificate import Check
from geodepth.control.solution.read_back import parameters_of
from geodepth.control.solution.resampling import resampled
from geodepth.control.solution.solution import Solution
from geodepth.control.solvers.back_end import SolverSettings
from geodepth.control.solvers.program import Program
from geodepth.control.solvers.scaling.natural_sizes import NOISE
from geodepth.control.solvers.scaling.path_sizes import NO_COST
from geodepth.control.solvers.scaling.variable_scaling import rescaling
from geodepth.control.solvers.status import Status
from geodepth.control.transcription.interpolation import lagrange
from geodepth.control.transcription.mesh import Mesh
from geodepth.foundation.shapes import Float

from .error_scales import solution_sizes
from .pontryagin import Along, hamiltonian_functions

AT_BOUND, NEAR_BOUND = 1e-5, 1e-2
"""How near to its bound a free number counts as on it, and as held by it, relative to its size, which of a time is the
horizon (chosen by hand): an interior-point method stays a little off."""
GROWN = 1.5
"""From twice a number, an end at more than this multiple of it did not come back (chosen by hand)."""
WITHOUT_END = 100.0
"""From twice a number, an end at more than this multiple of it is a run, where nothing of the cost is left to fall
(chosen by hand)."""
FALLEN, ROUNDING = 1e-9, 1e-14
"""By how much the cost must have fallen to count, relative to itself and to its change along the path (chosen by hand):
beyond rounding."""

TINY = float(np.finfo(float).tiny)
"""Below every size."""


def free_end_time(solution: Solution, program: Program, along: Along) -> float | None:
    """H + ∂m/∂t + ν at a free final time inside its bounds, relative to the terms of H along the path and ∂m/∂t.

    Parameters
    ----------
    solution : Solution
        With its iterate.
    program : Program
        Whose multipliers the iterate has: ν is that of the time's bounds, near them.
    along : Along
        The solution at points of its intervals.

    Returns
    -------
    float or None
        The slope of the cost in the final time; negative where a later end costs less. None where the final time is
        not free or on a bound, or where constraints have a say in H at the end.
    """
    problem, final = along.problem, solution.times[-1]
    if "final_time" not in problem.free or problem.boundary_constraints or problem.path_constraints:
        return None
    room = _room(problem, solution, "final_time")
    if room < AT_BOUND:
        return None
    control = lagrange(solution.control_points, (1.0,))[0] @ solution.control_values[-1]
    lower, upper = problem.bounds("controls")
    arguments = (solution.states[-1], np.clip(control, lower, upper), final, along.parameters, solution.costates[-1])
    height = float(hamiltonian_functions(problem)[0](*arguments)[0])
    t = ca.MX.sym("t")
    slope = ca.gradient(problem.functions.terminal_cost(solution.states[-1], t, along.parameters), t)
    rise = float(ca.Function("m_t", [t], [slope])(final))
    assert solution.iterate is not None
    held = program.transcription.layout.split(solution.iterate.variable_multipliers)[1]
    bounds = float(np.sum(held[:, list(problem.free).index("final_time")])) if room < NEAR_BOUND else 0.0
    size, left = along.largest_terms() + abs(rise), height + rise + bounds
    return left / size if size > 0 else left


def check_attained(problem: OptimalControlProblem, solution: Solution, solver: str) -> Check | None:
    """Solve again from twice the free times and parameters: their end beyond, at less cost, is denied.

    Parameters
    ----------
    problem : OptimalControlProblem
        What was solved.
    solution : Solution
        Its solution.
    solver : str
        Which solves again.

    Returns
    -------
    Check or None
        None where nothing is free inside its bounds, and where the solve fails, which tells nothing.
    """
    inside = free_inside(problem, solution)
    if not inside:
        return None
    twice = doubled(problem, solution, inside)
    tolerance = float(solution.statistics.get("tolerance", 1e-8))
    assert solution.mesh is not None
    assert solution.method is not None
    try:
        again = solution.method.transcribe(problem, Mesh(solution.mesh.breakpoints))
        variables = resampled(again, replace(solution, parameters=twice))
        program = Program(again, SolverSettings(solver, tolerance), rescaling(again))
        result = program.solve(variables, parameters_of(again, solution))
    except ControlError:
        return None
    if result.status is Status.INTERRUPTED:
        raise KeyboardInterrupt
    if result.status is not Status.SOLVED:
        return None
    moves = moves_of(problem, solution, again.layout.split(result.iterate.variables)[1][0])
    return verdict_of(moves, solution.cost, result.objective, solution_sizes(problem, solution).change)


@dataclass(frozen=True, slots=True)
class Move:
    """Where a free number went in the solve from twice the free numbers.

    Attributes
    ----------
    name : str
        Of the number.
    before, after : float
        In the solution, and there.
    grown : float
        How many times as large it is, of a time the horizon.
    bounded : bool
        Whether it ended on a bound.
    """

    name: str
    before: float
    after: float
    grown: float
    bounded: bool


def free_inside(problem: OptimalControlProblem, solution: Solution) -> set[str]:
    """The free numbers inside their bounds."""
    return {name for name in problem.free if _room(problem, solution, name) >= AT_BOUND}


def moves_of(
    problem: OptimalControlProblem, solution: Solution, carried: Float[np.ndarray, " nq"], phase: str = ""
) -> list[Move]:
    """How the free numbers inside their bounds moved.

    Parameters
    ----------
    problem : OptimalControlProblem
        What was solved: all of it, or one of several phases.
    solution : Solution
        Its solution.
    carried : ndarray
        The free numbers where the solve from twice them ended (nq,).
    phase : str, default ""
        What stands before the numbers' names.
    """
    found = {**solution.parameters, **dict(zip(problem.free, carried.tolist(), strict=False))}
    sizes = solution_sizes(problem, solution)
    # A number at zero is there to rounding, twice which says nothing.
    least = dict(zip(problem.free, np.maximum(TINY, NOISE * sizes.free), strict=True))
    inside = free_inside(problem, solution)
    return [
        Move(
            name=f"{phase}{n}",
            before=solution.parameters[n],
            after=found[n],
            grown=_way(problem, found, n) / max(_way(problem, solution.parameters, n), least[n]),
            bounded=_on_bound(problem, found, n),
        )
        for n in problem.free
        if n in inside
    ]


def verdict_of(moves: Sequence[Move], cost: float, objective: float, size: float) -> Check:
    """The line of the solve from twice the free numbers.

    Parameters
    ----------
    moves : sequence of Move
        Of all free numbers inside their bounds.
    cost, objective : float
        Of the solution, and of that solve.
    size : float
        What the cost changes by along the path.
    """
    # What ends on a bound has an end: another minimum, which says nothing of this one.
    gone = [move for move in moves if move.grown > GROWN and not move.bounded]
    fall = cost - objective
    if not gone:
        return Check("attained", 0.0, FALLEN, "the solve from twice the free times and parameters comes back")
    value = max(0.0, fall - ROUNDING * size) / max(abs(cost), abs(objective), ROUNDING * size)
    told = ", ".join(f"{move.name} grows from {move.before:.3g} to {move.after:.3g}" for move in gone)
    words = "the cost falls, the infimum is not attained" if value > FALLEN else "at no less cost"
    nothing = max(abs(cost), abs(objective)) < NO_COST * size
    if nothing and max(move.grown for move in gone) > WITHOUT_END and not value > FALLEN:
        value, words = 1.0, "without end, and nothing of the cost is left to fall"
    return Check("attained", value, FALLEN, f"{told}: {words}")


def doubled(problem: OptimalControlProblem, solution: Solution, inside: set[str]) -> dict[str, float]:
    """The parameters with twice the horizon, where its end or beginning is free, and twice the free parameters."""
    known = dict(solution.parameters)
    start, end = solution.times[0], solution.times[-1]
    if "final_time" in inside:
        known["final_time"] = float(start + 2 * (end - start))
    elif "initial_time" in inside:
        known["initial_time"] = float(end - 2 * (end - start))
    for name in inside - {"final_time", "initial_time"}:
        known[name] = 2 * solution.parameters[name]
    return known


def _way(problem: OptimalControlProblem, known: Any, name: str) -> float:
    """The size of a free number: of a time, the horizon."""
    if name in ("initial_time", "final_time"):
        start, end = problem.horizon(known)
        return float(end - start)
    return abs(float(known[name]))


def _on_bound(problem: OptimalControlProblem, known: Any, name: str) -> bool:
    """Whether a free number is nearly on one of its bounds."""
    number, near = problem.free[name], NEAR_BOUND * _way(problem, known, name)
    return bool(min(known[name] - number.lower, number.upper - known[name]) <= near)


def _room(problem: OptimalControlProblem, solution: Solution, name: str) -> float:
    """How far a free number is from its bounds, relative to its size."""
    value, number = solution.parameters[name], problem.free[name]
    way = _way(problem, solution.parameters, name)
    return min(value - number.lower, number.upper - value) / way if way > 0 else math.inf
