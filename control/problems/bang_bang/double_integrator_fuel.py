"""The double integrator with the least fuel: on, off, and on the other way."""

from typing import Any

import casadi as ca

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import Figure
from geodepth.control.problems.smooth.double_integrator_energy import draw_motion, dynamics
from geodepth.control.solution.solution import Solution

DISTANCE, TIME = 0.75, 2.0


def fuel(x: Any, u: Any, t: Any, p: Any) -> Any:
    """l = |u|, whose kink is solved exactly."""
    return ca.fabs(u[0])


def optimum() -> float:
    """Twice the burn s, for which s (T − s) is the distance."""
    return float(TIME - (TIME**2 - 4 * DISTANCE) ** 0.5)


def build() -> OptimalControlProblem:
    """States x, v and control u, a force of at most 1 either way."""
    return OptimalControlProblem(
        name="double-integrator-fuel",
        states=("x", "v"),
        controls=("u",),
        dynamics=dynamics,
        running_cost=fuel,
        initial_state={"x": 0.0, "v": 0.0},
        final_state={"x": DISTANCE, "v": 0.0},
        control_bounds={"u": (-1.0, 1.0)},
        final_time=TIME,
    )


def plot(solution: Solution) -> Figure:
    """Position, speed and acceleration."""
    return draw_motion(solution, f"Double integrator, least fuel {solution.cost:.7g} m/s").finished()


PROBLEM = ClassicProblem(
    name="double-integrator-fuel",
    title="Double integrator, least fuel",
    statement="x'' = u, |u| ≤ 1; (0, 0) → (3/4, 0), T = 2; minimize ∫|u|",
    source="Athans and Falb, Optimal Control, 1966",
    reference=1.0,
    reference_source="closed form",
    build=build,
    quantity="fuel",
    plot=plot,
    units={"time": "s", "x": "m", "v": "m/s", "u": "m/s²"},
    unit="m/s",
    exact=optimum,
)
