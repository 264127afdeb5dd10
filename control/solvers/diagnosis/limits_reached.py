"""What stands in the way of a solve that found nothing feasible: numbers, controls and states on their bounds."""

import numpy as np

from geodepth.control.solvers.scaling.program_sizes import path_of
from geodepth.control.transcription.nonlinear_program import NonlinearProgram
from geodepth.control.transcription.transcription import Part
from geodepth.foundation.shapes import Float

MOSTLY = 0.9
"""Share of the horizon on its bounds from which on a control is at its limit (chosen by hand)."""
LONG = 0.5
"""The same of a state, which needs time to come to its bound and to leave it (chosen by hand)."""
ON = 1e-3
"""How near to a bound counts as on it, as a share of the range (chosen by hand): solvers stop a little off."""


def limits_reached(
    program: NonlinearProgram, variables: Float[np.ndarray, " size"], parameters: Float[np.ndarray, " theta"]
) -> str:
    """What is on its bounds, with what to change, in words; "" where nothing is."""
    for part in program.parts:
        own, theta = variables[part.variables], parameters[part.parameters]
        found = _free_numbers(part, own) or _along(part, own, theta, "control") or _along(part, own, theta, "state")
        if found:
            return found if len(program.parts) == 1 else f"phase {part.transcription.problem.name!r}: {found}"
    return ""


def states_held(
    program: NonlinearProgram, variables: Float[np.ndarray, " size"], parameters: Float[np.ndarray, " theta"]
) -> str:
    """Which state is on one bound all along, in words; "" where none is.

    Notes
    -----
    Where the dynamics keep a state where it is, its bound says at every node what they say: constraints that depend on
    each other, with no point inside.
    """
    for part in program.parts:
        problem = part.transcription.problem
        states = path_of(part.transcription, variables[part.variables], parameters[part.parameters]).states
        for i, (name, *bounds) in enumerate(zip(problem.states, *problem.bounds("states"), strict=True)):
            near = ON * max((abs(bound) for bound in bounds if np.isfinite(bound)), default=0.0)
            for bound in bounds:
                if np.isfinite(bound) and np.all(np.abs(states[:, i] - bound) <= near):
                    where = "" if len(program.parts) == 1 else f" of phase {problem.name!r}"
                    what = f"{name} is on its bound {bound:.6g} all along{where}, which leaves no room"
                    return f"{what}: bound it at an end alone"
    return ""


def _free_numbers(part: Part, variables: np.ndarray) -> str:
    problem, layout = part.transcription.problem, part.transcription.layout
    carried = layout.split(variables)[1][0]
    for (name, number), value in zip(problem.free.items(), carried, strict=False):
        for bound, which, change in ((number.lower, "lower", "lower"), (number.upper, "upper", "raise")):
            if (
                number.lower < number.upper
                and np.isfinite(bound)
                and abs(value - bound) <= ON * max(abs(bound), abs(number.guess))
            ):
                return f"{name} is at its {which} bound {bound:.6g}: {change} it if the problem allows"
    return ""


def _along(part: Part, variables: np.ndarray, parameters: np.ndarray, kind: str) -> str:
    """The control, or the state, that is on its bounds for the largest share of the horizon, where that is much."""
    problem = part.transcription.problem
    path = path_of(part.transcription, variables, parameters)
    shares = np.abs(np.diff(path.times)) / max(float(np.sum(np.abs(np.diff(path.times)))), np.finfo(float).tiny)
    table = path.controls if kind == "control" else np.stack([path.states[:-1], path.states[1:]], axis=1)
    names = problem.controls if kind == "control" else problem.states
    most, words = (MOSTLY if kind == "control" else LONG), ""
    for i, (name, low, high) in enumerate(zip(names, *problem.bounds(f"{kind}s"), strict=True)):
        if not low < high:
            continue
        # The range of a variable with one bound is not known: its largest value stands for it.
        values = table[:, :, i]
        near = ON * (high - low if np.isfinite(high - low) else max(float(np.max(np.abs(values))), 1.0))
        at_low, at_high = (float(shares @ np.mean(on, axis=1)) for on in (values <= low + near, values >= high - near))
        if at_low + at_high >= most:
            bounds = f"{kind}_bounds[{name!r}]"
            where, change = "on its bounds", f"widen {bounds}"
            if max(at_low, at_high) >= most:
                side, bound = ("upper", high) if at_high > at_low else ("lower", low)
                where, change = f"at its {side} bound {bound:.6g}", f"widen {bounds} there"
            most = at_low + at_high
            words = f"{name} is {where} for {most:.0%} of the horizon: {change}"
    more = "time" if problem.steps is None else "steps"
    return words + (f", or give it more {more}" if words and "final_time" not in problem.free else "")
