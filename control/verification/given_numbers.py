"""What a problem gives as numbers, and where each of them lies in its program: a fixed variable, or an entry of θ."""

from typing import NamedTuple

from geodepth.control.model.ends import fixed_ends
from geodepth.control.transcription.phases.linked_transcription import LinkedTranscription
from geodepth.control.transcription.transcription import Transcription


class GivenNumber(NamedTuple):
    """One number that a problem gives.

    Attributes
    ----------
    name : str
        "initial_state.x", "final_state.x", "parameters.g", "initial_time" or "final_time"; of several phases with the
        phase before it, "ascent: parameters.g".
    value : float
        As the problem has it.
    variable : int or None
        Which of the program's variables it fixes.
    entry : int or None
        Which entry of θ it is.
    """

    name: str
    value: float
    variable: int | None
    entry: int | None


def given_numbers_of_phases(transcription: LinkedTranscription) -> list[GivenNumber]:
    """All of them, phase by phase."""
    found = []
    for name, part in transcription.phases.items():
        for number in given_numbers(part.transcription):
            variable = None if number.variable is None else part.variables.start + number.variable
            entry = None if number.entry is None else part.parameters.start + number.entry
            found.append(GivenNumber(f"{name}: {number.name}", number.value, variable, entry))
    return found


def given_numbers(transcription: Transcription) -> list[GivenNumber]:
    """All of them: states at the ends, fixed parameters, and fixed times, each in the problem's order.

    In discrete time times only count, and cannot change by a little.
    """
    problem, layout = transcription.problem, transcription.layout
    found = []
    for which, node in (("initial_state", 0), ("final_state", layout.intervals)):
        for name, value in fixed_ends(problem, which).items():
            column = node * layout.stage + problem.states.index(name)
            found.append(GivenNumber(f"{which}.{name}", value, column, None))
    named = {f"parameters.{name}": value for name, value in problem.fixed_parameters.items()}
    named |= problem.fixed_times if problem.steps is None else {}
    found += [GivenNumber(name, value, None, i) for i, (name, value) in enumerate(named.items())]
    return found
