"""Zermelo's navigation problem: the fastest crossing of a vortex by a boat of unit speed."""

import math
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.problem import FreeTime, OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.costs import final_time
from geodepth.control.problems.drawing import BLUE, RED, SKY, Figure, Sheet
from geodepth.control.solution.solution import Solution

START, END = (-2.0, 0.0), (0.5, -1.6)


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """x' = cos u + y w, y' = sin u − x w with the vortex w = exp(0.25 − x² − y²)."""
    vortex = ca.exp(0.25 - x[0] ** 2 - x[1] ** 2)
    return [ca.cos(u[0]) + x[1] * vortex, ca.sin(u[0]) - x[0] * vortex]


def build() -> OptimalControlProblem:
    """States x, y (position) and control u (heading, rad), in units of the boat's speed."""
    return OptimalControlProblem(
        name="zermelo-vortex",
        states=("x", "y"),
        controls=("u",),
        dynamics=dynamics,
        terminal_cost=final_time,
        initial_state={"x": START[0], "y": START[1]},
        final_state={"x": END[0], "y": END[1]},
        final_time=FreeTime(guess=3.5, lower=0.5, upper=20.0),
    )


def optimum() -> float:
    """The final time by shooting: Zermelo's equation gives the heading's rate, and two unknowns meet the end.

    Source: Bryson and Ho, Applied Optimal Control, section 2.7.
    """
    from scipy.integrate import solve_ivp
    from scipy.optimize import fsolve

    def crossed(_: float, z: np.ndarray) -> list[float]:
        x, y, u = z
        vortex = math.exp(0.25 - x**2 - y**2)
        sine, cosine = math.sin(u), math.cos(u)
        # The current is (y w, -x w); w_x = -2 x w and w_y = -2 y w.
        shear = cosine * sine * (-2 * x * y - 2 * x * y) + sine**2 * (2 * x**2 - 1) - cosine**2 * (1 - 2 * y**2)
        return [cosine + y * vortex, sine - x * vortex, vortex * shear]

    def miss(given: np.ndarray) -> np.ndarray:
        found = solve_ivp(crossed, (0.0, given[1]), [*START, given[0]], "DOP853", rtol=1e-12, atol=1e-13)
        return np.asarray(found.y[:2, -1] - END)

    return float(fsolve(miss, [0.125, 3.52], xtol=1e-13)[1])


def plot(solution: Solution) -> Figure:
    """The path in the current, with the boat's heading, and the heading against time."""
    sheet = Sheet(solution, f"Zermelo's vortex: {solution.cost:.10g} to cross", columns=2, size=(9.5, 4.2))
    axes = sheet.axes
    x, y = np.meshgrid(np.linspace(-2.4, 1.2, 19), np.linspace(-2.0, 1.6, 19))
    vortex = np.exp(0.25 - x**2 - y**2)
    axes[0].quiver(x, y, y * vortex, -x * vortex, color=SKY, width=0.003, label="current")
    axes[0].plot(*sheet.path.states.T, color=BLUE, label="path")
    boats = sheet.at_equal_times(12)
    heading = boats.controls[:, 0]
    axes[0].quiver(*boats.states.T, np.cos(heading), np.sin(heading), color=RED, scale=14, label="heading")
    axes[0].plot(*np.transpose([START, END]), "o", color=BLUE, ms=5)
    axes[0].set(xlabel="x", ylabel="y", aspect="equal")
    axes[0].legend(fontsize="small", loc="lower left")
    sheet.control(1, "u", scale=180 / math.pi, xlabel="time", ylabel="heading u (°)")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="zermelo-vortex",
    title="Zermelo in a vortex",
    statement="x' = cos u + y w, y' = sin u − x w, w = exp(0.25 − x² − y²); (−2, 0) → (0.5, −1.6); "
    "minimize the final time",
    source="Zermelo, 1931; this vortex as in PROPT",
    reference=3.5197396530,
    reference_source="Zermelo's equation for the heading, by shooting",
    published="3.6820084655, a local minimum on the other side of the vortex",
    build=build,
    quantity="final time",
    plot=plot,
    units={"time": "", "x": "", "y": "", "u": "rad"},
    guess={"y": 0.5, "u": 0.1},
    intervals=60,
    accuracy=1e-6,
    exact=optimum,
)
