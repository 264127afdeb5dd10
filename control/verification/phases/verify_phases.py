"""The full certificate of several phases."""

import math

import numpy as np

from geodepth.control.model.errors import ControlError
from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.solution.certificate import Certificate, Check
from geodepth.control.solution.phases.multi_phase_solution import MultiPhaseSolution
from geodepth.control.solution.phases.read_back_phases import transcribed_again
from geodepth.control.solution.read_back import parameters_of
from geodepth.control.solution.resampling import resampled
from geodepth.control.solution.solution import Solution
from geodepth.control.solvers.back_end import SolverSettings
from geodepth.control.solvers.program import CompiledProgram
from geodepth.control.solvers.scaling.program_sizes import program_sizes
from geodepth.control.solvers.scaling.variable_scaling import rescaling
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.phases.linked_transcription import LinkedTranscription
from geodepth.control.verification.belonging import as_solved
from geodepth.control.verification.error_scales import state_scale
from geodepth.control.verification.finer_mesh import CostChange, change_there
from geodepth.control.verification.kkt import negative_curvature
from geodepth.control.verification.resimulation import end_to_end

from .attained_by_phases import check_attained_by_phases
from .certificate_of_phases import cost_scale_of_phases, quick_certificate_of_phases


def verify_phases(
    problem: MultiPhaseProblem, solution: object, accuracy: float, finer: bool, solver: str
) -> Certificate:
    """Check a solution of several phases by means of our own: see `verify`.

    Parameters
    ----------
    problem : MultiPhaseProblem
        What was solved.
    solution : MultiPhaseSolution
        With its methods, meshes and multipliers.
    accuracy : float
        Relative, that the discretizations are held to.
    finer : bool
        Solve on meshes of twice the intervals too.
    solver : str
        Which solves there.

    Raises
    ------
    ProblemError
        The solution belongs to another problem, or does not say how it was discretized.
    """
    there = as_solved(problem, solution)
    assert isinstance(solution, MultiPhaseSolution)
    whole, program = solution, CompiledProgram[LinkedTranscription](there.transcription)
    certificate = quick_certificate_of_phases(problem, whole, program, accuracy)
    checks, errors = list(certificate.checks), [certificate.cost_error]
    saddle = negative_curvature(program, there.iterate.variables, there.parameters, there.iterate)
    if saddle is not None:
        checks.append(Check("curvature", saddle, 0.5, "directions along the constraints that lower the cost"))
    misses = [_miss(problem, name, phase) for name, phase in whole.phases.items()]
    words = "largest miss of a phase's last state, simulated without nodes (may be unstable)"
    checks.append(Check("end to end", float(np.max(misses)), None, words))
    if finer:
        if any(phase.steps is None for phase in problem.phases):
            change = cost_change_of_phases(problem, whole, solver)
            errors.append(change.relative)
            checks.append(change.line(accuracy))
        attained = check_attained_by_phases(problem, whole, solver)
        if attained is not None:
            checks.append(attained)
    return Certificate(problem.name, accuracy, tuple(checks), float(np.max(errors)))


def cost_change_of_phases(
    problem: MultiPhaseProblem, solution: MultiPhaseSolution, solver: str = "ipopt"
) -> CostChange:
    """Twice the relative change of the cost when every interval of all phases is halved; infinite when that fails.

    Parameters
    ----------
    problem : MultiPhaseProblem
        What was solved.
    solution : MultiPhaseSolution
        With its methods and meshes.
    solver : str, default "ipopt"
        Which solves on the finer meshes.
    """
    tolerance = float(solution.statistics.get("tolerance", 1e-8))
    try:
        finer = transcribed_again(problem, solution, lambda mesh: Mesh(mesh.halved().breakpoints))
        parts = finer.phases.items()
        variables = np.concatenate([resampled(p.transcription, solution.phases[name]) for name, p in parts])
        parameters = np.concatenate([parameters_of(p.transcription, solution.phases[name]) for name, p in parts])
        program = CompiledProgram(finer, SolverSettings(solver, tolerance), rescaling(finer))
        scale = cost_scale_of_phases(program_sizes(finer, variables, parameters), solution.cost)
        return change_there(program, variables, parameters, solution.cost, scale)
    except ControlError as error:
        return CostChange(math.inf, f"not known: {error}")


def _miss(problem: MultiPhaseProblem, name: str, phase: Solution) -> float:
    stated = problem.by_name[name]
    return float(np.max(np.abs(end_to_end(stated, phase) - phase.states[-1]) / state_scale(stated, phase)))
