"""verify: what is claimed of a solution, computed again by other means than those that found it."""

from __future__ import annotations

import math
from dataclasses import replace

import casadi as ca
import numpy as np

from geodepth.control.model.errors import ControlError, ProblemError, check_number
from geodepth.control.model.problem import FreeTime, OptimalControlProblem, check_problem
from geodepth.control.solution.certificate import Certificate, Check
from geodepth.control.solution.solution import Solution
from geodepth.control.solvers.program import Program, check_solver
from geodepth.control.transcription.interpolation import lagrange
from geodepth.control.transcription.layout import Transcription, carried_names
from geodepth.control.transcription.mesh import Mesh
from geodepth.foundation.shapes import Float

from .kkt import Residuals, negative_curvature, residuals
from .pontryagin import hamiltonian_drift, hamiltonian_functions, minimum_gap, sample_along
from .resimulation import Resimulation, end_to_end, ordered_parameters, resimulate, state_scale

ACCURACY = 1e-3
"""The relative accuracy that a discretization is held to unless another is asked for."""


def verify(
    problem: OptimalControlProblem,
    solution: Solution,
    accuracy: float = ACCURACY,
    finer: bool = True,
    solver: str = "ipopt",
) -> Certificate:
    """Check a solution by means of our own; nothing that its solver said is believed.

    Of the nonlinear program, held to the solver's tolerance: its status, the cost as stated, feasibility,
    stationarity, complementarity, curvature along the active constraints (small programs only). Of the continuous
    problem, held to `accuracy`, relative: the controls simulated again by a tight adaptive integrator, the
    Hamiltonian's constancy (or that it grows at ∂H/∂t), the minimum condition in u, transversality, and with
    finer=True the change of the cost on a mesh of twice the intervals, solved by `solver` (twice that change: safe
    from first order on).

    Raises ProblemError when the solution belongs to another problem, or does not say how it was discretized.
    """
    check_belongs(problem, solution)
    check_number("accuracy", accuracy, 0, 1, "a number between 0 and 1, such as 1e-3")
    check_solver(solver)
    if solution.method is None or solution.mesh is None or solution.iterate is None:
        raise ProblemError("solution does not hold its method, mesh and multipliers; solve again, then verify")
    program = Program(solution.method.transcribe(problem, solution.mesh))
    certificate = quick_certificate(problem, solution, program, accuracy)
    checks = list(certificate.checks)
    variables, parameters = variables_of(program.transcription, solution)
    saddle = negative_curvature(program, variables, parameters, solution.iterate)
    if saddle is not None:
        checks.append(Check("curvature", saddle, 0.5, "directions along the constraints that lower the cost"))
    final = end_to_end(problem, solution)
    miss = float(np.max(np.abs(final - solution.states[-1]) / state_scale(solution.states)))
    checks.append(Check("end to end", miss, None, "miss of the last state, simulated without nodes (may be unstable)"))
    errors = [certificate.cost_error]
    if finer:
        errors.append(cost_change(problem, solution, solver))
        checks.append(Check("finer mesh", errors[-1], accuracy, "relative error of the cost, seen on a finer mesh"))
    return Certificate(problem.name, accuracy, tuple(checks), float(np.max(errors)))


def quick_certificate(
    problem: OptimalControlProblem, solution: Solution, program: Program, accuracy: float = ACCURACY
) -> Certificate:
    """The part of `verify` that costs less than a solve: all but curvature, end to end and the finer mesh."""
    variables, parameters = variables_of(program.transcription, solution)
    iterate = solution.iterate
    assert iterate is not None
    kkt = residuals(program, variables, parameters, iterate)
    checks = [*_program_checks(problem, solution, kkt)]
    scale = cost_scale(solution)
    again = resimulate(problem, solution)
    defect = _largest(np.abs(again.defects) / state_scale(solution.states))
    checks.append(Check("re-simulation", defect, accuracy, "largest relative jump between intervals simulated again"))
    checks.append(Check("cost re-simulated", _cost_error(problem, solution, again), accuracy, "its relative error"))
    try:
        along = sample_along(problem, solution)
        drift = hamiltonian_drift(problem, solution, along)
        gap = float(np.sum(minimum_gap(problem, solution, along))) / scale
    except (RuntimeError, np.linalg.LinAlgError):
        drift = gap = math.nan
    checks.append(Check("Hamiltonian", drift, 10 * accuracy, "root mean square of its drift, relative"))
    checks.append(Check("minimum in u", gap, accuracy, "cost that other controls would save, relative"))
    end = _free_end_time(problem, solution, scale)
    if end is not None:
        checks.append(Check("free end time", end, 10 * accuracy, "H + ∂m/∂t at the end, relative"))
    error = float(np.max([checks[-1 - (end is not None)].value, _cost_error(problem, solution, again)]))
    return Certificate(problem.name, accuracy, tuple(checks), error)


def check_belongs(problem: OptimalControlProblem, solution: Solution) -> None:
    """Raise ProblemError unless the solution's names are the problem's."""
    check_problem(problem)
    if not isinstance(solution, Solution):
        raise ProblemError(f"solution is a {type(solution).__name__}; give the Solution that solve returned")
    for kind, theirs, ours in (
        ("states", solution.state_names, problem.states),
        ("controls", solution.control_names, problem.controls),
    ):
        if tuple(theirs) != tuple(ours):
            raise ProblemError(
                f"solution has the {kind} {list(theirs)[:8]} and the problem {list(ours)[:8]}; give the problem solved"
            )
    missing = [n for n in (*(problem.parameters or {}), *carried_names(problem)) if n not in solution.parameters]
    if missing:
        raise ProblemError(f"solution has no value of {missing[0]!r}, which the problem has; give the problem solved")


def variables_of(
    transcription: Transcription, solution: Solution
) -> tuple[Float[np.ndarray, " size"], Float[np.ndarray, " theta"]]:
    """The program's variables and θ as the solution's public fields have them, not as its solver left them."""
    problem, layout = transcription.problem, transcription.layout
    mesh = transcription.mesh
    carried = [float(solution.parameters[name]) for name in carried_names(problem)]
    row = np.array([*carried, *mesh.breakpoints[list(mesh.movable)]])
    tiled = np.tile(row, (layout.intervals + 1, 1)).reshape(layout.intervals + 1, layout.carried)
    variables = layout.join(solution.states, tiled, solution.control_values, solution.inner_states)
    fixed = {name: solution.parameters[name] for name in problem.fixed_parameters}
    return variables, transcription.parameter_values(fixed)


def cost_scale(solution: Solution) -> float:
    """What errors of the cost are divided by: its size, or 1 where it is nearly zero."""
    return abs(solution.cost) if abs(solution.cost) > 1e-6 else 1.0


def cost_change(problem: OptimalControlProblem, solution: Solution, solver: str = "ipopt") -> float:
    """Twice the relative change of the cost when every interval is halved; infinite when that solve fails.

    Nodes that could move stay where they are: the estimate is for the mesh that was found.
    """
    from geodepth.control.solving.solve import solve

    assert solution.mesh is not None
    tolerance = float(solution.statistics.get("tolerance", 1e-8))
    try:
        finer = solve(
            _with_parameters(problem, solution),
            solution.method,
            Mesh(halved(solution.mesh).breakpoints),
            solver,
            tolerance,
            guess=solution,
            raise_on_failure=False,
            certify=False,
        )
    except ControlError:
        return math.inf
    return 2 * abs(finer.cost - solution.cost) / cost_scale(solution) if finer.success else math.inf


def halved(mesh: Mesh) -> Mesh:
    """The mesh with every interval cut in two; what moved still moves."""
    points = mesh.breakpoints
    fine = np.insert(points, np.arange(1, points.size), (points[1:] + points[:-1]) / 2)
    return Mesh(fine, tuple(2 * i for i in mesh.movable))


def _with_parameters(problem: OptimalControlProblem, solution: Solution) -> OptimalControlProblem:
    """The problem at the solution's values of the fixed parameters, which a homotopy may have changed."""
    if all(solution.parameters[k] == v for k, v in problem.fixed_parameters.items()):
        return problem
    values = {k: solution.parameters[k] if k in problem.fixed_parameters else v for k, v in problem.parameters.items()}  # type: ignore[union-attr]
    return replace(problem, parameters=values)


def _program_checks(problem: OptimalControlProblem, solution: Solution, kkt: Residuals) -> list[Check]:
    strict = max(1e-6, 1e2 * float(solution.statistics.get("tolerance", 1e-8)))
    stated = abs(kkt.objective - solution.cost) / max(1.0, abs(solution.cost))
    means = np.abs(solution.controls - _means(solution)) / np.maximum(1.0, np.abs(solution.controls))
    words = "solver status" if solution.success else f"the solver ended: {solution.status.name.lower()}"
    return [
        Check("solver status", 0.0 if solution.success else 1.0, 0.5, words),
        Check("cost as stated", max(stated, _largest(means)), 1e-9, "difference from the cost and means recomputed"),
        Check("feasibility", kkt.feasibility, strict, "largest violation of defects, bounds and constraints"),
        Check("stationarity", kkt.stationarity, strict, "gradient of the Lagrangian, relative"),
        Check("complementarity", kkt.complementarity, strict, "multiplier times slack, relative"),
    ]


def _means(solution: Solution) -> np.ndarray:
    from geodepth.control.solving.solve import interval_means

    return interval_means(solution.control_points, solution.control_values)


def _largest(values: np.ndarray) -> float:
    """NaN counts as infinite: what cannot be computed is not right."""
    return float(np.max(np.where(np.isnan(values), np.inf, values), initial=0.0))


def _cost_error(problem: OptimalControlProblem, solution: Solution, again: Resimulation) -> float:
    """The cost's first-order error: of its quadrature, and λ · defects, what mending the defects would cost."""
    parameters = ordered_parameters(problem, solution)
    end = float(problem.functions.terminal_cost(solution.states[-1], solution.times[-1], parameters))
    mended = np.sum(solution.costates[1:] * again.defects)
    error = abs(end + float(np.sum(again.costs)) + float(mended) - solution.cost) / cost_scale(solution)
    return math.inf if math.isnan(error) else error


def _free_end_time(problem: OptimalControlProblem, solution: Solution, scale: float) -> float | None:
    """|H + ∂m/∂t| at a free final time inside its bounds, times the horizon, relative to the cost."""
    time = problem.final_time
    if not isinstance(time, FreeTime) or problem.boundary_constraints or problem.path_constraints:
        return None
    final = solution.times[-1]
    if min(final - time.lower, time.upper - final) < 1e-6 * max(1.0, abs(final)):
        return None
    parameters = ordered_parameters(problem, solution)
    control = lagrange(solution.control_points, (1.0,))[0] @ solution.control_values[-1]
    lower, upper = problem.bounds("controls")
    arguments = (solution.states[-1], np.clip(control, lower, upper), final, parameters, solution.costates[-1])
    height = float(hamiltonian_functions(problem)[0](*arguments)[0])
    t = ca.MX.sym("t")
    slope = ca.gradient(problem.functions.terminal_cost(solution.states[-1], t, parameters), t)
    rise = float(ca.Function("m_t", [t], [slope])(final))
    return float(abs(height + rise) * (final - solution.times[0]) / scale)
