"""What stands in the way of a solve that found nothing feasible: controls, times and parameters on their bounds."""

import numpy as np

from geodepth.control.solvers.scaling.program_sizes import path_of
from geodepth.control.transcription.nonlinear_program import NonlinearProgram
from geodepth.control.transcription.transcription import Part
from geodepth.foundation.shapes import Float

MOSTLY = 0.9
"""Share of the horizon on its bounds from which on a control is at its limit (chosen by hand)."""
ON = 1e-3
"""How near to a bound counts as on it, as a share of the range (chosen by hand): solvers stop a little off."""


def limits_reached(
    program: NonlinearProgram, variables: Float[np.ndarray, " size"], parameters: Float[np.ndarray, " theta"]
) -> str:
    """What is on its bounds, with what to change, in words; "" where nothing is."""
    for part in program.parts:
        found = _free_numbers(part, variables[part.variables]) or _controls(
            part, variables[part.variables], parameters[part.parameters]
        )
        if found:
            return found if len(program.parts) == 1 else f"phase {part.transcription.problem.name!r}: {found}"
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


def _controls(part: Part, variables: np.ndarray, parameters: np.ndarray) -> str:
    problem = part.transcription.problem
    path = path_of(part.transcription, variables, parameters)
    shares = np.abs(np.diff(path.times)) / max(float(np.sum(np.abs(np.diff(path.times)))), np.finfo(float).tiny)
    for i, (name, low, high) in enumerate(zip(problem.controls, *problem.bounds("controls"), strict=True)):
        if not low < high:
            continue
        # The range of a control with one bound is not known: its largest value stands for it.
        values = path.controls[:, :, i]
        near = ON * (high - low if np.isfinite(high - low) else max(float(np.max(np.abs(values))), 1.0))
        on = np.mean((values <= low + near) | (values >= high - near), axis=1)
        share = float(shares @ on)
        if share >= MOSTLY:
            time = "" if "final_time" in problem.free else ", or give it more time"
            return f"{name} is on its bounds for {share:.0%} of the horizon: widen control_bounds[{name!r}]{time}"
    return ""
