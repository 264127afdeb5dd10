"""The linear hypersensitive problem: leave the start, rest at zero, and arrive at the end."""

import math
from typing import Any

import numpy as np

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import BLACK, Figure, Sheet
from geodepth.control.solution.solution import Solution
from geodepth.foundation.shapes import Float

START, END, HORIZON = 1.5, 1.0, 10.0
RATE = math.sqrt(2.0)
"""Of the decay from the start, and of the rise towards the end: x'' = 2x along an optimal path."""


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """x' = −x + u."""
    return [-x[0] + u[0]]


def quadratic(x: Any, u: Any, t: Any, p: Any) -> Any:
    """l = (x² + u²)/2."""
    return (x[0] ** 2 + u[0] ** 2) / 2


def build() -> OptimalControlProblem:
    """State x and control u, dimensionless."""
    return OptimalControlProblem(
        name="hypersensitive-linear",
        states=("x",),
        controls=("u",),
        dynamics=dynamics,
        running_cost=quadratic,
        initial_state={"x": START},
        final_state={"x": END},
        final_time=HORIZON,
    )


def closed_form(t: Float[np.ndarray, " n"]) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """x(t) = (START sinh √2(T − t) + END sinh √2 t) / sinh √2 T, and the costate ∂V/∂x = −u = −(x' + x)."""
    scale = math.sinh(RATE * HORIZON)
    left, right = RATE * (HORIZON - t), RATE * t
    x = (START * np.sinh(left) + END * np.sinh(right)) / scale
    slope = RATE * (END * np.cosh(right) - START * np.cosh(left)) / scale
    return x, -(slope + x)


def optimum() -> float:
    """½∫x² + (x' + x)² = ½[x² + x x'] over the ends, because x'' = 2x."""
    s, c = math.sinh(RATE * HORIZON), math.cosh(RATE * HORIZON)
    slopes = RATE * (END - START * c) / s, RATE * (END * c - START) / s
    return (END**2 + END * slopes[1] - START**2 - START * slopes[0]) / 2


def plot(solution: Solution) -> Figure:
    """State and control, and the closed form."""
    sheet = Sheet(solution, f"Linear hypersensitive problem: cost {solution.cost:.10g}", rows=2, sharex=True)
    times = sheet.path.times
    x, costate = closed_form(times)
    sheet.state(0, "x", label="optimized", width=2, ylabel="state x")
    sheet.axes[0].plot(times, x, color=BLACK, ls="--", lw=1, label="closed form")
    sheet.control(1, "u", xlabel="time", ylabel="control u")
    sheet.axes[1].plot(times, -costate, color=BLACK, ls="--", lw=1)
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="hypersensitive-linear",
    title="Hypersensitive, linear",
    statement="x' = −x + u; 1.5 → 1, T = 10; minimize ½∫x² + u²",
    source="dymos' hypersensitive problem",
    reference=optimum(),
    reference_source="analytic",
    build=build,
    plot=plot,
    units={"time": "", "x": "", "u": ""},
    intervals=200,
    accuracy=1e-7,
)
