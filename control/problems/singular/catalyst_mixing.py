"""Mixing of two catalysts along a tubular reactor: one reaction is reversible, the other is wanted."""

import math
from typing import Any

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import GREEN, ORANGE, Figure, Sheet
from geodepth.control.solution.solution import Solution
from geodepth.control.transcription.multiple_shooting import MultipleShooting


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """x1' = u (10 x2 − x1), x2' = u (x1 − 10 x2) − (1 − u) x2."""
    exchange = u[0] * (10 * x[1] - x[0])
    return [exchange, -exchange - (1 - u[0]) * x[1]]


def unconverted(x: Any, t: Any, p: Any) -> Any:
    """m = x1 + x2 − 1: minus the product at the end of the reactor."""
    return x[0] + x[1] - 1


def optimum(length: float) -> float:
    """Of u = 1, a singular arc on which x1/x2 = ρ and u is constant, and u = 0 where the first catalyst no longer pays.

    On the singular arc ρ = 10 + √10 and u = ρ/(ρ² − 8ρ − 10), so that x1 and x2 fall as e^{−kt}, k = (1 − u)/(1 + ρ).
    Over the last arc, of length s, x2 falls as e^{−t} and x1 stays; s is the best of all.
    """
    ratio = 10 + math.sqrt(10)
    fall = (1 - ratio / (ratio**2 - 8 * ratio - 10)) / (1 + ratio)
    start = -math.log(1 - 11 / (1 + ratio)) / 11
    left = fall * ratio / (1 - fall)
    rest = -math.log(left)
    return math.exp(-fall * (length - rest - start)) * (ratio + left) / (1 + ratio) - 1


def build() -> OptimalControlProblem:
    """States x1, x2 (mole fractions of substances A and B), control u (fraction of the first catalyst); "time" is the
    position along the reactor. Full, singular, and none: the control has three arcs."""
    return OptimalControlProblem(
        name="catalyst-mixing",
        states=("x1", "x2"),
        controls=("u",),
        dynamics=dynamics,
        terminal_cost=unconverted,
        initial_state={"x1": 1.0, "x2": 0.0},
        control_bounds={"u": (0.0, 1.0)},
    )


def plot(solution: Solution) -> Figure:
    """Mole fractions and the catalyst's fraction along the reactor."""
    sheet = Sheet(solution, f"Catalyst mixing: yield {-solution.cost:.7g}", rows=2, sharex=True)
    sheet.state(0, "x1", label="A, $x_1$", ylabel="mole fraction")
    sheet.state(0, "x2", GREEN, label="B, $x_2$")
    path = sheet.path
    sheet.axes[0].plot(path.times, 1 - path.states.sum(axis=1), color=ORANGE, label="product, $1 - x_1 - x_2$")
    sheet.control(1, "u", xlabel="position along the reactor", ylabel="fraction u of catalyst 1", ylim=(-0.05, 1.05))
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="catalyst-mixing",
    title="Catalyst mixing",
    statement="x1' = u(10x2 − x1), x2' = u(x1 − 10x2) − (1 − u)x2, 0 ≤ u ≤ 1; (1, 0), T = 1; minimize x1 + x2 − 1",
    source="Jackson, 1968; COPS 3.0",
    reference=optimum(1.0),
    reference_source="closed form of its three arcs",
    published="−0.0480556 (COPS)",
    build=build,
    quantity="x1 + x2 − 1",
    plot=plot,
    units={"time": "", "x1": "", "x2": "", "u": ""},
    guess={"x1": (1.0, 0.9), "x2": (0.0, 0.05), "u": 0.5},
    method=MultipleShooting("rk4", control="constant"),
    intervals=200,
    tolerance=1e-10,
    accuracy=1e-7,
)
