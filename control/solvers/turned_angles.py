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
    the path goes; one that would leave its bounds is left as it is.
    """
    variables = iterate.variables.copy()
    for part in program.parts:
        t, own = part.transcription, variables[part.variables]
        layout, turns = t.layout, np.zeros_like(own)
        first = layout.node + np.arange(layout.controls * layout.points)
        places = (np.arange(layout.intervals)[:, None] * layout.stage + first).reshape(-1, max(layout.controls, 1))
        for i, column in enumerate(places.T if layout.controls else ()):
            far = np.max(np.abs(np.diff(own[column])), initial=0.0) > TURN / 2
            if far and _is_angle(t.problem, i, path_of(t, own, parameters[part.parameters])):
                turns[column] = np.round((np.unwrap(own[column]) - own[column]) / TURN) * TURN
        moved, there = turns != 0, own + turns
        inside = (t.lower < np.minimum(own, there)) & (np.maximum(own, there) < t.upper)
        if np.all(inside[moved]):
            variables[part.variables] = there
    return replace(iterate, variables=variables)


def _is_angle(problem: OptimalControlProblem, control: int, path: Path) -> bool:
    """Whether a full turn of this control changes nothing, from any angle, at the nodes of the path."""
    count, functions = path.states.shape[0] - 1, problem.functions
    controls = path.controls[:, 0].copy()
    controls[:, control] += np.random.default_rng(SEED).uniform(0.0, TURN, count)
    turned = controls.copy()
    turned[:, control] += TURN
    for function in (functions.dynamics, functions.running_cost, functions.path):
        values, after = (
            computed(function.map(count), path.states[:-1], u, path.times[:-1], np.tile(path.parameters, (count, 1)))[0]
            for u in (controls, turned)
        )
        size = np.max(np.abs(values), initial=0.0)
        if not np.isfinite(size) or not np.allclose(values, after, rtol=SAME, atol=SAME * size):
            return False
    return True
