"""One solve of a compiled program: from a guess, or from an earlier iterate with its multipliers where they fit."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from geodepth.control.model.kinks_of_problem import unreplaced_kinks
from geodepth.control.solution.phases.multi_phase_solution import MultiPhaseSolution
from geodepth.control.solution.solution import Solution
from geodepth.control.solvers.diagnosis.why_it_stopped import diagnosed
from geodepth.control.solvers.program import CompiledProgram, Discretized
from geodepth.control.solvers.status import Iterate, ProgramResult, Status
from geodepth.control.transcription.phases.linked_transcription import LinkedTranscription
from geodepth.control.transcription.transcription import Transcription
from geodepth.foundation.shapes import Float


def solve_once(
    program: CompiledProgram[Discretized],
    parameters: Float[np.ndarray, " theta"],
    start: Iterate | None,
    guessed: Callable[[], Float[np.ndarray, " size"]],
) -> ProgramResult:
    """Solve, and say why where the solver gave up.

    Parameters
    ----------
    program : CompiledProgram
        What to solve.
    parameters : ndarray
        θ.
    start : Iterate or None
        An earlier iterate, of `reusable`.
    guessed : function of nothing
        The guess as variables (size,), for a start without multipliers.
    """
    if start is not None:
        result, variables = program.solve(start.variables, parameters, start), start.variables
        if result.status is Status.SOLVED:
            return result
    # Multipliers of a program too far from this one mislead; its point may still be a good guess.
    if start is None or result.status in (Status.FAILED, Status.INFEASIBLE):
        variables = guessed()
        result = program.solve(variables, parameters)
    return diagnosed(program, result, variables, parameters)


def reusable(guess: object, transcription: Transcription | LinkedTranscription) -> Iterate | None:
    """The earlier iterate with its multipliers, when it belongs to a program of the same shape."""
    if not isinstance(guess, Solution | MultiPhaseSolution) or guess.problem_name != transcription.problem.name:
        return None
    iterate = guess.iterate
    if iterate is None:
        return None
    earlier = (iterate.variables.shape, iterate.constraint_multipliers.shape)
    return iterate if earlier == (transcription.lower.shape, transcription.constraint_lower.shape) else None


def kinks_left(transcriptions: Sequence[Transcription]) -> dict[str, Any]:
    """For the statistics of a solve that stopped short: the kinks that nothing replaced."""
    found = []
    for transcription in transcriptions:
        problem = transcription.problem
        running = problem.functions.running_slacks is None or transcription.layout.slacks > 0
        found += [str(kink) for kink in unreplaced_kinks(problem, running)]
    return {"kinks_left": found} if found else {}
