"""Fuller's problem: a control that jumps ever more often, infinitely often in a finite time."""

import math
from typing import Any

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import BLACK, BLUE, Figure, Sheet
from geodepth.control.problems.smooth.double_integrator_energy import dynamics
from geodepth.control.solution.solution import Solution

CURVE = math.sqrt((math.sqrt(33) - 1) / 24)
"""The control jumps where x = −CURVE v|v|."""
TIME = 3.5


def distance(x: Any, u: Any, t: Any, p: Any) -> Any:
    """l = x²."""
    return x[0] ** 2


def optimum() -> float:
    """The sum over all arcs: from the second on, speeds form a geometric series, and costs that of its fifth powers."""

    def arc(start: float, end: float, shift: float) -> float:
        """∫(v²/2 + shift)² dv."""
        return sum(sign * (v**5 / 20 + shift * v**3 / 3 + shift**2 * v) for sign, v in ((1, end), (-1, start)))

    speed, ratio = 1 / math.sqrt(1 + 2 * CURVE), math.sqrt((1 - 2 * CURVE) / (1 + 2 * CURVE))
    return arc(-speed, 1.0, -0.5) + speed**5 * arc(-1.0, ratio, CURVE - 0.5) / (1 - ratio**5)


def build() -> OptimalControlProblem:
    """States x, v and control u, a force of at most 1 either way. There is time enough to come to rest."""
    return OptimalControlProblem(
        name="fuller",
        states=("x", "v"),
        controls=("u",),
        dynamics=dynamics,
        running_cost=distance,
        initial_state={"x": 0.0, "v": 1.0},
        final_state={"x": 0.0, "v": 0.0},
        control_bounds={"u": (-1.0, 1.0)},
        final_time=TIME,
    )


def plot(solution: Solution) -> Figure:
    """The path in the plane of states with the curve on which the control jumps, and the force."""
    sheet = Sheet(solution, f"Fuller's problem: {solution.cost:.7g}", columns=2, size=(9.0, 4.0))
    speeds = [-1 + 0.02 * i for i in range(101)]
    curve = [-CURVE * v * abs(v) for v in speeds]
    sheet.axes[0].plot(*sheet.path.states.T, color=BLUE)
    sheet.axes[0].plot(curve, speeds, color=BLACK, lw=0.8, ls="--", label="switching curve")
    sheet.axes[0].set(xlabel="position x", ylabel="speed v")
    sheet.control(1, "u", xlabel="time", ylabel="force u")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="fuller",
    title="Fuller's problem",
    statement="x'' = u, |u| ≤ 1; (0, 1) → (0, 0), T = 3.5; minimize ∫x²",
    source="Fuller, 1963; CTDirect.jl",
    reference=optimum(),
    reference_source="closed form: a geometric series of arcs",
    published="0.2683944 (CTDirect.jl)",
    build=build,
    plot=plot,
    units=dict.fromkeys(("time", "x", "v", "u"), ""),
    guess={"u": 0.0},
    intervals=200,
    # The last arcs are shorter than any mesh's intervals.
    accuracy=2e-5,
)
