"""The double integrator with the smallest greatest force: a minimax problem, by a free parameter above |u|."""

from typing import Any

from geodepth.control.model.problem import FreeParameter, OptimalControlProblem, PathConstraint
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import Figure
from geodepth.control.problems.smooth.double_integrator_energy import draw_motion, dynamics
from geodepth.control.solution.solution import Solution

TIME = 2.0


def greatest_force(x: Any, t: Any, p: Any) -> Any:
    """m = the parameter that bounds |u|."""
    return p[0]


def beyond(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """By how much u and −u are above the parameter."""
    return [u[0] - p[0], -u[0] - p[0]]


def optimum() -> float:
    """4/T²: full force one way for half of the time, and then the other."""
    return 4 / TIME**2


def build() -> OptimalControlProblem:
    """States x, v, control u, and the free parameter "greatest"."""
    return OptimalControlProblem(
        name="double-integrator-least-force",
        states=("x", "v"),
        controls=("u",),
        dynamics=dynamics,
        terminal_cost=greatest_force,
        initial_state={"x": 0.0, "v": 0.0},
        final_state={"x": 1.0, "v": 0.0},
        path_constraints=[PathConstraint(beyond, upper=0.0)],
        final_time=TIME,
        parameters={"greatest": FreeParameter(2.0, 0.0, 100.0)},
    )


def plot(solution: Solution) -> Figure:
    """Position, speed and acceleration."""
    return draw_motion(solution, f"Double integrator, least greatest force {solution.cost:.7g} m/s²").finished()


PROBLEM = ClassicProblem(
    name="double-integrator-least-force",
    title="Double integrator, least greatest force",
    statement="x'' = u; (0, 0) → (1, 0), T = 2; minimize max |u|",
    source="Bryson and Ho, Applied Optimal Control, 1975",
    reference=1.0,
    reference_source="closed form",
    build=build,
    quantity="greatest force",
    plot=plot,
    units={"time": "s", "x": "m", "v": "m/s", "u": "m/s²"},
    unit="m/s²",
    tolerance=1e-10,
    exact=optimum,
)
