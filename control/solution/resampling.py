"""An earlier Solution on another mesh or by another method: its samples, and the program's variables made of them."""

from typing import Any

import numpy as np

from geodepth.control.transcription.transcription import Transcription
from geodepth.foundation.shapes import Float

from .solution import Solution

INSIDE = 0.998
"""How far from its middle an interval is sampled, as a share of its half-length (chosen by hand): a control may jump
at a node, and is wanted from the side of its own interval."""


def samples(transcription: Transcription, earlier: Solution) -> dict[str, Any]:
    """The earlier solution at a program's nodes and control points, over its own horizon.

    Parameters
    ----------
    transcription : Transcription
        Whose states, controls, free parameters and free times are wanted, at its nodes and control points.
    earlier : Solution
        Of this problem or a similar one: what it does not know is left out.

    Returns
    -------
    dict
        By name: a state (K+1,), a control (K, points), a free parameter or free time as a number.
    """
    problem = transcription.problem
    start, end = earlier.times[0], earlier.times[-1]
    nodes = start + (end - start) * transcription.mesh.breakpoints
    points = nodes[:-1, None] + np.diff(nodes)[:, None] * (0.5 + INSIDE * (transcription.control_points - 0.5))
    at_nodes = earlier.sample(np.clip(nodes, start, end))
    at_points = earlier.sample(points.ravel())
    found: dict[str, Any] = {
        n: at_nodes.states[:, earlier.state_names.index(n)] for n in problem.states if n in earlier.state_names
    }
    for name in problem.controls:
        if name in earlier.control_names:
            column = at_points.controls[:, earlier.control_names.index(name)]
            found[name] = column.reshape(points.shape)
    return found | {n: earlier.parameters[n] for n in problem.free if n in earlier.parameters}


def resampled(transcription: Transcription, earlier: Solution) -> Float[np.ndarray, " size"]:
    """The program's variables at an earlier solution of the same problem, within their bounds.

    Parameters
    ----------
    transcription : Transcription
        Of the problem that was solved, on any mesh whose nodes do not move.
    earlier : Solution
        Sampled at this transcription's nodes and control points.

    Returns
    -------
    ndarray
        The variables (size,); states at the stages of implicit integrators lie on the lines between the nodes.
    """
    problem, layout = transcription.problem, transcription.layout
    found = samples(transcription, earlier)
    states = np.column_stack([found[name] for name in problem.states])
    controls = np.zeros((layout.intervals, layout.points, layout.controls))
    for i, name in enumerate(problem.controls):
        controls[:, :, i] = found[name]
    carried = np.array([found[name] for name in problem.free])
    return np.asarray(np.clip(layout.join(states, carried, controls), transcription.lower, transcription.upper))
