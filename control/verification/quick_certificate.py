"""The quick certificate: what can be checked of a solution for less than a solve."""

import math
from dataclasses import replace

import numpy as np

from geodepth.control.model.kinks_of_problem import replaced_running_kinks, unreplaced_kinks
from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.certificate import Certificate, Check
from geodepth.control.solution.path_multipliers import path_pulses
from geodepth.control.solution.read_back import variables_of
from geodepth.control.solution.solution import Solution
from geodepth.control.solvers.program import Program
from geodepth.control.solvers.scaling.first_order_conditions import Residuals, believed_within
from geodepth.control.solvers.status import Status
from geodepth.control.transcription.interpolation import gauss_points, interval_means
from geodepth.control.verification.between_nodes.cost_between_nodes import check_cost_between_nodes
from geodepth.control.verification.between_nodes.worst_places import check_between_nodes, grid_of
from geodepth.control.verification.discrete_time.step_checks import step_checks
from geodepth.foundation.time_limits import time_left

from .algebraic_residual import check_algebraic_equations
from .attained import free_end_time
from .error_scales import cost_scale, ordered_parameters, solution_sizes
from .kinks_at_rest import longest_rest
from .pontryagin import POINTS, hamiltonian_drift, minimum_gap, sample_along
from .resimulation import Resimulation, resimulate

ACCURACY = 1e-3
"""The relative accuracy that a discretization is held to unless another is asked for (chosen by hand)."""
OVERTIME = 0.1
"""Share of a time limit that an answer's certificate may take beyond it (chosen by hand): an answer without one is
worth less than the wait."""
SAME_COST = 1e-9
"""How far the stated cost may be from the one recomputed, relative (chosen by hand): rounding."""


def quick_certificate(
    problem: OptimalControlProblem, solution: Solution, program: Program, accuracy: float = ACCURACY
) -> Certificate:
    """The part of `verify` that costs less than a solve: all but curvature, end to end and the finer mesh.

    Parameters
    ----------
    problem : OptimalControlProblem
        What was solved.
    solution : Solution
        With its iterate.
    program : Program
        Of the solution's method on its mesh.
    accuracy : float
        Relative, that the discretization is held to.
    """
    variables, parameters = variables_of(program.transcription, solution)
    assert solution.iterate is not None
    cost, accuracy = cost_scale(problem, solution), held_to(problem, solution, accuracy)
    # With the solver's slacks: at the tip of a norm's cone the conditions hold where slack and norm are both tiny.
    iterate, t = solution.iterate, program.transcription
    kkt = program.residuals(replace(iterate, variables=t.with_slacks_of(variables, iterate.variables)), parameters)
    stated = max(abs(kkt.objective - solution.cost) / cost, means_apart(problem, solution))
    tolerance = float(solution.statistics.get("tolerance", 1e-8))
    costless = problem.running_cost is None and problem.terminal_cost is None and not problem.control_rate_penalties
    checks = program_checks(solution.status, kkt, stated, tolerance, costless)
    along, cost_error = path_checks(problem, solution, program, accuracy, cost)
    end = _end_time(problem, solution, program, accuracy)
    return Certificate(problem.name, accuracy, (*checks, *along, *end), cost_error)


def path_checks(
    problem: OptimalControlProblem,
    solution: Solution,
    program: Program,
    accuracy: float,
    cost: float,
    idle_height: float | None = None,
) -> tuple[list[Check], float]:
    """What is checked along a path, whatever stands at its ends.

    Parameters
    ----------
    problem : OptimalControlProblem
        What was solved: all of it, or one of several phases.
    solution : Solution
        With its iterate.
    program : Program
        Of the solution's method on its mesh.
    accuracy : float
        Relative, that the discretization is held to.
    cost : float
        What errors of the cost are relative to.
    idle_height : float, optional
        What the Hamiltonian is relative to at least, beside its own terms; by default what the path's own cost says.

    Returns
    -------
    (list of Check, float)
        The checks, and the larger of the estimates of the cost's relative error.
    """
    again = resimulate(problem, solution, grid_of(problem, solution))
    defect = _largest(np.abs(again.defects) / solution_sizes(problem, solution).states)
    cost_error = _cost_error(problem, solution, again) / cost
    if problem.steps is not None:
        limit, t = held_to(problem, solution, accuracy), program.transcription
        checks = [
            Check("re-simulation", defect, limit, "largest relative difference from x_next of the node before"),
            Check("cost re-simulated", cost_error, limit, "its relative error"),
            *step_checks(problem, solution, t, limit, cost),
        ]
        algebraic = check_algebraic_equations(problem, solution, again, limit)
        return [*checks, *([algebraic] if algebraic else []), *_kinks(problem, solution, program)], cost_error
    late = "; time was over before that was known" if time_left() <= 0 and not math.isfinite(defect) else ""
    # Where the simulation did not end in time, neither would these.
    drift, gap = (math.nan, math.nan) if late else _pontryagin(problem, solution, program, cost, idle_height)
    checks = [
        Check("re-simulation", defect, accuracy, f"largest relative jump between intervals simulated again{late}"),
        Check("cost re-simulated", cost_error, accuracy, "its relative error"),
        _constancy(problem, solution, drift, 10 * accuracy),
        Check("minimum in u", gap, accuracy, _compared(problem)),
    ]
    for looked_at in (check_between_nodes, check_algebraic_equations):
        line = looked_at(problem, solution, again, accuracy)
        if line is not None:
            checks.append(line)
    mending = check_cost_between_nodes(problem, solution, again, program.transcription, accuracy, cost)
    errors = [gap, cost_error]
    if mending is not None:
        checks.append(mending)
        errors.append(mending.value)
    return [*checks, *_kinks(problem, solution, program)], float(np.max(errors))


def held_to(problem: OptimalControlProblem, solution: Solution, accuracy: float) -> float:
    """The accuracy that is asked of a discretization; in discrete time there is none, and the solver's counts."""
    tolerance = float(solution.statistics.get("tolerance", 1e-8))
    return accuracy if problem.steps is None else min(accuracy, believed_within(tolerance))


def _pontryagin(
    problem: OptimalControlProblem, solution: Solution, program: Program, cost: float, idle_height: float | None
) -> tuple[float, float]:
    """The Hamiltonian's drift, and the cost that other controls would save, relative; NaN where they are not known."""
    try:
        along = sample_along(problem, solution)
        along = along if idle_height is None else replace(along, idle_height=idle_height)
        drift = hamiltonian_drift(along, _growth(problem, solution, program))
        return drift, float(np.sum(minimum_gap(along))) / cost
    except (RuntimeError, np.linalg.LinAlgError):
        return math.nan, math.nan


def _compared(problem: OptimalControlProblem) -> str:
    """What the minimum in u compares, in words: controls that their bounds fix have no others beside them."""
    fixed = [name for name, low, high in zip(problem.controls, *problem.bounds("controls"), strict=True) if low == high]
    if len(fixed) == len(problem.controls):
        return f"nothing to compare: {', '.join(fixed) or 'no control'} is " + ("fixed by bounds" if fixed else "there")
    words = "cost that other controls would save, relative"
    return f"{words}; {', '.join(fixed)} is fixed by bounds" if fixed else words


def _end_time(problem: OptimalControlProblem, solution: Solution, program: Program, accuracy: float) -> list[Check]:
    if "final_time" not in problem.free:
        return []
    try:
        end = free_end_time(solution, program, sample_along(problem, solution))
    except (RuntimeError, np.linalg.LinAlgError):
        return []
    return [] if end is None else [time_line("free end time", end, accuracy)]


def time_line(
    name: str, slope: float, accuracy: float, words: str = "H + ∂m/∂t + its bounds' multiplier at the end, relative"
) -> Check:
    """The line of a free time: the slope of the cost in it, relative to the terms of the Hamiltonian."""
    line = Check(name, abs(slope), 10 * accuracy, words)
    better = "" if line.passed else f": a {'later' if slope < 0 else 'sooner'} one costs less"
    return replace(line, meaning=line.meaning + better)


def _growth(problem: OptimalControlProblem, solution: Solution, program: Program) -> np.ndarray | float:
    """By how much path constraints with time in them let the Hamiltonian grow until the points of `sample_along`."""
    assert solution.iterate is not None
    multipliers = solution.iterate.constraint_multipliers
    variables = variables_of(program.transcription, solution)[0]
    ordered = ordered_parameters(problem, solution)
    pulses = path_pulses(program.transcription, multipliers, variables, solution.times, ordered)
    return 0.0 if pulses is None else pulses.growth(solution.times.size - 1, gauss_points(POINTS))


def means_apart(problem: OptimalControlProblem, solution: Solution) -> float:
    """How far a solution's controls are from the means of its control values, relative."""
    means = interval_means(solution.control_points, solution.control_values)
    return _largest(np.abs(solution.controls - means) / solution_sizes(problem, solution).controls)


def program_checks(status: Status, kkt: Residuals, stated: float, tolerance: float, costless: bool) -> list[Check]:
    """What is checked of the nonlinear program.

    Parameters
    ----------
    status : Status
        How the solver ended.
    kkt : Residuals
        What is left of the first-order conditions.
    stated : float
        How far costs and means are from what was recomputed, relative.
    tolerance : float
        That the solver was asked for.
    costless : bool
        Whether the problem states no cost at all.
    """
    strict, success = believed_within(tolerance), status is Status.SOLVED
    words = "solver status" if success else f"the solver ended: {status.name.lower()}"
    none = "the problem states no cost: any path that keeps to it is as good as this one"
    compared = none if costless else "difference from the cost and means recomputed"
    return [
        Check("solver status", 0.0 if success else 1.0, 0.5, words),
        Check("cost as stated", stated, SAME_COST, compared),
        Check("feasibility", kkt.feasibility, strict, "largest violation of defects, bounds and constraints"),
        Check("stationarity", kkt.stationarity, strict, "gradient of the Lagrangian, relative"),
        Check("complementarity", kkt.complementarity, strict, "multiplier times slack, relative"),
    ]


def _constancy(problem: OptimalControlProblem, solution: Solution, drift: float, limit: float) -> Check:
    """The Hamiltonian's drift; where the path rests on a kink of state or time, its slopes are of neither side."""
    slacks = problem.functions.running_slacks
    if slacks is not None and (slacks.by_state or slacks.by_time):
        rest = longest_rest(replaced_running_kinks(problem), solution, sample_along(problem, solution))
        if rest is not None and rest.share > 0:
            words = f"its drift, not judged: the path rests on {rest.kink.name} in {rest.kink.where}"
            return Check("Hamiltonian", drift, None, words)
    return Check("Hamiltonian", drift, limit, "root mean square of its drift, relative")


def _kinks(problem: OptimalControlProblem, solution: Solution, program: Program) -> list[Check]:
    """What became of the kinks: those replaced exactly, and the one among the rest that the path rests on longest."""
    transcription = program.transcription
    names, lines = transcription.replaced_kinks, []
    if names:
        lines.append(Check("exact kinks", len(names), None, f"solved exactly by slacks or cases: {'; '.join(names)}"))
    running = problem.functions.running_slacks is None or transcription.layout.slacks > 0
    left = unreplaced_kinks(problem, running)
    rest = longest_rest(left, solution, sample_along(problem, solution)) if left else None
    if rest is not None:
        where = str(rest.kink) if rest.share else f"{rest.kink.name} in {rest.kink.where}"
        limit = None if math.isnan(rest.share) else 0.0
        lines.append(Check("kinks", rest.share, limit, f"largest share of the horizon that rests on a kink: {where}"))
    return lines


def _largest(values: np.ndarray) -> float:
    """NaN counts as infinite: what cannot be computed is not right."""
    return float(np.max(np.where(np.isnan(values), np.inf, values), initial=0.0))


def _cost_error(problem: OptimalControlProblem, solution: Solution, again: Resimulation) -> float:
    """The cost's first-order error: of its quadrature, and λ · defects, what mending the defects would cost."""
    parameters = ordered_parameters(problem, solution)
    end = float(problem.functions.terminal_cost(solution.states[-1], solution.times[-1], parameters))
    mended = np.sum(solution.costates[1:] * again.defects)
    error = abs(end + float(np.sum(again.costs)) + float(mended) - solution.cost)
    return math.inf if math.isnan(error) else error
