"""Whether the least cost of several phases is attained: see `attained` of one."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from geodepth.control.model.errors import ControlError
from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.solution.certificate import Check
from geodepth.control.solution.phases.multi_phase_solution import MultiPhaseSolution
from geodepth.control.solution.phases.read_back_phases import transcribed_again, variables_of_phases
from geodepth.control.solution.read_back import parameters_of
from geodepth.control.solution.resampling import resampled
from geodepth.control.solvers.back_end import SolverSettings
from geodepth.control.solvers.program import CompiledProgram
from geodepth.control.solvers.scaling.program_sizes import program_sizes
from geodepth.control.solvers.scaling.variable_scaling import rescaling
from geodepth.control.solvers.status import Status
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.verification.attained import doubled, free_inside, moves_of, verdict_of


def check_attained_by_phases(problem: MultiPhaseProblem, solution: MultiPhaseSolution, solver: str) -> Check | None:
    """Solve again from twice all free times and parameters: their end beyond, at less cost, is denied.

    Parameters
    ----------
    problem : MultiPhaseProblem
        What was solved.
    solution : MultiPhaseSolution
        Its solution.
    solver : str
        Which solves again.

    Returns
    -------
    Check or None
        None where nothing is free inside its bounds, and where the solve fails, which tells nothing.
    """
    inside = {name: free_inside(problem.by_name[name], phase) for name, phase in solution.phases.items()}
    if not any(inside.values()):
        return None
    twice = _doubled(problem, solution, inside)
    tolerance = float(solution.statistics.get("tolerance", 1e-8))
    try:
        again = transcribed_again(problem, solution, lambda mesh: Mesh(mesh.breakpoints))
        parts, phases = again.phases.items(), solution.phases
        variables = [resampled(p.transcription, replace(phases[name], parameters=twice[name])) for name, p in parts]
        parameters = np.concatenate([parameters_of(p.transcription, phases[name]) for name, p in parts])
        program = CompiledProgram(again, SolverSettings(solver, tolerance), rescaling(again))
        result = program.solve(np.concatenate(variables), parameters)
    except ControlError:
        return None
    if result.status is Status.INTERRUPTED:
        raise KeyboardInterrupt
    if result.status is not Status.SOLVED:
        return None
    moves = []
    for name, part in parts:
        carried = part.transcription.layout.split(result.iterate.variables[part.variables])[1][0]
        moves += moves_of(problem.by_name[name], phases[name], carried, f"{name}: ")
    here = transcribed_again(problem, solution)
    change = program_sizes(here, *variables_of_phases(here, solution)).change
    return verdict_of(moves, solution.cost, result.objective, change)


def _doubled(
    problem: MultiPhaseProblem, solution: MultiPhaseSolution, inside: Mapping[str, set[str]]
) -> dict[str, dict[str, float]]:
    """The parameters of every phase with twice its horizon, where that is free, behind the phase before it."""
    names, found = list(solution.phases), dict[str, dict[str, float]]()
    before = {names[tie.after]: names[tie.before] for tie in problem.functions.ties if tie.state is None}
    for name, phase in solution.phases.items():
        known = doubled(problem.by_name[name], phase, inside[name])
        if name in before and "initial_time" in problem.by_name[name].free:
            begins = found[before[name]].get("final_time", known["initial_time"])
            later = begins - solution.phases[name].parameters["initial_time"]
            known |= {which: known[which] + later for which in ("final_time",) if which in known}
            known["initial_time"] = begins
        found[name] = known
    return found
