"""A car whose target lies behind it, where no straight line leads to: for solve and for refine."""

import math

import casadi as ca

from geodepth.control import FreeTime, OptimalControlProblem


def turned_car() -> OptimalControlProblem:
    """Least time to a point behind a car that turns on a circle of radius 1."""
    return OptimalControlProblem(
        "turned car",
        ("x", "y", "heading"),
        ("turn",),
        lambda x, u, t, p: [ca.cos(x[2]), ca.sin(x[2]), u[0]],
        terminal_cost=lambda x, t, p: t,
        initial_state={"x": 0, "y": 0, "heading": 0},
        final_state={"x": -3, "y": 0.5},
        control_bounds={"turn": (-1, 1)},
        final_time=FreeTime(4.0, 0.1, 50.0),
    )


def shortest() -> float:
    """Half a circle and more, then its tangent."""
    away = math.hypot(-3.0, 0.5 - 1.0)
    turned = math.atan2(0.5 - 1.0, -3.0) % (2 * math.pi) + math.asin(1 / away)
    return turned + math.sqrt(away**2 - 1)
