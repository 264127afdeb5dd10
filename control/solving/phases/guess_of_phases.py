"""Where a solve of several phases starts.

1. Give each phase its own guess: of a mapping by phase, of an earlier solution, or one for all.
2. Phase by phase in order: what a phase begins with is where the phase before it was guessed to end, jumps added.
3. A state that is left open at an end is guessed on the line through the values that any phase gives for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from geodepth.control.model.ends import fixed_ends
from geodepth.control.model.errors import check_names
from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.phases.multi_phase_solution import MultiPhaseSolution
from geodepth.control.solution.solution import Solution
from geodepth.control.solving.guess import Guess, Rollout, initial_variables
from geodepth.control.transcription.phases.linked_transcription import LinkedTranscription
from geodepth.foundation.shapes import Float

from .one_for_each import one_for_each

PhasesGuess = MultiPhaseSolution | Solution | Mapping[str, Any] | Rollout | None
"""An earlier MultiPhaseSolution, a mapping from phase names to guesses as `solve` takes them for one phase, or one
guess for all phases: a Rollout, a mapping from names of states, controls and free numbers, or a Solution of the same
path as one phase, of which each phase takes what falls into its guessed times."""


def initial_variables_of_phases(transcription: LinkedTranscription, guess: PhasesGuess) -> Float[np.ndarray, " size"]:
    """The guess as the program's variables, within their bounds.

    Raises
    ------
    ProblemError
        The guess names what there is not, lacks a phase, or holds what does not fit.
    """
    problem, found = transcription.problem, np.zeros(transcription.lower.size)
    given = _by_phase(problem, guess)
    for number, (name, part) in enumerate(transcription.phases.items()):
        begun = _begun(transcription, number, found)
        whole = _with_open_ends(part.transcription.problem, given[name], begun, _lines(problem, problem.by_name[name]))
        found[part.variables] = initial_variables(part.transcription, whole)
    return found


def _by_phase(problem: MultiPhaseProblem, guess: PhasesGuess) -> dict[str, Any]:
    if isinstance(guess, MultiPhaseSolution):
        return one_for_each("guess", dict(guess.phases), problem)
    if isinstance(guess, Solution):
        return {phase.name: _sampled(phase, guess) for phase in problem.phases}
    if isinstance(guess, Mapping) and any(name in guess for name in problem.by_name):
        return one_for_each("guess", guess, problem)
    if isinstance(guess, Mapping):
        phases = problem.by_name.values()
        check_names("guess", guess, dict.fromkeys(name for phase in phases for name in _names(phase)))
        return {p.name: {name: guess[name] for name in _names(p) if name in guess} for p in phases}
    if isinstance(guess, Rollout):
        phases = problem.by_name.values()
        check_names("Rollout: controls", guess.controls, dict.fromkeys(n for p in phases for n in p.controls))
        return {
            p.name: replace(guess, controls={n: guess.controls[n] for n in p.controls if n in guess.controls})
            for p in phases
        }
    return dict.fromkeys(problem.by_name, guess)


def _sampled(phase: OptimalControlProblem, whole: Solution) -> dict[str, Any]:
    """The part of a solution of all phases as one that falls into the guessed times of a phase."""
    start, end = float(whole.times[0]), float(whole.times[-1])

    def at(which: str, i: int) -> Callable[[float], float]:
        return lambda t: float(getattr(whole.sample(min(max(t, start), end)), which)[0, i])

    found: dict[str, Any] = {
        n: at("states", whole.state_names.index(n)) for n in phase.states if n in whole.state_names
    }
    found |= {n: at("controls", whole.control_names.index(n)) for n in phase.controls if n in whole.control_names}
    times = ("initial_time", "final_time")
    return found | {n: whole.parameters[n] for n in phase.free if n in whole.parameters and n not in times}


def _names(phase: OptimalControlProblem) -> list[str]:
    return [*phase.states, *phase.controls, *phase.free]


def _lines(problem: MultiPhaseProblem, phase: OptimalControlProblem) -> dict[str, tuple[float, float]]:
    """Of the states that a phase leaves open: where they are on the line through all values that phases give."""
    times, found = _guessed_times(phase), {}
    for name in phase.states:
        known = sorted(point for other in problem.phases for point in _given(other, name))
        if known:
            first, last = np.interp(times, *np.array(known).T)
            found[name] = (float(first), float(last))
    return found


def _given(phase: OptimalControlProblem, name: str) -> list[tuple[float, float]]:
    """The values that a phase gives a state, each with its guessed time."""
    ends = zip(_guessed_times(phase), _ends(phase), strict=True)
    return [(time, given[name]) for time, given in ends if name in given]


def _ends(phase: OptimalControlProblem) -> tuple[dict[str, float], dict[str, float]]:
    return fixed_ends(phase, "initial_state"), fixed_ends(phase, "final_state")


def _guessed_times(phase: OptimalControlProblem) -> tuple[float, float]:
    return phase.horizon({name: number.guess for name, number in phase.free.items()})


def _begun(transcription: LinkedTranscription, number: int, found: Float[np.ndarray, " size"]) -> dict[str, float]:
    """Of the states that a phase goes on with: where the phase before it was guessed to end, jumps added."""
    begun = {}
    for tie in transcription.problem.functions.ties:
        if tie.after == number and tie.before < number and tie.state is not None:
            part = transcription.parts[tie.before]
            last = part.transcription.layout.split(found[part.variables])[0][-1]
            begun[tie.state] = float(last[list(part.transcription.problem.states).index(tie.state)]) + tie.jump
    return begun


def _with_open_ends(
    phase: OptimalControlProblem, given: Guess, begun: Mapping[str, float], lines: Mapping[str, tuple[float, float]]
) -> Guess:
    """The guess of one phase, with what it leaves open from the phases around it."""
    first, last = _ends(phase)
    starts = {n: begun.get(n, lines[n][0] if n in lines else None) for n in phase.states if n not in first}
    known = {n: start for n, start in starts.items() if start is not None}
    if isinstance(given, Rollout):
        return replace(given, start={**known, **given.start})
    if given is not None and not isinstance(given, Mapping):
        return given
    pairs = {
        n: (first.get(n, known.get(n)), last.get(n, lines[n][1] if n in lines else known.get(n)))
        for n in phase.states
        if n in first or n in known
    }
    return {**{n: (a, a if b is None else b) for n, (a, b) in pairs.items()}, **(given or {})}
