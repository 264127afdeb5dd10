"""Dynamic soaring: a glider that flies in a closed loop through a wind that grows with height, by the least wind."""

import math
from typing import Any

import casadi as ca

from geodepth.control.model.problem import (
    BoundaryConstraint,
    FreeParameter,
    FreeTime,
    OptimalControlProblem,
    PathConstraint,
)
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import BLUE, GREEN, Figure, Sheet
from geodepth.control.solution.solution import Solution

MASS, GRAVITY, DENSITY, AREA = 5.6, 32.2, 0.002378, 45.09703
"""slug, ft/s², slug/ft³, ft²."""
DRAG, INDUCED_DRAG, LEAST_LOAD, GREATEST_LOAD = 0.00873, 0.045, -2.0, 5.0
PERIOD, RADIUS = 24.0, 600.0
"""s, ft: of the guess."""


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """A point mass in the wind p h along x; the speed is that through the air."""
    height, speed, climb, heading = x[2], x[3], x[4], x[5]
    pressure = DENSITY * speed**2 / 2 * AREA
    lift, drag = pressure * u[0], pressure * (DRAG + INDUCED_DRAG * u[0] ** 2)
    gust = p[0] * speed * ca.sin(climb)
    return [
        speed * ca.cos(climb) * ca.sin(heading) + p[0] * height,
        speed * ca.cos(climb) * ca.cos(heading),
        speed * ca.sin(climb),
        -drag / MASS - GRAVITY * ca.sin(climb) - gust * ca.cos(climb) * ca.sin(heading),
        (lift / MASS * ca.cos(u[1]) - GRAVITY * ca.cos(climb) + gust * ca.sin(climb) * ca.sin(heading)) / speed,
        (lift / MASS * ca.sin(u[1]) - gust * ca.cos(heading)) / (speed * ca.cos(climb)),
    ]


def wind(x: Any, t: Any, p: Any) -> Any:
    """m = the wind's gradient, in 1/s."""
    return p[0]


def load(x: Any, u: Any, t: Any, p: Any) -> Any:
    """Lift over weight."""
    return DENSITY * AREA / (2 * MASS * GRAVITY) * u[0] * x[3] ** 2


def turned(x0: Any, xf: Any, t0: Any, tf: Any, p: Any) -> Any:
    """Speed and climb are again what they were, and the heading a full turn further."""
    return xf[3:] - x0[3:]


def _along(t: float) -> float:
    return RADIUS * (math.cos(2 * math.pi * t / PERIOD) - 1)


def _across(t: float) -> float:
    return -RADIUS / 3 * math.sin(2 * math.pi * t / PERIOD)


def _height(t: float) -> float:
    return -0.7 * _along(t)


def build() -> OptimalControlProblem:
    """States x, y, height, speed, climb, heading; controls lift coefficient and bank; free parameter wind."""
    turn = [0.0, 0.0, 2 * math.pi]
    return OptimalControlProblem(
        name="dynamic-soaring",
        states=("x", "y", "height", "speed", "climb", "heading"),
        controls=("lift", "bank"),
        dynamics=dynamics,
        terminal_cost=wind,
        parameters={"wind": FreeParameter(0.08, 0.005, 0.15)},
        initial_state={"x": 0.0, "y": 0.0, "height": 0.0},
        final_state={"x": 0.0, "y": 0.0, "height": 0.0},
        state_bounds={
            "x": (-1500.0, 1500.0),
            "y": (-1000.0, 1000.0),
            "height": (0.0, 1000.0),
            "speed": (10.0, 350.0),
            "climb": (-1.309, 1.309),
            "heading": (-3.927, 3.927),
        },
        control_bounds={"lift": (0.0, 1.5), "bank": (-1.309, 1.309)},
        path_constraints=[PathConstraint(load, LEAST_LOAD, GREATEST_LOAD)],
        boundary_constraints=[BoundaryConstraint(turned, turn, turn)],
        final_time=FreeTime(PERIOD, 10.0, 30.0),
    )


def plot(solution: Solution) -> Figure:
    """The loop from above and from the side, and both controls."""
    title = f"Dynamic soaring: wind {solution.cost:.8g} per second"
    sheet = Sheet(solution, title, rows=2, columns=2, size=(9.0, 6.5))
    for panel, other, label in ((0, "y", "y (ft)"), (1, "height", "height (ft)")):
        sheet.axes[panel].plot(*(sheet.path.states[:, solution.state_names.index(n)] for n in ("x", other)), color=BLUE)
        sheet.axes[panel].set(xlabel="x (ft)", ylabel=label, aspect="equal")
    sheet.control(2, "lift", xlabel="time (s)", ylabel="lift coefficient")
    sheet.control(3, "bank", colour=GREEN, xlabel="time (s)", ylabel="bank (rad)")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="dynamic-soaring",
    title="Dynamic soaring",
    statement="glider of 5.6 slug in a wind βh, load between −2 and 5, bank ≤ 75°; one closed loop; minimize β",
    source="Zhao, Optimal Patterns of Glider Dynamic Soaring, 2004; yapss",
    reference=0.063587034,
    reference_source="refined collocation on Radau's and on Gauss' points, which agree to 2e-9; yapss is 1.2e-6 lower",
    published="0.0635869566 (yapss)",
    build=build,
    quantity="wind gradient",
    plot=plot,
    units={"time": "s", "x": "ft", "y": "ft", "height": "ft", "speed": "ft/s", "climb": "rad", "heading": "rad"}
    | {"lift": "", "bank": "rad"},
    unit="1/s",
    guess={
        "x": _along,
        "y": _across,
        "height": _height,
        "speed": 150.0,
        "climb": 0.0,
        "heading": (0.0, 2 * math.pi),
        "lift": 0.5,
        "bank": math.pi / 4,
    },
    intervals=150,
    accuracy=1e-4,
    solvers=("ipopt",),
)
