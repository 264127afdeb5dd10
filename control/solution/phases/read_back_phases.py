"""Reading a solved program of several phases back, and from a solution to the program.

Each phase is read as an ordinary Solution, and what meets at the links.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.solution.read_back import to_solution, variables_of
from geodepth.control.solution.solution import Solution
from geodepth.control.solvers.back_end import SolverSettings
from geodepth.control.solvers.program import CompiledProgram, Program
from geodepth.control.solvers.status import Iterate, ProgramResult
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.phases.linked_transcription import LinkedTranscription, link_phases
from geodepth.control.transcription.transcription import Method, Part
from geodepth.foundation.shapes import Float

from .multi_phase_solution import MultiPhaseSolution, linked_ends


def to_multi_phase_solution(
    program: CompiledProgram[LinkedTranscription],
    result: ProgramResult,
    parameters: Float[np.ndarray, " theta"],
    statistics: Mapping[str, Any],
    methods: Mapping[str, Method],
) -> MultiPhaseSolution:
    """Read a solved program back, phase by phase.

    Parameters
    ----------
    program : CompiledProgram
        What was solved.
    result : ProgramResult
        How it ended.
    parameters : ndarray
        θ there.
    statistics : mapping
        Added to the solve's own.
    methods : mapping from name to Method
        That made the phases' transcriptions.

    Notes
    -----
    A phase's costates are those of its own constraints' multipliers. At its first node they are the slope of its own
    Lagrangian: what links ask of that node is not in them.
    """
    transcription = program.transcription
    phases = {
        name: _phase(part, result, parameters[part.parameters], methods[name], program.settings)
        for name, part in transcription.phases.items()
    }
    kinks = (kink for part in transcription.parts for kink in part.transcription.replaced_kinks)
    replaced = [*kinks, *transcription.problem.functions.split_kinks]
    return MultiPhaseSolution(
        problem_name=transcription.problem.name,
        status=result.status,
        cost=result.objective,
        phases=phases,
        links=linked_ends([(link.before, link.after) for link in transcription.problem.links], phases),
        link_multipliers=result.iterate.constraint_multipliers[transcription.link_rows],
        statistics={
            "solver": program.settings.solver,
            **{which: _together(phases, which) for which in ("method", "control")},
            "intervals": sum(part.transcription.layout.intervals for part in transcription.parts),
            "variables": int(transcription.lower.size),
            "constraints": int(transcription.constraint_lower.size),
            "iterations": result.iterations,
            "solve_seconds": result.seconds,
            "constraint_violation": result.violation,
            "tolerance": program.settings.tolerance,
            **({"reason": result.reason} if result.reason else {}),
            **({"exact_kinks": replaced} if replaced else {}),
            **statistics,
        },
    )


def _together(phases: Mapping[str, Solution], which: str) -> str:
    """What the statistics of all phases say, each word once."""
    return ", ".join(dict.fromkeys(str(phase.statistics[which]) for phase in phases.values()))


def _phase(
    part: Part, result: ProgramResult, parameters: Float[np.ndarray, " theta"], method: Method, settings: SolverSettings
) -> Solution:
    program, whole = Program(part.transcription, settings), result.iterate
    own = Iterate(
        whole.variables[part.variables],
        whole.variable_multipliers[part.variables],
        whole.constraint_multipliers[part.rows],
    )
    cost = program.values(part.transcription.completed(own.variables, parameters), parameters)[0]
    return to_solution(program, replace(result, iterate=own, objective=cost), parameters, {}, method)


def variables_of_phases(
    transcription: LinkedTranscription, solution: MultiPhaseSolution
) -> tuple[Float[np.ndarray, " size"], Float[np.ndarray, " theta"]]:
    """The program's variables and θ as the phases' public fields have them, not as their solver left them."""
    found = [variables_of(part.transcription, solution.phases[name]) for name, part in transcription.phases.items()]
    return np.concatenate([z for z, _ in found]), np.concatenate([theta for _, theta in found])


def transcribed_again(
    problem: MultiPhaseProblem, solution: MultiPhaseSolution, changed: Callable[[Mesh], Mesh] = lambda mesh: mesh
) -> LinkedTranscription:
    """The problem by a solution's methods on its meshes, each as it is changed; the steps of a map are as they are."""
    found = {}
    for name, phase in solution.phases.items():
        assert phase.method is not None
        assert phase.mesh is not None
        stated = problem.by_name[name]
        found[name] = phase.method.transcribe(stated, changed(phase.mesh) if stated.steps is None else phase.mesh)
    return link_phases(problem, found)
