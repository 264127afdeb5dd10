"""An arm of two links in the plane, from rest to rest in least time by torques at its joints."""

import math
from typing import Any

import casadi as ca

from geodepth.control.model.problem import FreeTime, OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.costs import final_time
from geodepth.control.problems.drawing import BLACK, BLUE, GREEN, PINK, Axes, Figure, Sheet
from geodepth.control.solution.solution import Solution

START, END = {"spin": 0.0, "outer_spin": 0.0, "bend": 0.5, "angle": 0.0}, {"bend": 0.5, "angle": 0.522}


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """Both links are rods of length 1 and mass 1; a mass of 1 is at the outer end."""
    spin, outer, bend = x[0], x[1], x[2]
    s, c = ca.sin(bend), ca.cos(bend)
    inertia = 31 / 36 + 9 / 4 * s**2
    first = s * (9 / 4 * c * spin**2 + 2 * outer**2) + 4 / 3 * (u[0] - u[1]) - 3 / 2 * c * u[1]
    second = s * (7 / 2 * spin**2 + 9 / 4 * c * outer**2) - 7 / 3 * u[1] + 3 / 2 * c * (u[0] - u[1])
    return [first / inertia, -second / inertia, outer - spin, spin]


def build() -> OptimalControlProblem:
    """States spin, outer_spin (of both links), bend (between them) and angle (of the first); controls are torques."""
    return OptimalControlProblem(
        name="two-link-arm",
        states=tuple(START),
        controls=("shoulder", "elbow"),
        dynamics=dynamics,
        terminal_cost=final_time,
        initial_state=START,
        final_state=START | END,
        control_bounds={"shoulder": (-1.0, 1.0), "elbow": (-1.0, 1.0)},
        final_time=FreeTime(3.0, 1.0, 10.0),
    )


def pose(axes: Axes, state: Any, control: Any, strength: float = 1.0) -> None:
    """Both links, from the shoulder at the origin."""
    elbow = (math.cos(state[3]), math.sin(state[3]))
    hand = (elbow[0] + math.cos(state[3] + state[2]), elbow[1] + math.sin(state[3] + state[2]))
    axes.plot([0.0, elbow[0]], [0.0, elbow[1]], color=BLUE, alpha=strength)
    axes.plot([elbow[0], hand[0]], [elbow[1], hand[1]], color=PINK, alpha=strength)
    axes.plot(0.0, 0.0, "o", color=BLACK, ms=5)
    axes.set(xlabel="x", ylabel="y", aspect="equal")


def plot(solution: Solution) -> Figure:
    """Poses from pale to dark, the angles, and the torques."""
    title = f"Two-link arm: final time {solution.cost:.8g}"
    sheet = Sheet(solution, title, layout="AB;AC", size=(9.0, 5.0))
    sheet.strip(9, pose)
    sheet.state(1, "bend", label="bend")
    sheet.state(1, "angle", GREEN, label="angle", xlabel="time", ylabel="rad")
    sheet.control(2, "shoulder", label="shoulder")
    sheet.control(2, "elbow", label="elbow", colour=GREEN, xlabel="time", ylabel="torque")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="two-link-arm",
    title="Arm of two links",
    statement="two rods in the plane with a mass at the end, |torques| ≤ 1; rest to rest, "
    "bend ½, angle 0 → 0.522 rad; minimize the final time",
    source="Luus, Iterative Dynamic Programming, 2000; PSOPT",
    reference=2.98227994,
    reference_source="three switches, sought with SciPy's DOP853 and fsolve",
    published="2.98227 (PSOPT)",
    build=build,
    quantity="final time",
    plot=plot,
    pose=pose,
    units=dict.fromkeys(("time", "spin", "outer_spin", "bend", "angle", "shoulder", "elbow"), ""),
    guess={"angle": (0.0, 0.522)},
    intervals=100,
    accuracy=5e-5,
)
