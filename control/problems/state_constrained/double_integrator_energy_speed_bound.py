"""The double integrator at least energy with a speed limit: a unit displacement, from rest to rest, in unit time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.problems.drawing import BLACK, BLUE, GREEN, draw_control, fine, panels
from geodepth.control.problems.library import ClassicProblem
from geodepth.control.solution.solution import Solution
from geodepth.control.transcription.multiple_shooting import MultipleShooting

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SPEED_LIMIT = 1.2
"""m/s; without it the fastest moment has 1.5."""


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """x' = v, v' = u."""
    return [x[1], u[0]]


def energy(x: Any, u: Any, t: Any, p: Any) -> Any:
    return u[0] ** 2 / 2


def build() -> OptimalControlProblem:
    """States x (m), v (m/s); control u (m/s²).

    The limit holds on [1/4, 3/4], which a mesh of 4n intervals represents exactly. There u = 0; before, u = 9.6 − 38.4t
    and the costates ∂V/∂x are (−38.4, 38.4t − 9.6).
    """
    return OptimalControlProblem(
        name="double-integrator-energy-speed-bound",
        states=("x", "v"),
        controls=("u",),
        dynamics=dynamics,
        running_cost=energy,
        initial_state={"x": -1.0, "v": 0.0},
        final_state={"x": 0.0, "v": 0.0},
        state_bounds={"v": (-math.inf, SPEED_LIMIT)},
    )


def plot(solution: Solution) -> Figure:
    """Position, speed with its limit, and acceleration."""
    figure, axes = panels(
        f"Double integrator, minimum energy {solution.cost:.6g} with v ≤ {SPEED_LIMIT}",
        rows=3,
        sharex=True,
        size=(6.5, 6),
    )
    path = fine(solution)
    axes[0].plot(path.times, path.states[:, 0], color=BLUE)
    axes[1].plot(path.times, path.states[:, 1], color=GREEN)
    axes[1].axhline(SPEED_LIMIT, color=BLACK, ls="--", lw=1, label="limit")
    axes[1].legend(fontsize="small")
    draw_control(axes[2], solution, "u")
    for axis, label in zip(axes, ("position x (m)", "speed v (m/s)", "acceleration u (m/s²)"), strict=True):
        axis.set_ylabel(label)
    axes[2].set_xlabel("time (s)")
    return figure


PROBLEM = ClassicProblem(
    name="double-integrator-energy-speed-bound",
    title="Double integrator, minimum energy, speed limit",
    statement="x'' = u, x' ≤ 1.2; (−1, 0) → (0, 0) in unit time; minimize ½∫u²",
    source="Bryson and Ho, Applied Optimal Control, 1975, section 3.11",
    reference=7.68,
    reference_source="analytic",
    build=build,
    quantity="energy",
    plot=plot,
    units={"time": "s", "x": "m", "v": "m/s", "u": "m/s²"},
    unit="m²/s³",
    # Radau's stages see the limit inside the intervals, where an explicit step would let the speed exceed it by O(h²).
    method=MultipleShooting("radau", control="linear"),
    accuracy=1e-7,
)
