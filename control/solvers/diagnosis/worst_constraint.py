"""Which constraint or bound of a program is violated most, where on the path, and by how much."""

from typing import Any

import numpy as np

from geodepth.control.model.reductions.seen import INTEGRAL
from geodepth.control.solvers.scaling.program_sizes import path_of
from geodepth.control.solvers.scaling.variable_scaling import path_scales
from geodepth.control.transcription.defects_and_constraints import HORIZON, SLACK
from geodepth.control.transcription.nonlinear_program import NonlinearProgram
from geodepth.control.transcription.transcription import Part, Transcription
from geodepth.foundation.shapes import Float

NONE = 1e-12
"""A violation of this share of the sizes along the path is rounding (chosen by hand)."""


def worst_constraint(
    program: NonlinearProgram,
    variables: Float[np.ndarray, " size"],
    constraints: Float[np.ndarray, " rows"],
    parameters: Float[np.ndarray, " theta"],
) -> str:
    """The worst constraint or bound in words, or "" where that cannot be told, or none is violated.

    Parameters
    ----------
    program : NonlinearProgram
        Of one phase or several.
    variables, constraints, parameters : ndarray
        z (size,), g there (rows,), and θ.

    Notes
    -----
    The worst is the one whose violation is largest relative to the sizes along the path; it is told in its own units.
    """
    beyond = np.maximum(program.constraint_lower - constraints, constraints - program.constraint_upper)
    outside = np.maximum(program.lower - variables, variables - program.upper)
    if not np.all(np.isfinite(beyond)) or np.any(np.isnan(outside)):
        return ""
    sizes = path_scales(program, variables, parameters)
    shares = [np.concatenate([share, [0.0]]) for share in (outside / sizes.variables, beyond / sizes.constraints)]
    i, row = (int(np.argmax(share)) for share in shares)
    if max(shares[0][i], shares[1][row]) <= NONE:
        return ""
    if shares[0][i] > shares[1][row]:
        return _bound_in_words(program, variables, i)
    lower, upper, value = program.constraint_lower[row], program.constraint_upper[row], constraints[row]
    for part in program.parts:
        first, last, _ = part.rows.indices(constraints.size)
        if first <= row < last:
            found = _in_words(part, variables, parameters, row - first, (float(lower), float(upper), float(value)))
            return found if len(program.parts) == 1 else f"phase {part.transcription.problem.name!r}: {found}"
    links: Any = program
    name = links.problem.functions.names[row - links.link_rows.start]
    return f"{name} {_missed(float(lower), float(upper), float(value))}"


def variable_in_words(program: NonlinearProgram, i: int) -> tuple[Transcription, str, str, str]:
    """Whose variable number i is: the phase's transcription, words for the phase, its name, and where it is.

    Parameters
    ----------
    program : NonlinearProgram
        Of one phase or several.
    i : int
        Below its number of variables.
    """
    count = program.lower.size
    part = next(part for part in program.parts if i in range(*part.variables.indices(count)))
    own, layout = part.transcription, part.transcription.layout
    first = part.variables.indices(count)[0]
    k, place = divmod(i - first, layout.stage)
    names = [*own.problem.states, *["a slack"] * layout.end_slacks, *own.carried]
    names += [*own.problem.controls] * layout.points + [*own.problem.states] * len(layout.inner)
    phase = "" if len(program.parts) == 1 else f"phase {own.problem.name!r}: "
    where = f"in interval {k} of {layout.intervals}" if k < layout.intervals else "at the end"
    where = where if k or place >= layout.node else "at the start"
    return own, phase, names[place] if place < len(names) else "a slack", where


def _bound_in_words(program: NonlinearProgram, variables: np.ndarray, i: int) -> str:
    own, phase, name, where = variable_in_words(program, i)
    missed = _missed(float(program.lower[i]), float(program.upper[i]), float(variables[i]))
    # Free numbers are the same in every interval.
    return f"{phase}{name} {missed}" + ("" if name in own.carried else f" {where}")


def _in_words(
    part: Part, variables: np.ndarray, parameters: np.ndarray, row: int, values: tuple[float, float, float]
) -> str:
    t = part.transcription
    times = path_of(t, variables[part.variables], parameters[part.parameters]).times
    gap = _dynamics_of(t, row)
    if gap is not None:
        k, name = gap
        what = f"{name} is" if name.startswith(INTEGRAL) else f"the dynamics of {name} are"
        miss = f"{what} missed by {abs(values[2] - values[0]):.3g}"
        return f"{miss} in interval {k} of {t.layout.intervals}, t = {times[k]:.6g} to {times[k + 1]:.6g}"
    missed = _missed(*values)
    if t.path_rows is not None and row in t.path_rows.rows:
        i = int(np.flatnonzero(t.path_rows.rows == row)[0])
        k, fraction = int(t.path_rows.intervals[i]), float(t.path_rows.fractions[i])
        at = times[k] + (fraction * (times[k + 1] - times[k]) if fraction else 0.0)
        name = t.problem.functions.path_names[int(t.path_rows.expressions[i])]
        last = t.layout.intervals
        return f"{name} {missed} at t = {at:.6g}, " + (f"in interval {k} of {last}" if k < last else "at the end")
    number = int(t.row_expressions[row])
    if number == HORIZON:
        return f"final_time - initial_time {missed}"
    if number == SLACK:
        return f"a kink of the cost {missed}"
    count = len(t.problem.functions.path_names)
    return f"{t.problem.functions.boundary_names[number - count]} {missed}" if number >= count else f"a row {missed}"


def _dynamics_of(t: Transcription, row: int) -> tuple[int, str] | None:
    """The interval and the name of what a row carries along it, or None where the row is no defect."""
    for table in (t.defects[:, None, :], t.inner_rows):
        found = np.argwhere(table == row)
        if found.size:
            k, _, i = (int(j) for j in found[0])
            names = (*t.problem.states, *["a slack"] * t.layout.end_slacks, *t.carried)
            return k, names[i]
    return None


def _missed(lower: float, upper: float, value: float) -> str:
    if lower == upper:
        return f"is {value:.6g} and must be {lower:.6g}"
    return f"is {lower - value:.3g} below {lower:.6g}" if value < lower else f"is {value - upper:.3g} above {upper:.6g}"
