"""A transfer between circular orbits by low thrust, with the least energy: one revolution and a half outwards."""

import math
from typing import Any

import numpy as np

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import BLUE, GREEN, Figure, Sheet
from geodepth.control.solution.solution import Solution

RADIUS, TIME = 1.5, 10.0


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """r' = v_r, v_r' = v_θ²/r − 1/r² + u_r, v_θ' = −v_r v_θ/r + u_θ."""
    radius, radial, around = x[0], x[1], x[2]
    return [radial, around**2 / radius - 1 / radius**2 + u[0], -radial * around / radius + u[1]]


def energy(x: Any, u: Any, t: Any, p: Any) -> Any:
    """l = (u_r² + u_θ²)/2."""
    return (u[0] ** 2 + u[1] ** 2) / 2


def build() -> OptimalControlProblem:
    """States r, vr, vt (distance, and velocities outwards and around) and controls ur, ut, the thrust."""
    return OptimalControlProblem(
        name="low-thrust-transfer",
        states=("r", "vr", "vt"),
        controls=("ur", "ut"),
        dynamics=dynamics,
        running_cost=energy,
        initial_state={"r": 1.0, "vr": 0.0, "vt": 1.0},
        final_state={"r": RADIUS, "vr": 0.0, "vt": 1 / math.sqrt(RADIUS)},
        state_bounds={"r": (0.5, 3.0)},
        final_time=TIME,
    )


def plot(solution: Solution) -> Figure:
    """The orbit, and the thrust."""
    sheet = Sheet(solution, f"Low-thrust transfer: energy {solution.cost:.8g}", columns=2, size=(9.5, 4.5))
    times, (radius, _, around) = sheet.path.times, sheet.path.states.T
    rates = around / radius
    angle = np.concatenate([[0.0], np.cumsum((rates[1:] + rates[:-1]) / 2 * np.diff(times))])
    sheet.axes[0].plot(radius * np.cos(angle), radius * np.sin(angle), color=BLUE)
    sheet.axes[0].set(xlabel="x", ylabel="y", aspect="equal")
    sheet.control(1, "ur", label="outwards")
    sheet.control(1, "ut", label="around", colour=GREEN, xlabel="time", ylabel="thrust")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="low-thrust-transfer",
    title="Orbit transfer by low thrust",
    statement="r' = v_r, v_r' = v_θ²/r − 1/r² + u_r, v_θ' = −v_r v_θ/r + u_θ; circle of 1 → circle of 1.5, T = 10; "
    "minimize ½∫|u|²",
    source="polar coordinates as in Bryson and Ho, section 2.5",
    reference=0.00179013619507,
    reference_source="Pontryagin's equations by SciPy's solve_bvp",
    build=build,
    quantity="energy",
    plot=plot,
    units=dict.fromkeys(("time", "r", "vr", "vt", "ur", "ut"), ""),
    guess={"ur": 0.0, "ut": 0.01},
    intervals=100,
)
