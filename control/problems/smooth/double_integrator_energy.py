"""The double integrator at least energy: a unit displacement, from rest to rest, in unit time."""

import math
from typing import Any

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import GREEN, Figure, Sheet
from geodepth.control.solution.solution import Solution


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """x' = v, v' = u."""
    return [x[1], u[0]]


def half_square(x: Any, u: Any, t: Any, p: Any) -> Any:
    """l = u²/2."""
    return u[0] ** 2 / 2


def build(name: str = "double-integrator-energy", fastest: float = math.inf) -> OptimalControlProblem:
    """States x (m), v (m/s); control u (m/s²); `fastest` bounds v.

    Without that bound the optimal control is 6 − 12t, the costates ∂V/∂x are (−12, 12t − 6).
    """
    return OptimalControlProblem(
        name=name,
        states=("x", "v"),
        controls=("u",),
        dynamics=dynamics,
        running_cost=half_square,
        initial_state={"x": -1.0, "v": 0.0},
        final_state={"x": 0.0, "v": 0.0},
        state_bounds={"v": (-math.inf, fastest)},
    )


def plot(solution: Solution) -> Figure:
    """Position, speed and acceleration: a cubic, a parabola and a line."""
    return draw_motion(solution, f"Double integrator, minimum energy {solution.cost:.6g}").finished()


def draw_motion(solution: Solution, title: str) -> Sheet:
    """Position, speed and acceleration against time, one panel each."""
    sheet = Sheet(solution, title, rows=3, sharex=True, size=(6.5, 6))
    sheet.state(0, "x", ylabel="position x (m)")
    sheet.state(1, "v", GREEN, ylabel="speed v (m/s)")
    sheet.control(2, "u", ylabel="acceleration u (m/s²)", xlabel="time (s)")
    return sheet


PROBLEM = ClassicProblem(
    name="double-integrator-energy",
    title="Double integrator, minimum energy",
    statement="x'' = u; (−1, 0) → (0, 0) in unit time; minimize ½∫u²",
    source="Bryson and Ho, Applied Optimal Control, 1975",
    reference=6.0,
    reference_source="analytic",
    build=build,
    quantity="energy",
    plot=plot,
    units={"time": "s", "x": "m", "v": "m/s", "u": "m/s²"},
    unit="m²/s³",
    accuracy=1e-7,
)
