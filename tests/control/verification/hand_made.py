"""Solutions that no solver has seen: a path with its controls and costates, as a test states them."""

from __future__ import annotations

from typing import Any

import numpy as np

from geodepth.control import Solution, Status


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
