"""Rayleigh's oscillator, an electric circuit with a tunnel diode, under a mixed bound on control and state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..problem import OptimalControlProblem, PathConstraint
from ..solution import Solution
from .drawing import BLACK, BLUE, GREEN, draw_control, fine, panels
from .library import ClassicProblem

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """x1' = x2, x2' = −x1 + x2 (1.4 − 0.14 x2²) + 4u."""
    return [x[1], -x[0] + x[1] * (1.4 - 0.14 * x[1] ** 2) + 4 * u[0]]


def square(x: Any, u: Any, t: Any, p: Any) -> Any:
    return u[0] ** 2 + x[0] ** 2


def mixed(x: Any, u: Any, t: Any, p: Any) -> Any:
    return u[0] + x[0] / 6


def build() -> OptimalControlProblem:
    """States x1 (current), x2 (its rate) and control u (voltage), dimensionless; u + x1/6 ≤ 0."""
    return OptimalControlProblem(
        name="rayleigh",
        states=("x1", "x2"),
        controls=("u",),
        dynamics=dynamics,
        running_cost=square,
        initial_state={"x1": -5.0, "x2": -5.0},
        path_constraints=(PathConstraint(mixed, upper=0.0),),
        final_time=4.5,
    )


def plot(solution: Solution) -> Figure:
    """States, and the control under its moving bound −x1/6."""
    figure, axes = panels(f"Rayleigh's oscillator: cost {solution.cost:.9g}", rows=2, sharex=True)
    path = fine(solution)
    axes[0].plot(path.times, path.states[:, 0], color=BLUE, label="x1")
    axes[0].plot(path.times, path.states[:, 1], color=GREEN, label="x2")
    axes[0].set_ylabel("states")
    axes[0].legend(fontsize="small")
    draw_control(axes[1], solution, "u")
    axes[1].plot(path.times, -path.states[:, 0] / 6, color=BLACK, ls="--", lw=1, label="bound −x1/6")
    axes[1].set(xlabel="time", ylabel="control u")
    axes[1].legend(fontsize="small")
    return figure


PROBLEM = ClassicProblem(
    name="rayleigh",
    title="Rayleigh's oscillator, mixed bound",
    statement="x1' = x2, x2' = −x1 + x2(1.4 − 0.14x2²) + 4u, u + x1/6 ≤ 0; (−5, −5), T = 4.5; minimize ∫u² + x1²",
    source="Maurer and Augustin, 2001; Betts, Practical Methods for Optimal Control, problem 10.113",
    reference=44.80444389,
    reference_source="Radau collocation on a fine mesh",
    published="44.8044433",
    build=build,
    quantity="cost",
    plot=plot,
    units={"time": "", "x1": "", "x2": "", "u": ""},
    guess={"x1": (-5.0, 0.0), "x2": (-5.0, 0.0), "u": 0.0},
    intervals=450,
    accuracy=5e-6,
)
