"""The hang glider: the longest flight through a thermal."""

from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.problem import FreeTime, OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.costs import negative_first_state
from geodepth.control.problems.drawing import BLACK, BLUE, GREEN, ORANGE, Figure, Sheet
from geodepth.control.solution.solution import Solution
from geodepth.foundation.shapes import Float

MASS, AREA, DENSITY, GRAVITY = 100.0, 14.0, 1.13, 9.80665
"""kg, m², kg/m³, m/s²."""
DRAG_ZERO, DRAG_LIFT = 0.034, 0.069662
"""c_D = 0.034 + 0.069662 c_L²."""
UPDRAFT, THERMAL_AT, THERMAL_WIDTH = 2.5, 250.0, 100.0
"""m/s, m, m."""
SPEED = {"vx": 13.2275675, "vy": -1.28750052}
"""m/s, at both ends: the steady glide."""


def updraft(x: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """The thermal's vertical wind (m/s) at horizontal positions x (m)."""
    r = (x - THERMAL_AT) ** 2 / THERMAL_WIDTH**2
    return np.asarray(UPDRAFT * (1 - r) * np.exp(-r))


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """x' = v_x, y' = v_y, v_x' = −(L w + D v_x)/(m V), v_y' = (L v_x − D w)/(m V) − g, w = v_y − updraft."""
    r = ((x[0] - THERMAL_AT) / THERMAL_WIDTH) ** 2
    rise = x[3] - UPDRAFT * (1 - r) * ca.exp(-r)
    speed = ca.sqrt(x[2] ** 2 + rise**2)
    # L/V and D/V.
    pressure = DENSITY * AREA * speed / 2
    lift = u[0] * pressure
    drag = (DRAG_ZERO + DRAG_LIFT * u[0] ** 2) * pressure
    return [x[2], x[3], -(lift * rise + drag * x[2]) / MASS, (lift * x[2] - drag * rise) / MASS - GRAVITY]


def build() -> OptimalControlProblem:
    """States x, y (m), vx, vy (m/s); control c_L, the lift coefficient."""
    return OptimalControlProblem(
        name="hang-glider",
        states=("x", "y", "vx", "vy"),
        controls=("c_L",),
        dynamics=dynamics,
        terminal_cost=negative_first_state,
        initial_state={"x": 0.0, "y": 1000.0, **SPEED},
        final_state={"y": 900.0, **SPEED},
        state_bounds={"x": (0.0, 2000.0), "y": (0.0, 2000.0), "vx": (1.0, 30.0), "vy": (-15.0, 15.0)},
        control_bounds={"c_L": (0.0, 1.4)},
        final_time=FreeTime(guess=100.0, lower=10.0, upper=200.0),
    )


def plot(solution: Solution) -> Figure:
    """The path over ground with the thermal beneath it, the speeds, and the lift coefficient."""
    title = f"Hang glider: range {-solution.cost:.8g} m in {solution.times[-1]:.6g} s"
    sheet = Sheet(solution, title, rows=3, size=(7.5, 8), height_ratios=(1.5, 1, 1))
    axes = sheet.axes
    ground, height = sheet.path.states[:, :2].T
    axes[0].plot(ground, height, color=BLUE)
    axes[0].set(xlabel="distance x (m)", ylabel="height y (m)")
    wind = axes[0].twinx()
    along = np.linspace(0.0, ground[-1], 600)
    wind.fill_between(along, updraft(along), color=ORANGE, alpha=0.35, lw=0)
    wind.set(ylabel="updraft (m/s)", ylim=(-0.6, 10.0))
    wind.yaxis.label.set_color(ORANGE)
    # The path stays in front of the thermal.
    axes[0].set_zorder(wind.get_zorder() + 1)
    axes[0].patch.set_visible(False)
    sheet.state(1, "vx", label="forward $v_x$")
    sheet.state(1, "vy", GREEN, label="upward $v_y$", ylabel="speed (m/s)")
    sheet.control(2, "c_L", "c_L", xlabel="time (s)", ylabel="lift coefficient $c_L$")
    axes[2].axhline(1.4, color=BLACK, ls="--", lw=1, label="bound")
    axes[2].legend(fontsize="small", loc="center right")
    axes[1].sharex(axes[2])
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="hang-glider",
    title="Hang glider",
    statement="a glider of 100 kg in a thermal, 0 ≤ c_L ≤ 1.4; (0, 1000) → y = 900 m with the speed of steady glide; "
    "maximize the range",
    source="Bulirsch, Nerz, Pesch and von Stryk, 1993; constants as in Betts",
    reference=1248.031029,
    published="1248.03103 m, final time 98.436940 s",
    build=build,
    quantity="range",
    plot=plot,
    units={"time": "s", "x": "m", "y": "m", "vx": "m/s", "vy": "m/s", "c_L": ""},
    unit="m",
    guess={"x": (0.0, 1250.0), "vx": 13.2275675, "vy": -1.28750052, "c_L": 1.0},
    intervals=200,
    sign=-1,
)
