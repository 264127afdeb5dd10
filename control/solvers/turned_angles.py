"""Angles among the controls, which mean the same after a full turn: neighbours that are whole turns apart are brought
together.

A solver may end on another turn in every interval, and even between the stages of one, through which no polynomial
goes: the path is the same, but its control is not what it is between these points.
"""

from dataclasses import replace

import numpy as np

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solvers.scaling.path_sizes import Path
from geodepth.control.solvers.scaling.program_sizes import path_of
from geodepth.control.transcription.nonlinear_program import NonlinearProgram
from geodepth.foundation.shapes import Float

from .solver_call import computed
from .status import Iterate

TURN = 2 * np.pi
STRAIGHT = (0.0, 1.0)
"""The fractions of an interval where controls are given that are linear in it."""
SAME = 1e-9
"""Relative: how near functions must be to what they are after a full turn (chosen by hand): rounding, and not more."""
SEED = 0


def without_turns(program: NonlinearProgram, iterate: Iterate, parameters: Float[np.ndarray, " theta"]) -> Iterate:
    """The iterate with every control that is an angle as continuous as whole turns can make it.

    Parameters
    ----------
    program : NonlinearProgram
        Of one phase or several.
    iterate : Iterate
        A solver's end: its multipliers stay.
    parameters : ndarray
        θ.

    Notes
    -----
    The first value stays. A control is an angle if no function of the problem changes by a full turn of it, wherever
    the path goes; one that would leave its bounds is left as it is. So are those that go straight from node to node:
    the path knows what they are in between.
    """
    variables = iterate.variables.copy()
    for part in program.parts:
        t, own = part.transcription, variables[part.variables]
        if np.array_equal(t.control_points, STRAIGHT):
            continue
        layout, turns = t.layout, np.zeros_like(own)
        first = layout.node + np.arange(layout.controls * layout.points)
        places = (np.arange(layout.intervals)[:, None] * layout.stage + first).reshape(-1, max(layout.controls, 1))
        for i, column in enumerate(places.T if layout.controls else ()):
            whole = np.round((np.unwrap(own[column]) - own[column]) / TURN) * TURN
            most = float(np.max(np.abs(whole), initial=0.0))
            both, moved = np.array([own[column], own[column] + whole]), whole != 0
            inside = (t.lower[column] < np.min(both, axis=0)) & (np.max(both, axis=0) < t.upper[column])
            if not most or not np.all(inside[moved]):
                continue
            if _is_angle(t.problem, i, most, path_of(t, own, parameters[part.parameters])):
                turns[column] = whole
        variables[part.variables] = own + turns
    return replace(iterate, variables=variables)


def _is_angle(problem: OptimalControlProblem, control: int, most: float, path: Path) -> bool:
    """Whether neither a full turn nor the most turns of this control change anything, from any angle along the path.

    Each expression is held to its own size: another, in other units, may be larger by any factor.
    """
    count, functions = path.states.shape[0] - 1, problem.functions
    controls = path.controls[:, 0].copy()
    controls[:, control] = np.random.default_rng(SEED).uniform(0.0, TURN, count)
    ways = [controls.copy() for _ in range(3)]
    for way, turned in zip(ways, (0.0, TURN, most), strict=True):
        way[:, control] += turned
    for function in (functions.dynamics, functions.running_cost, functions.path):
        at = path.states[:-1], path.times[:-1], np.tile(path.parameters, (count, 1))
        values, *after = (computed(function.map(count), at[0], u, *at[1:])[0].reshape(count, -1) for u in ways)
        if not np.all(np.isfinite([values, *after])):
            return False
        near = SAME * np.max(np.abs(values), axis=0, initial=0.0)
        if not all(np.all(np.abs(other - values) <= near) for other in after):
            return False
    return True
