"""Re-entry of the space shuttle: the greatest cross-range."""

import math
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.problem import FreeTime, OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import BLUE, GREEN, PINK, RED, Figure, Sheet
from geodepth.control.solution.solution import Solution

EARTH_RADIUS, GRAVITATION = 20902900.0, 0.14076539e17
"""ft, ft³/s²."""
DENSITY, DENSITY_HEIGHT = 0.002378, 23800.0
"""slug/ft³, ft."""
MASS, AREA = 203000.0 / 32.174, 2690.0
"""slug, ft²."""
LIFT, DRAG = (-0.20704, 0.029244), (0.07854, -0.61592e-2, 0.621408e-3)
"""Polynomials in the angle of attack in degrees."""
HEIGHT_UNIT, SPEED_UNIT = 1e5, 1e4
"""ft, ft/s: see `build`."""


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """Point mass over a spherical earth that does not turn (Betts, section 6.1)."""
    height, latitude, speed = HEIGHT_UNIT * x[0], x[2], SPEED_UNIT * x[3]
    path, azimuth = x[4], x[5]
    attack, bank = u[0] * 180 / math.pi, u[1]
    radius = EARTH_RADIUS + height
    gravity = GRAVITATION / radius**2
    pressure = DENSITY * ca.exp(-height / DENSITY_HEIGHT) * speed**2 * AREA / 2
    lift = pressure * (LIFT[0] + LIFT[1] * attack) / MASS
    drag = pressure * (DRAG[0] + DRAG[1] * attack + DRAG[2] * attack**2) / MASS
    turn = speed / radius
    return [
        speed * ca.sin(path) / HEIGHT_UNIT,
        turn * ca.cos(path) * ca.sin(azimuth) / ca.cos(latitude),
        turn * ca.cos(path) * ca.cos(azimuth),
        (-drag - gravity * ca.sin(path)) / SPEED_UNIT,
        lift * ca.cos(bank) / speed + ca.cos(path) * (turn - gravity / speed),
        lift * ca.sin(bank) / (speed * ca.cos(path)) + turn * ca.cos(path) * ca.sin(azimuth) * ca.tan(latitude),
    ]


def lost_latitude(x: Any, t: Any, p: Any) -> Any:
    """m: minus the final latitude, in degrees."""
    return -x[2] * 180 / math.pi


def radians(degrees: float) -> float:
    """As written, not by math.radians, which differs in the last digit."""
    return degrees * math.pi / 180


def build() -> OptimalControlProblem:
    """States height (10⁵ ft), longitude, latitude (rad), speed (10⁴ ft/s), path_angle, azimuth (rad); controls attack,
    bank (rad).

    Height and speed are counted in large units, because in feet they are 10⁵ times the angles and IPOPT scales
    functions, not variables.
    """
    return OptimalControlProblem(
        name="shuttle-reentry",
        states=("height", "longitude", "latitude", "speed", "path_angle", "azimuth"),
        controls=("attack", "bank"),
        dynamics=dynamics,
        terminal_cost=lost_latitude,
        initial_state={
            "height": 2.6,
            "longitude": 0.0,
            "latitude": 0.0,
            "speed": 2.56,
            "path_angle": radians(-1.0),
            "azimuth": radians(90.0),
        },
        final_state={"height": 0.8, "speed": 0.25, "path_angle": radians(-5.0)},
        state_bounds={
            "height": (0.0, 3.0),
            "latitude": (radians(-89.0), radians(89.0)),
            "speed": (1e-2, 4.5),
            "path_angle": (radians(-89.0), radians(89.0)),
        },
        control_bounds={"attack": (radians(-90.0), radians(90.0)), "bank": (radians(-89.0), radians(1.0))},
        final_time=FreeTime(guess=2000.0, lower=100.0, upper=4000.0),
    )


def plot(solution: Solution) -> Figure:
    """Height and speed, the ground track, and the angles of attack and bank."""
    title = f"Shuttle re-entry: cross-range {-solution.cost:.8g}° in {solution.times[-1]:.6g} s"
    sheet = Sheet(solution, title, rows=2, columns=2, size=(9.5, 6))
    sheet.state(0, "height", scale=HEIGHT_UNIT / 1e3, xlabel="time (s)", ylabel="height (10³ ft)")
    sheet.state(1, "speed", GREEN, scale=SPEED_UNIT / 1e3, xlabel="time (s)", ylabel="speed (10³ ft/s)")
    sheet.axes[2].plot(*np.degrees(sheet.path.states[:, 1:3].T), color=PINK)
    sheet.axes[2].set(xlabel="longitude (°)", ylabel="latitude (°)")
    for name, colour in (("attack", RED), ("bank", BLUE)):
        sheet.control(3, name, name, 180 / math.pi, colour, xlabel="time (s)", ylabel="angle (°)")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="shuttle-reentry",
    title="Shuttle re-entry",
    statement="point mass over a spherical earth, from 260000 ft and 25600 ft/s to 80000 ft, 2500 ft/s and a path "
    "angle of −5°; maximize the latitude",
    source="Betts, Practical Methods for Optimal Control, section 6.1; constants as in PSOPT",
    reference=34.141184,
    published="34.1412°, final time 2008.59 s (dymos)",
    build=build,
    quantity="cross-range",
    plot=plot,
    units={"time": "s", "height": "10⁵ ft", "speed": "10⁴ ft/s"}
    | dict.fromkeys(("longitude", "latitude", "path_angle", "azimuth", "attack", "bank"), "rad"),
    unit="°",
    guess={
        "height": (2.6, 0.8),
        "longitude": (0.0, 1.5),
        "latitude": (0.0, 0.6),
        "speed": (2.56, 0.25),
        "path_angle": (radians(-1.0), radians(-5.0)),
        "azimuth": (radians(90.0), radians(20.0)),
        "attack": 0.3,
        "bank": (-1.3, -0.2),
    },
    intervals=150,
    accuracy=2e-7,
    sign=-1,
)
