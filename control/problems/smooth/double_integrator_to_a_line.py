"""The double integrator with the least energy to a line in the plane of states, which it may meet anywhere."""

from typing import Any

from geodepth.control.model.problem import BoundaryConstraint, OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import BLACK, BLUE, Figure, Sheet
from geodepth.control.problems.smooth.double_integrator_energy import dynamics, half_square
from geodepth.control.solution.solution import Solution


def line(x0: Any, xf: Any, t0: Any, tf: Any, p: Any) -> Any:
    """x − 2v at the end."""
    return xf[0] - 2 * xf[1]


def optimum() -> float:
    """The end is on the line when ∫−(1 + t)u = 1: u = −3(1 + t)/7, and ½∫u² = 3/14."""
    return 3 / 14


def build() -> OptimalControlProblem:
    """States x, v and control u, over a time of 1."""
    return OptimalControlProblem(
        name="double-integrator-to-a-line",
        states=("x", "v"),
        controls=("u",),
        dynamics=dynamics,
        running_cost=half_square,
        initial_state={"x": 0.0, "v": 0.0},
        boundary_constraints=[BoundaryConstraint(line, 1.0, 1.0)],
    )


def plot(solution: Solution) -> Figure:
    """The path in the plane of states and the line, and the force."""
    sheet = Sheet(solution, f"Double integrator to a line: {solution.cost:.9g}", columns=2, size=(9.0, 4.0))
    sheet.axes[0].plot(*sheet.path.states.T, color=BLUE)
    sheet.axes[0].plot([-0.5, 0.0], [-0.75, -0.5], color=BLACK, lw=0.8, ls="--", label="x − 2v = 1")
    sheet.axes[0].set(xlabel="position x", ylabel="speed v")
    sheet.control(1, "u", xlabel="time", ylabel="force u")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="double-integrator-to-a-line",
    title="Double integrator, least energy to a line",
    statement="x'' = u; (0, 0) → x − 2v = 1, T = 1; minimize ½∫u²",
    source="the target set of PSOPT's mineng example",
    reference=optimum(),
    reference_source="closed form",
    published="3/14",
    build=build,
    quantity="energy",
    plot=plot,
    units=dict.fromkeys(("time", "x", "v", "u"), ""),
    solvers=("ipopt",),
    exact=optimum,
)
