"""Solutions and sampled paths that no solver has seen: states, controls and costates as a test states them."""

from __future__ import annotations

from typing import Any

import numpy as np

from geodepth.control import OptimalControlProblem, Solution, Status
from geodepth.control.verification.pontryagin import Along

SHARES = np.array([5, 8, 5]) / 18
NODES = 0.5 + np.array([-1, 0, 1]) * np.sqrt(0.6) / 2
"""Gauss's weights of three points on (0, 1), and these."""


def solution(times: Any, states: Any, controls: Any, points: tuple[float, ...], **more: Any) -> Solution:
    """A path of nx states at K + 1 times, with controls (K, points, nu) at fractions of each interval.

    Costates and slopes are zero unless they are given.
    """
    times, states, controls = (np.array(values, dtype=float) for values in (times, states, controls))
    intervals, size = times.size - 1, states.shape[1]
    known: dict[str, Any] = {
        "state_names": tuple(f"x{i}" for i in range(size)),
        "control_names": tuple(f"u{i}" for i in range(controls.shape[2])),
        "cost": 1.0,
        "costates": np.zeros(states.shape),
        "interval_costates": np.zeros((intervals, 2, size)),
        "slopes": np.zeros((intervals, 2, size)),
        "parameters": {},
        "statistics": {},
    }
    return Solution(
        problem_name="hand made",
        status=Status.SOLVED,
        times=times,
        states=states,
        controls=controls.mean(axis=1),
        control_values=controls,
        control_points=np.array(points),
        **(known | more),
    )


def along(problem: OptimalControlProblem, lengths: Any, **more: Any) -> Along:
    """A path through intervals of these lengths, at zero but for what is given."""
    lengths = np.array(lengths, dtype=float)
    starts = np.cumsum(lengths) - lengths
    count, states = 3 * lengths.size, len(problem.states)
    known: dict[str, Any] = {
        "parameters": np.zeros(0),
        "times": starts[:, None] + lengths[:, None] * NODES,
        "states": np.zeros((states, count)),
        "controls": np.zeros((len(problem.controls), count)),
        "costates": np.zeros((states, count)),
        "weights": lengths[:, None] * SHARES,
        "path_sizes": np.ones(problem.functions.path.numel_out(0)),
        "control_sizes": np.ones(len(problem.controls)),
        "idle_height": 0.0,
    }
    return Along(problem=problem, **(known | more))
