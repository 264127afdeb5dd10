"""The double integrator at least energy: a unit displacement, from rest to rest, in unit time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.problems.drawing import BLUE, GREEN, draw_control, fine, panels
from geodepth.control.problems.library import ClassicProblem
from geodepth.control.solution.solution import Solution

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """x' = v, v' = u."""
    return [x[1], u[0]]


def energy(x: Any, u: Any, t: Any, p: Any) -> Any:
    return u[0] ** 2 / 2


def build() -> OptimalControlProblem:
    """States x (m), v (m/s); control u (m/s²).

    The optimal control is 6 − 12t, the costates ∂V/∂x are (−12, 12t − 6).
    """
    return OptimalControlProblem(
        name="double-integrator-energy",
        states=("x", "v"),
        controls=("u",),
        dynamics=dynamics,
        running_cost=energy,
        initial_state={"x": -1.0, "v": 0.0},
        final_state={"x": 0.0, "v": 0.0},
    )


def plot(solution: Solution) -> Figure:
    """Position, speed and acceleration: a cubic, a parabola and a line."""
    figure, axes = panels(f"Double integrator, minimum energy {solution.cost:.6g}", rows=3, sharex=True, size=(6.5, 6))
    path = fine(solution)
    axes[0].plot(path.times, path.states[:, 0], color=BLUE)
    axes[1].plot(path.times, path.states[:, 1], color=GREEN)
    draw_control(axes[2], solution, "u")
    for axis, label in zip(axes, ("position x (m)", "speed v (m/s)", "acceleration u (m/s²)"), strict=True):
        axis.set_ylabel(label)
    axes[2].set_xlabel("time (s)")
    return figure


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
