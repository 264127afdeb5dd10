"""The double integrator at least energy with a speed limit: a unit displacement, from rest to rest, in unit time."""

from dataclasses import replace

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.problems.drawing import BLACK, Figure
from geodepth.control.problems.smooth import double_integrator_energy
from geodepth.control.solution.solution import Solution
from geodepth.control.transcription.multiple_shooting import MultipleShooting

SPEED_LIMIT = 1.2
"""m/s; without it the fastest moment has 1.5."""


def build() -> OptimalControlProblem:
    """States x (m), v (m/s); control u (m/s²).

    The limit holds on [1/4, 3/4], which a mesh of 4n intervals represents exactly. There u = 0; before, u = 9.6 − 38.4t
    and the costates ∂V/∂x are (−38.4, 38.4t − 9.6).
    """
    return double_integrator_energy.build("double-integrator-energy-speed-bound", SPEED_LIMIT)


def plot(solution: Solution) -> Figure:
    """Position, speed with its limit, and acceleration."""
    title = f"Double integrator, minimum energy {solution.cost:.6g} with v ≤ {SPEED_LIMIT}"
    sheet = double_integrator_energy.draw_motion(solution, title)
    sheet.axes[1].axhline(SPEED_LIMIT, color=BLACK, ls="--", lw=1, label="limit")
    return sheet.finished()


PROBLEM = replace(
    double_integrator_energy.PROBLEM,
    name="double-integrator-energy-speed-bound",
    title="Double integrator, minimum energy, speed limit",
    statement="x'' = u, x' ≤ 1.2; (−1, 0) → (0, 0) in unit time; minimize ½∫u²",
    source="Bryson and Ho, Applied Optimal Control, 1975, section 3.11",
    reference=7.68,
    build=build,
    plot=plot,
    # Radau's stages see the limit inside the intervals, where an explicit step would let the speed exceed it by O(h²).
    method=MultipleShooting("radau", control="linear"),
)
