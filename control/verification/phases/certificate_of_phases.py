"""The quick certificate of several phases: the program as a whole, each phase's path, and what holds across links."""

import math
from dataclasses import replace

import numpy as np

from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.solution.certificate import Certificate, Check
from geodepth.control.solution.phases.multi_phase_solution import MultiPhaseSolution
from geodepth.control.solution.phases.read_back_phases import transcribed_again, variables_of_phases
from geodepth.control.solvers.program import CompiledProgram, Program
from geodepth.control.solvers.scaling.first_order_conditions import believed_within
from geodepth.control.solvers.scaling.path_sizes import NO_COST
from geodepth.control.solvers.scaling.program_sizes import ProgramSizes, program_sizes
from geodepth.control.transcription.phases.linked_transcription import LinkedTranscription
from geodepth.control.verification.quick_certificate import ACCURACY, means_apart, path_checks, program_checks

from .across_links import check_across_links, ends_of


def quick_certificate_of_phases(
    problem: MultiPhaseProblem,
    solution: MultiPhaseSolution,
    program: CompiledProgram[LinkedTranscription],
    accuracy: float = ACCURACY,
) -> Certificate:
    """What can be checked of all phases for less than a solve.

    Parameters
    ----------
    problem : MultiPhaseProblem
        What was solved.
    solution : MultiPhaseSolution
        With its iterate.
    program : CompiledProgram
        Of its methods on its meshes.
    accuracy : float
        Relative, that the discretizations are held to.

    Returns
    -------
    Certificate
        The whole program's lines, each phase's under its name, and those of links and free times.
    """
    transcription, iterate = program.transcription, solution.iterate
    assert iterate is not None
    variables, parameters = variables_of_phases(transcription, solution)
    sizes = program_sizes(transcription, variables, parameters)
    cost = cost_scale_of_phases(sizes, solution.cost)
    whole = replace(iterate, variables=transcription.with_slacks_of(variables, iterate.variables))
    kkt = program.residuals(whole, parameters)
    apart = [means_apart(stated, solution.phases[name]) for name, stated in problem.by_name.items()]
    tolerance = float(solution.statistics.get("tolerance", 1e-8))
    apart_by = max(abs(kkt.objective - solution.cost) / cost, *apart)
    costs = [cost for p in problem.phases for cost in (p.running_cost, p.terminal_cost, p.control_rate_penalties)]
    checks = program_checks(solution.status, kkt, apart_by, tolerance, not any([problem.cost, *costs]))
    # What all phases' Hamiltonians are relative to: where one phase hardly counts, its own would say little.
    idle = sizes.change / _duration(solution) if abs(solution.cost) < cost else 0.0
    try:
        ends = ends_of(problem, solution, transcription, idle)
        idle = max([idle, *(along.largest_terms() for along in ends.along)])
        across = check_across_links(ends, accuracy, believed_within(tolerance), cost)
    except (RuntimeError, np.linalg.LinAlgError):
        across = [Check("links", math.nan, accuracy, "costates and the Hamiltonian cannot be computed there")]
    errors = []
    for name, part in transcription.phases.items():
        stated, own = problem.by_name[name], solution.phases[name]
        lines, error = path_checks(stated, own, Program(part.transcription), accuracy, cost, idle)
        checks += [replace(line, name=f"{name}: {line.name}") for line in lines]
        errors.append(error)
    names = problem.functions.split_kinks
    if names:
        across.append(Check("exact kinks", len(names), None, f"solved exactly by cases: {'; '.join(names)}"))
    return Certificate(problem.name, accuracy, (*checks, *across), float(np.sum(errors)))


def with_certificate(solution: MultiPhaseSolution, certificate: Certificate) -> MultiPhaseSolution:
    """The solution with its certificate, and each phase with its own lines of it."""
    phases = {}
    for name, phase in solution.phases.items():
        start = f"{name}: "
        own = [
            replace(line, name=line.name.removeprefix(start))
            for line in certificate.checks
            if line.name.startswith(start)
        ]
        phases[name] = replace(phase, certificate=Certificate(name, certificate.accuracy, tuple(own)))
    return replace(solution, phases=phases, certificate=certificate)


def _duration(solution: MultiPhaseSolution) -> float:
    """Of all phases together."""
    return float(sum(phase.times[-1] - phase.times[0] for phase in solution.phases.values()))


def cost_scale_of_phases(sizes: ProgramSizes, cost: float) -> float:
    """The size of a cost, or what it changes by along the paths where it is nearly zero."""
    return abs(cost) if abs(cost) > NO_COST * sizes.change else sizes.change


def cost_scale_of_solution(problem: MultiPhaseProblem, solution: MultiPhaseSolution) -> float:
    """The size of a solution's cost, or what it changes by along the paths where it is nearly zero."""
    transcription = transcribed_again(problem, solution)
    sizes = program_sizes(transcription, *variables_of_phases(transcription, solution))
    return cost_scale_of_phases(sizes, solution.cost)
