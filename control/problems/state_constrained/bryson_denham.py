"""Bryson and Denham's problem: turn a ball around at least energy, under a ceiling."""

import math
from dataclasses import replace

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.problems.drawing import BLACK, PINK, SKY, Figure, Sheet
from geodepth.control.problems.smooth import double_integrator_energy
from geodepth.control.solution.solution import Solution

CEILING = 1 / 9
"""ℓ, in m; below 1/6 the ceiling is followed for a while, and the optimum is 4/(9ℓ)."""


def build() -> OptimalControlProblem:
    """The double integrator at least energy with other ends and a ceiling: states x (m), v (m/s); control u (m/s²).

    The ceiling is touched on [3ℓ, 1 − 3ℓ], which a mesh of 3n intervals represents exactly for ℓ = 1/9. Before, the
    costates ∂V/∂x are 2/(9ℓ²) and 2/(3ℓ)·(1 − t/(3ℓ)), and u is minus the second.
    """
    return replace(
        double_integrator_energy.build("bryson-denham"),
        initial_state={"x": 0.0, "v": 1.0},
        final_state={"x": 0.0, "v": -1.0},
        state_bounds={"x": (-math.inf, CEILING)},
    )


def plot(solution: Solution) -> Figure:
    """The ball under the ceiling, its acceleration, and the costates, of which the first jumps at the ceiling."""
    sheet = Sheet(solution, f"Bryson–Denham, ℓ = 1/9: energy {solution.cost:.8g}", rows=3, sharex=True, size=(6.5, 6.5))
    axes = sheet.axes
    sheet.state(0, "x", label="x", ylabel="height x (m)")
    axes[0].axhline(CEILING, color=BLACK, ls="--", lw=1, label="ceiling ℓ")
    axes[0].legend(fontsize="small", loc="lower center")
    sheet.control(1, "u", ylabel="acceleration u (m/s²)")
    axes[2].step(solution.times, solution.costates[:, 0], color=SKY, where="pre", label="∂V/∂x (m/s³)")
    axes[2].plot(solution.times, solution.costates[:, 1], color=PINK, label="∂V/∂v (m/s²)")
    axes[2].set(xlabel="time (s)", ylabel="costates")
    return sheet.finished()


PROBLEM = replace(
    double_integrator_energy.PROBLEM,
    name="bryson-denham",
    title="Bryson–Denham",
    statement="x'' = u, x ≤ 1/9; (0, 1) → (0, −1) in unit time; minimize ½∫u²",
    source="Bryson, Denham and Dreyfus, 1963",
    reference=4 / (9 * CEILING),
    reference_source="analytic, 4/(9ℓ)",
    build=build,
    plot=plot,
    guess={"x": 0.05, "v": (1.0, -1.0)},
    intervals=60,
)
