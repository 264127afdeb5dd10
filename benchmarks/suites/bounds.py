"""States and controls on their bounds, path constraints, and interior points."""

import math
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control import FreeParameter, FreeTime, Link, MultiPhaseProblem, OptimalControlProblem, PathConstraint

from .record import SuiteProblem, final_time, stated

EQUATOR, POLE, SPEED = 6384.0, 6353.0, 900.0
"""Half axes of the spheroid (km), and km/h."""


def place(latitude: float, west: float) -> dict[str, float]:
    """A place on the spheroid, from degrees."""
    polar, azimuth = math.radians(90 - latitude), math.radians(360 - west)
    around = EQUATOR * math.sin(polar)
    return {"x": around * math.cos(azimuth), "y": around * math.sin(azimuth), "z": POLE * math.cos(polar)}


def interior_point() -> MultiPhaseProblem:
    """x from 1 to 0.9 at t = 0.75, and to 0.75 at t = 1, for the least ∫ x² + u²."""
    common: dict[str, Any] = {"running_cost": lambda x, u, t, p: x[0] ** 2 + u[0] ** 2}
    first = OptimalControlProblem(
        "first",
        ("x",),
        ("u",),
        lambda x, u, t, p: [u[0]],
        initial_state={"x": 1.0},
        final_state={"x": 0.9},
        final_time=0.75,
        **common,
    )
    second = OptimalControlProblem(
        "second",
        ("x",),
        ("u",),
        lambda x, u, t, p: [u[0]],
        initial_time=0.75,
        final_time=1.0,
        final_state={"x": 0.75},
        **common,
    )
    return MultiPhaseProblem("interior point", (first, second), (Link("first", "second"),))


def interior_optimum() -> float:
    """On each part x is a sum of cosh and sinh, and the cost [x x'] between its ends."""
    whole = 0.0
    for span, start, end in ((0.75, 1.0, 0.9), (0.25, 0.9, 0.75)):
        slope = (end - start * math.cosh(span)) / math.sinh(span)
        last = start * math.sinh(span) + slope * math.cosh(span)
        whole += end * last - start * slope
    return whole


def robot_dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """A robot that floats, with two pairs of jets."""
    first, second = u[0] - u[1], u[2] - u[3]
    return [x[3], x[4], x[5], (first + second) * ca.cos(x[2]), (first + second) * ca.sin(x[2]), 0.2 * (first - second)]


def ridge(x: Any, start: tuple[float, float], radius_squared: float) -> Any:
    """How far a point is outside of a disc."""
    return (x[0] - start[0]) ** 2 + (x[1] - start[1]) ** 2 - radius_squared


PROBLEMS = [
    SuiteProblem(
        "breakwell",
        "Bryson and Ho, 3.11; PSOPT",
        stated(
            "breakwell",
            "x v",
            "u",
            lambda x, u, t, p: [x[1], u[0]],
            running_cost=lambda x, u, t, p: u[0] ** 2 / 2,
            initial_state={"x": 0, "v": 1},
            final_state={"x": 0, "v": -1},
            state_bounds={"x": (-2, 0.1)},
        ),
        4 / 0.9,
    ),
    SuiteProblem(
        "free speed",
        "Locatelli, 3.3; PSOPT",
        stated(
            "free speed",
            "x v",
            "u",
            lambda x, u, t, p: [x[1], u[0]],
            running_cost=lambda x, u, t, p: u[0] ** 2 / 2,
            initial_state={"x": 0, "v": 0},
            final_state={"x": 1},
        ),
        1.5,
    ),
    SuiteProblem(
        "analytic",
        "Neuenhofen and Kerrigan, 2020; PSOPT",
        stated(
            "analytic",
            "y",
            "u",
            lambda x, u, t, p: [x[0] ** 2 / 2 + u[0]],
            running_cost=lambda x, u, t, p: x[0] ** 2 + ca.cos(t) * u[0],
            initial_state={"y": 0},
            control_bounds={"u": (-1.5, 1)},
            final_time=math.pi / 2,
        ),
        -0.256996962561,
    ),
    SuiteProblem("interior point", "MISER; PSOPT", interior_point, interior_optimum()),
    SuiteProblem(
        "least top speed",
        "a − a²/8 = 1",
        stated(
            "least top speed",
            "x v",
            "u",
            lambda x, u, t, p: [x[1], u[0]],
            terminal_cost=lambda x, t, p: p[0],
            path_constraints=[PathConstraint(lambda x, u, t, p: x[1] - p[0], upper=0.0)],
            initial_state={"x": 0, "v": 0},
            final_state={"x": 1, "v": 0},
            control_bounds={"u": (-8, 8)},
            parameters={"top": FreeParameter(2.0)},
        ),
        4 - math.sqrt(8),
    ),
    SuiteProblem(
        "round two discs",
        "a taut string; PSOPT, obstacle_arc",
        stated(
            "round two discs",
            "x y",
            "heading",
            lambda x, u, t, p: [2.138 * ca.cos(u[0]), 2.138 * ca.sin(u[0])],
            terminal_cost=final_time,
            initial_state={"x": 0, "y": 0},
            final_state={"x": 1.2, "y": 1.6},
            path_constraints=[
                PathConstraint(
                    lambda x, u, t, p: ca.vertcat(ridge(x, (0.4, 0.5), 0.1), ridge(x, (0.8, 1.5), 0.1)), lower=0.0
                )
            ],
            control_bounds={"heading": (-math.pi / 2, math.pi)},
            final_time=FreeTime(1.0, 0.1, 10.0),
        ),
        0.997063747177498,
    ),
    SuiteProblem(
        "New York to London",
        "the geodesic of the spheroid; PSOPT, geodesic",
        stated(
            "New York to London",
            "x y z",
            "polar azimuth",
            lambda x, u, t, p: [
                SPEED * ca.sin(u[0]) * ca.cos(u[1]),
                SPEED * ca.sin(u[0]) * ca.sin(u[1]),
                SPEED * ca.cos(u[0]),
            ],
            terminal_cost=lambda x, t, p: SPEED * t,
            path_constraints=[
                PathConstraint(
                    lambda x, u, t, p: (x[0] ** 2 + x[1] ** 2) / EQUATOR**2 + x[2] ** 2 / POLE**2 - 1, 0.0, 0.0
                )
            ],
            initial_state=place(40.6413, 73.7781),
            final_state=place(51.4700, 0.4543),
            control_bounds={"polar": (0, np.pi), "azimuth": (0, 2 * np.pi)},
            final_time=FreeTime(6.0, 3.0, 10.0),
        ),
        5549.6819,
    ),
    SuiteProblem(
        "free-flying robot",
        "Sakawa, 1999; Betts, 2010 (a lower minimum is found by refine)",
        stated(
            "free-flying robot",
            "x y angle vx vy spin",
            "u1 u2 u3 u4",
            robot_dynamics,
            running_cost=lambda x, u, t, p: ca.sum1(u),
            initial_state={"x": -10, "y": -10, "angle": math.pi / 2, "vx": 0, "vy": 0, "spin": 0},
            final_state={"x": 0, "y": 0, "angle": 0, "vx": 0, "vy": 0, "spin": 0},
            control_bounds={f"u{i}": (0, 1) for i in range(1, 5)},
            path_constraints=[PathConstraint(lambda x, u, t, p: ca.vertcat(u[0] + u[1], u[2] + u[3]), upper=1.0)],
            final_time=12.0,
        ),
        7.910154,
    ),
]
