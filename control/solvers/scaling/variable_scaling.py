"""Scales: what a program's unknowns, constraints and objective are divided by, so that a solver sees numbers of order
one, the same in all units."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.errors import CHECKS, check_names
from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.transcription.defects_and_constraints import HORIZON, NOTHING, SLACK
from geodepth.control.transcription.nonlinear_program import NonlinearProgram
from geodepth.control.transcription.transcription import Transcription
from geodepth.foundation.shapes import Float

from .path_sizes import MOVE, PathSizes
from .program_sizes import ProgramSizes, program_sizes

Scaling = Mapping[str, float] | str | None
""""automatic" (from the guess, the ends, and bounds that are near), None (as they are), or a mapping from names to
positive scales; what a mapping does not name is scaled automatically."""
FAR = 100.0
"""Bounds that are more than this many times as large as the path that is guessed say nothing of its size: scales that
are wrong by so much loosen a tolerance by as much as is still believed (`believed_within`)."""

MISLED = 10.0
"""By how much scales must be off to be worth another solve (chosen by hand)."""
COST = 0.0625
"""The objective is divided by this share of its size: interior-point methods end at about their tolerance for each
active bound, of which there may be a hundred. Chosen on the library."""

TIMES = 0.25
"""Free times are divided by this share of the horizon, so that a solver's first steps do not shorten it to where no
path leads to the end. Chosen on double integrators to rest in least time: with 1 a third of them ended infeasible."""


@dataclass(frozen=True, slots=True)
class Scales:
    """What a solver sees is divided by.

    Attributes
    ----------
    variables : ndarray
        Positive (n,).
    constraints : ndarray
        Positive (m,).
    objective : float
        Positive.
    """

    variables: Float[np.ndarray, " n"]
    constraints: Float[np.ndarray, " m"]
    objective: float

    def differ(self, there: "Scales") -> bool:
        """Whether two scales of one program differ by so much that another solve is worth it."""
        ratios = np.append(there.variables / self.variables, there.objective / self.objective)
        return bool(np.max(np.abs(np.log(ratios))) > np.log(MISLED))


Rescaling = Callable[[np.ndarray, np.ndarray, bool], Scales]
"""From a start (size,), θ, and whether an earlier solve ended there, to the scales for a solve from there."""


def rescaling(program: NonlinearProgram, scaling: Scaling = "automatic") -> Rescaling:
    """How a program is scaled for a start.

    Parameters
    ----------
    program : NonlinearProgram
        Of one phase or several.
    scaling : str, mapping or None
        "automatic"; scales by name, in all phases that have it; None for none.

    Raises
    ------
    ProblemError
        For another word, an unknown name, or a scale that is not positive.

    Notes
    -----
    Defects and stage equations are divided as their states are, which keeps the ones that fatrop looks for.
    """
    if scaling is None:
        none = Scales(np.ones(program.lower.size), np.ones(program.constraint_lower.size), 1.0)
        return lambda variables, parameters, solved: none
    by_hand = _by_hand(program, scaling)
    if by_hand:
        return _at(program, by_hand)
    kept: Rescaling = _automatic(program)  # type: ignore[arg-type]
    return kept


@lru_cache(maxsize=4)
def _automatic(program: Any) -> Rescaling:
    """Kept for the last programs: who asks for the sizes of a start does so more than once."""
    return _at(program, {})


def _at(program: NonlinearProgram, by_hand: Mapping[str, float]) -> Rescaling:
    known: dict[tuple[bytes, bytes], Scales] = {}

    def at(variables: np.ndarray, parameters: np.ndarray, solved: bool) -> Scales:
        key = variables.tobytes(), parameters.tobytes()
        if not solved and key in known:
            return known[key]
        sizes = program_sizes(program, variables, parameters, FAR)
        # What a guess costs says little; what it changes by, more.
        cost = sizes.cost_scale if solved else sizes.change
        parts = [
            replace(found, free=_of_times(part.transcription.problem) * found.free)
            for part, found in zip(program.parts, sizes.parts, strict=True)
        ]
        sizes = replace(sizes, parts=tuple(parts))
        scales = _as_scales(program, sizes, COST * cost, by_hand, variables, parameters)
        if not solved:
            known.clear()
            known[key] = scales
        return scales

    return at


def path_scales(
    program: NonlinearProgram, variables: Float[np.ndarray, " n"], parameters: Float[np.ndarray, " theta"]
) -> Scales:
    """What errors at these variables are relative to: the sizes along their paths, whatever a solver's scales were."""
    sizes = program_sizes(program, variables, parameters)
    return _as_scales(program, sizes, sizes.cost_scale, {}, variables, parameters)


def _of_times(problem: OptimalControlProblem) -> Float[np.ndarray, " nq"]:
    return np.where([name not in (problem.parameters or {}) for name in problem.free], TIMES, 1.0)


def _as_scales(
    program: NonlinearProgram,
    sizes: ProgramSizes,
    cost: float,
    by_hand: Mapping[str, float],
    variables: Float[np.ndarray, " n"],
    parameters: Float[np.ndarray, " theta"],
) -> Scales:
    """The scales of all parts, and then those of the links' rows."""
    found = []
    for part, known in zip(program.parts, sizes.parts, strict=True):
        plain = _scales_of_part(part.transcription, known, cost, by_hand)
        given = variables[part.variables], parameters[part.parameters]
        found.append(_with_slacks(part.transcription, plain, *given))
    columns = np.concatenate([scales.variables for scales in found])
    return Scales(columns, np.concatenate([*(scales.constraints for scales in found), sizes.links]), cost)


def _scales_of_part(
    transcription: Transcription, sizes: PathSizes, cost: float, by_hand: Mapping[str, float]
) -> Scales:
    problem, layout, t = transcription.problem, transcription.layout, transcription
    carried = np.concatenate([sizes.free, np.ones(layout.carried - sizes.free.size)])
    tables = ((problem.states, sizes.states), (t.carried, carried), (problem.controls, sizes.controls))
    states, carried, controls = (
        np.array([by_hand.get(name, size) for name, size in zip(names, values, strict=True)], dtype=float)
        for names, values in tables
    )
    # From the end: what has no size of its own here.
    assert (SLACK, HORIZON, NOTHING) == (-3, -2, -1)
    expressions = np.concatenate([sizes.path, sizes.boundary, [1.0, sizes.horizon, 1.0]])
    rows = expressions[t.row_expressions]
    rows[t.defects] = np.concatenate([states, np.ones(layout.end_slacks), carried])
    rows[t.inner_rows] = states
    count = layout.intervals
    inner, slacks = (
        np.tile(states, (count, len(layout.inner), 1)),
        (np.ones((count, layout.slacks)), np.ones(layout.end_slacks)),
    )
    columns = layout.join(
        np.tile(states, (count + 1, 1)), carried, np.tile(controls, (count, layout.points, 1)), inner, slacks
    )
    return Scales(columns, rows, cost)


def _with_slacks(
    t: Transcription, scales: Scales, variables: Float[np.ndarray, " n"], parameters: Float[np.ndarray, " theta"]
) -> Scales:
    """The scales with those of slacks: as large as their kinks are, or become when the other variables move."""
    if t.kinks is None:
        return scales
    layout, generator = t.layout, np.random.default_rng(0)
    moves = [0.0, *(MOVE * generator.choice([-1.0, 1.0], variables.size) * scales.variables for _ in range(4))]
    table = np.abs([np.array(t.kinks(variables + move, parameters)).ravel() for move in moves])
    size = np.max(np.where(np.isfinite(table), table, 0.0), axis=0)
    count = layout.intervals * layout.slacks
    along = np.max(size[:count].reshape(layout.intervals, layout.slacks), axis=0, initial=0.0)
    along, ends = (np.where(values > 0, values, 1.0) for values in (along, size[count:]))
    states, carried, controls = layout.split(scales.variables)
    slacks = np.tile(along, (layout.intervals, 1)), ends
    columns = layout.join(states, carried, controls, layout.inner_states(scales.variables), slacks)
    rows, beside = scales.constraints.copy(), t.row_expressions == SLACK
    rows[t.defects[:, layout.states : layout.states + layout.end_slacks]] = ends
    # Such a row is a slack beside its kink: as large as the slacks in it.
    count = layout.intervals
    own = layout.join(
        np.zeros((count + 1, layout.states)),
        np.zeros(layout.carried),
        np.zeros((count, layout.points, layout.controls)),
        np.zeros((count, len(layout.inner), layout.states)),
        (np.ones((count, layout.slacks)), np.ones(layout.end_slacks)),
    )
    slopes = abs(_slopes(t.traced or t)(t.completed(variables, parameters, columns), parameters).sparse())
    found = (slopes.multiply(columns * own)).max(axis=1).toarray().ravel()
    rows[beside] = np.where(found > 0, found, 1.0)[beside]
    return Scales(columns, rows, scales.objective)


@lru_cache(maxsize=4)
def _slopes(t: Transcription) -> Any:
    """(z, θ) -> the constraints' Jacobian."""
    return ca.Function("slopes", [t.variables, t.parameters], [ca.jacobian(t.constraints, t.variables)])


def _by_hand(program: NonlinearProgram, scaling: Mapping[str, float] | str) -> dict[str, float]:
    if isinstance(scaling, str) and scaling == "automatic":
        return {}
    if not isinstance(scaling, Mapping):
        raise CHECKS.refusal("scaling", scaling, "'automatic', None, or a mapping from names to scales")
    parts = [(part.transcription.problem, part.transcription.carried) for part in program.parts]
    known = dict.fromkeys(n for problem, more in parts for n in (*problem.states, *problem.controls, *more))
    check_names("scaling", scaling, known)
    for name, value in scaling.items():
        CHECKS.number(f"scaling[{name!r}]", value, above=0, wanted="a positive finite number")
    return {name: float(value) for name, value in scaling.items()}
