"""The double integrator that pays for time and for speed: it accelerates, coasts at the best speed, and brakes."""

from typing import Any

from geodepth.control.model.problem import FreeTime, OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import Figure
from geodepth.control.problems.smooth.double_integrator_energy import draw_motion, dynamics
from geodepth.control.solution.solution import Solution

DISTANCE = 3.0


def time_and_speed(x: Any, u: Any, t: Any, p: Any) -> Any:
    """l = (1 + v²)/2."""
    return (1 + x[1] ** 2) / 2


def optimum() -> float:
    """The singular arc is at speed 1: a metre costs 1 there, and 4/3 over each of two half metres to it and from it."""
    return DISTANCE - 1 + 2 * (1 + 1 / 3) / 2


def build() -> OptimalControlProblem:
    """States x, v and control u, a force of at most 1 either way."""
    return OptimalControlProblem(
        name="double-integrator-least-speed",
        states=("x", "v"),
        controls=("u",),
        dynamics=dynamics,
        running_cost=time_and_speed,
        initial_state={"x": 0.0, "v": 0.0},
        final_state={"x": DISTANCE, "v": 0.0},
        control_bounds={"u": (-1.0, 1.0)},
        final_time=FreeTime(4.5, 2.0, 8.0),
    )


def plot(solution: Solution) -> Figure:
    """Position, speed and acceleration."""
    return draw_motion(solution, f"Double integrator, time and speed {solution.cost:.8g}").finished()


PROBLEM = ClassicProblem(
    name="double-integrator-least-speed",
    title="Double integrator, time and speed",
    statement="x'' = u, |u| ≤ 1; (0, 0) → (3, 0); minimize ½∫1 + v² over a free time",
    source="Locatelli, Optimal Control: An Introduction, 2001; PSOPT",
    reference=optimum(),
    reference_source="closed form",
    published="10/3",
    build=build,
    plot=plot,
    units={"time": "s", "x": "m", "v": "m/s", "u": "m/s²"},
    guess={"x": (0.0, DISTANCE), "v": 0.5},
    exact=optimum,
)
