"""verify: what is claimed of a solution, computed again by other means than those that found it."""

import math

import numpy as np

from geodepth.control.model.errors import CHECKS, ControlError
from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.certificate import Certificate, Check
from geodepth.control.solution.phases.multi_phase_solution import MultiPhaseSolution
from geodepth.control.solution.read_back import parameters_of
from geodepth.control.solution.resampling import resampled
from geodepth.control.solution.solution import Solution
from geodepth.control.solvers.back_end import SolverSettings
from geodepth.control.solvers.program import Program, check_solver
from geodepth.control.solvers.scaling.variable_scaling import rescaling
from geodepth.control.transcription.mesh import Mesh

from .attained import check_attained
from .belonging import as_solved
from .error_scales import cost_scale, state_scale
from .finer_mesh import CostChange, change_there
from .kkt import negative_curvature
from .phases.verify_phases import verify_phases
from .quick_certificate import ACCURACY, quick_certificate
from .resimulation import end_to_end


def verify(
    problem: OptimalControlProblem | MultiPhaseProblem,
    solution: Solution | MultiPhaseSolution,
    accuracy: float = ACCURACY,
    finer: bool = True,
    solver: str = "ipopt",
) -> Certificate:
    """Check a solution by means of our own; nothing that its solver said is believed.

    Parameters
    ----------
    problem : OptimalControlProblem or MultiPhaseProblem
        What was solved.
    solution : Solution or MultiPhaseSolution
        With its methods, meshes and multipliers.
    accuracy : float, default 1e-3
        Relative, that the discretization is held to.
    finer : bool, default True
        Solve on a mesh of twice the intervals too, and from twice the free times and parameters.
    solver : str, default "ipopt"
        Which solves there.

    Returns
    -------
    Certificate
        One line for each check.

    Raises
    ------
    ProblemError
        The solution belongs to another problem: its names, sizes or fixed parameters say so. Or it does not say how it
        was discretized.

    Notes
    -----
    Of the nonlinear program, held to the solver's tolerance:

    1. the solver's status, and the cost as stated;
    2. feasibility, stationarity and complementarity;
    3. curvature along the active constraints (small programs only).

    Of the continuous problem, held to `accuracy`:

    4. the controls simulated again by a tight adaptive integrator;
    5. the Hamiltonian's constancy (or that it grows at ∂H/∂t), the minimum condition in u, transversality;
    6. bounds and path constraints all along the simulated path: the worst place, and by how much it violates what; and
       how far algebraic variables are from where their equations hold;
    7. twice the change of the cost on the finer mesh: safe from first order on;
    8. that a solve from twice the free times and parameters comes back, or costs more: the least cost is attained.

    In discrete time nothing is discretized, and the solver's tolerance counts as accuracy. 4 applies x_next again; for
    5 stands the recursion of the costates, λ_k = ∂H/∂x, and the minimum condition is noted; 6 and 7 are left out.

    Of several phases each has its own lines 4 to 6, under its name. Beside them stand the costates across links, and
    the Hamiltonian across those of free time.
    """
    CHECKS.number("accuracy", accuracy, above=0, below=1, wanted="a number between 0 and 1, such as 1e-3")
    check_solver(solver)
    CHECKS.flag("finer", finer)
    if isinstance(problem, MultiPhaseProblem):
        return verify_phases(problem, solution, accuracy, finer, solver)
    there = as_solved(problem, solution)
    assert isinstance(solution, Solution)
    program = Program(there.transcription)
    certificate = quick_certificate(problem, solution, program, accuracy)
    checks = list(certificate.checks)
    saddle = negative_curvature(program, there.iterate.variables, there.parameters, there.iterate)
    if saddle is not None:
        checks.append(Check("curvature", saddle, 0.5, "directions along the constraints that lower the cost"))
    final = end_to_end(problem, solution)
    miss = float(np.max(np.abs(final - solution.states[-1]) / state_scale(problem, solution)))
    checks.append(Check("end to end", miss, None, "miss of the last state, simulated without nodes (may be unstable)"))
    errors = [certificate.cost_error]
    if finer:
        if problem.steps is None:
            change = cost_change(problem, solution, solver)
            errors.append(change.relative)
            checks.append(change.line(accuracy))
        attained = check_attained(problem, solution, solver)
        if attained is not None:
            checks.append(attained)
    return Certificate(problem.name, certificate.accuracy, tuple(checks), float(np.max(errors)))


def cost_change(problem: OptimalControlProblem, solution: Solution, solver: str = "ipopt") -> CostChange:
    """Twice the relative change of the cost when every interval is halved; infinite when that solve fails.

    Parameters
    ----------
    problem : OptimalControlProblem
        What was solved.
    solution : Solution
        With its method and mesh.
    solver : str, default "ipopt"
        Which solves on the finer mesh.

    Notes
    -----
    1. Transcribe on the mesh with every interval halved. Nodes that could move stay where they are: the estimate is
       for the mesh that was found.
    2. Start from the solution, resampled there.
    3. Solve to the solution's tolerance, scaled automatically.
    """
    assert solution.mesh is not None
    assert solution.method is not None
    tolerance = float(solution.statistics.get("tolerance", 1e-8))
    try:
        finer = solution.method.transcribe(problem, Mesh(solution.mesh.halved().breakpoints))
        variables = resampled(finer, solution)
        program = Program(finer, SolverSettings(solver, tolerance), rescaling(finer))
        parameters, scale = parameters_of(finer, solution), cost_scale(problem, solution)
        return change_there(program, variables, parameters, solution.cost, scale)
    except ControlError as error:
        return CostChange(math.inf, f"not known: {error}")
