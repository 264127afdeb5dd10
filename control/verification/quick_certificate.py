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
from geodepth.control.solvers.program import Program, believed_within
from geodepth.control.solvers.scaling.first_order_conditions import Residuals
from geodepth.control.transcription.interpolation import gauss_points, interval_means

from .attained import free_end_time
from .between_nodes import check_between_nodes, grid_of
from .error_scales import cost_scale, ordered_parameters, solution_sizes
from .kinks_at_rest import longest_rest
from .pontryagin import POINTS, hamiltonian_drift, minimum_gap, sample_along
from .resimulation import Resimulation, resimulate

ACCURACY = 1e-3
"""The relative accuracy that a discretization is held to unless another is asked for (chosen by hand)."""
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
    sizes, cost = solution_sizes(problem, solution), cost_scale(problem, solution)
    # With the solver's slacks: at the tip of a norm's cone the conditions hold where slack and norm are both tiny.
    iterate, t = solution.iterate, program.transcription
    kkt = program.residuals(replace(iterate, variables=t.with_slacks_of(variables, iterate.variables)), parameters)
    checks = _program_checks(solution, kkt, cost, sizes.controls)
    again = resimulate(problem, solution, grid_of(problem, solution))
    defect = _largest(np.abs(again.defects) / sizes.states)
    cost_error = _cost_error(problem, solution, again) / cost
    end = None
    try:
        along = sample_along(problem, solution)
        drift = hamiltonian_drift(along, _growth(problem, solution, program))
        end = free_end_time(solution, program, along)
        gap = float(np.sum(minimum_gap(along))) / cost
    except (RuntimeError, np.linalg.LinAlgError):
        drift = gap = math.nan
    checks += [
        Check("re-simulation", defect, accuracy, "largest relative jump between intervals simulated again"),
        Check("cost re-simulated", cost_error, accuracy, "its relative error"),
        _constancy(problem, solution, drift, 10 * accuracy),
        Check("minimum in u", gap, accuracy, "cost that other controls would save, relative"),
    ]
    between = check_between_nodes(problem, solution, again, accuracy)
    if between is not None:
        checks.append(between)
    checks += _kinks(problem, solution, program)
    if end is not None:
        line = Check(
            "free end time", abs(end), 10 * accuracy, "H + ∂m/∂t + its bounds' multiplier at the end, relative"
        )
        better = "" if line.passed else f": a {'later' if end < 0 else 'sooner'} one costs less"
        checks.append(replace(line, meaning=line.meaning + better))
    return Certificate(problem.name, accuracy, tuple(checks), float(np.max([gap, cost_error])))


def _growth(problem: OptimalControlProblem, solution: Solution, program: Program) -> np.ndarray | float:
    """By how much path constraints with time in them let the Hamiltonian grow until the points of `sample_along`."""
    assert solution.iterate is not None
    multipliers = solution.iterate.constraint_multipliers
    variables = variables_of(program.transcription, solution)[0]
    ordered = ordered_parameters(problem, solution)
    pulses = path_pulses(program.transcription, multipliers, variables, solution.times, ordered)
    return 0.0 if pulses is None else pulses.growth(solution.times.size - 1, gauss_points(POINTS))


def _program_checks(solution: Solution, kkt: Residuals, cost: float, controls: np.ndarray) -> list[Check]:
    strict = believed_within(float(solution.statistics.get("tolerance", 1e-8)))
    stated = abs(kkt.objective - solution.cost) / cost
    means = interval_means(solution.control_points, solution.control_values)
    apart = np.abs(solution.controls - means) / controls
    stated = max(stated, _largest(apart))
    words = "solver status" if solution.success else f"the solver ended: {solution.status.name.lower()}"
    return [
        Check("solver status", 0.0 if solution.success else 1.0, 0.5, words),
        Check("cost as stated", stated, SAME_COST, "difference from the cost and means recomputed"),
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
