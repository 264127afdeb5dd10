"""Mixing of two catalysts along a tubular reactor: one reaction is reversible, the other is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.problems.drawing import BLUE, GREEN, ORANGE, draw_control, fine, panels
from geodepth.control.problems.library import ClassicProblem
from geodepth.control.solution.solution import Solution
from geodepth.control.transcription.multiple_shooting import MultipleShooting

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """x1' = u (10 x2 − x1), x2' = u (x1 − 10 x2) − (1 − u) x2."""
    exchange = u[0] * (10 * x[1] - x[0])
    return [exchange, -exchange - (1 - u[0]) * x[1]]


def unconverted(x: Any, t: Any, p: Any) -> Any:
    return x[0] + x[1] - 1


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
    figure, axes = panels(f"Catalyst mixing: yield {-solution.cost:.7g}", rows=2, sharex=True)
    path = fine(solution)
    axes[0].plot(path.times, path.states[:, 0], color=BLUE, label="A, $x_1$")
    axes[0].plot(path.times, path.states[:, 1], color=GREEN, label="B, $x_2$")
    axes[0].plot(path.times, 1 - path.states.sum(axis=1), color=ORANGE, label="product, $1 - x_1 - x_2$")
    axes[0].set_ylabel("mole fraction")
    axes[0].legend(fontsize="small")
    draw_control(axes[1], solution, "u")
    axes[1].set(xlabel="position along the reactor", ylabel="fraction u of catalyst 1", ylim=(-0.05, 1.05))
    return figure


PROBLEM = ClassicProblem(
    name="catalyst-mixing",
    title="Catalyst mixing",
    statement="x1' = u(10x2 − x1), x2' = u(x1 − 10x2) − (1 − u)x2, 0 ≤ u ≤ 1; (1, 0), T = 1; minimize x1 + x2 − 1",
    source="Jackson, 1968; COPS 3.0",
    reference=-0.04805568,
    reference_source="Radau collocation on a fine mesh",
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
