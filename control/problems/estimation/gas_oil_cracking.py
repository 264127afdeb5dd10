"""Rate constants of catalytic cracking from measured yields: each span between two measurements is a phase."""

from functools import cache, partial
from itertools import pairwise
from typing import Any

import numpy as np

from geodepth.control.model.phases.links import Link
from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.model.problem import FreeParameter, OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import BLUE, GREEN, Figure, Sheet
from geodepth.control.solution.phases.multi_phase_solution import MultiPhaseSolution
from geodepth.control.solving.estimation import Estimate, Measurement, estimate
from geodepth.control.transcription.direct_collocation import DirectCollocation
from geodepth.control.transcription.mesh import Mesh

TIMES = (
    *(0.025, 0.05, 0.075, 0.1, 0.125, 0.15, 0.175, 0.2, 0.225, 0.25),
    *(0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.65, 0.75, 0.85, 0.95),
)
GAS_OIL = (
    *(0.8105, 0.6208, 0.5258, 0.4345, 0.3903, 0.3342, 0.3034, 0.2735, 0.2405, 0.2283),
    *(0.2071, 0.1669, 0.1530, 0.1339, 0.1265, 0.1200, 0.0990, 0.0870, 0.0770, 0.0690),
)
GASOLINE = (
    *(0.2000, 0.2886, 0.3010, 0.3215, 0.3123, 0.2716, 0.2551, 0.2258, 0.1959, 0.1789),
    *(0.1457, 0.1198, 0.0909, 0.0719, 0.0561, 0.0460, 0.0280, 0.0190, 0.0140, 0.0100),
)
"""Shares of the feed that was gas oil alone at time 0."""
CONSTANTS = ("cracking", "overcracking", "coking")
LARGEST = 20.0
"""Of a constant, per unit of time."""
START = {"oil": 1.0, "gasoline": 0.0}


def rates(x: Any, k: Any) -> list[Any]:
    """Gas oil cracks to gasoline, or to gas and coke, by the second order; gasoline to gas, by the first."""
    return [-(k[0] + k[2]) * x[0] ** 2, k[0] * x[0] ** 2 - k[1] * x[1]]


def _with_constants(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """The constants are states that rest: so that links carry them on."""
    return [*rates(x, x[2:]), 0.0, 0.0, 0.0]


def _misfit(oil: float, gasoline: float, x: Any, t: Any, p: Any) -> Any:
    return (x[0] - oil) ** 2 + (x[1] - gasoline) ** 2


def build() -> MultiPhaseProblem:
    """States oil and gasoline, and the three constants, in phases "to 0.025" to "to 0.95"; no controls."""
    starts = (0.0, *TIMES[:-1])
    phases = [
        OptimalControlProblem(
            name=f"to {end:g}",
            states=("oil", "gasoline", *CONSTANTS),
            controls=(),
            dynamics=_with_constants,
            terminal_cost=partial(_misfit, oil, gasoline),
            initial_state=START if start == 0 else None,
            state_bounds=dict.fromkeys(CONSTANTS, (0.0, LARGEST)),
            initial_time=start,
            final_time=end,
        )
        for start, end, oil, gasoline in zip(starts, TIMES, GAS_OIL, GASOLINE, strict=True)
    ]
    links = [Link(first.name, second.name) for first, second in pairwise(phases)]
    return MultiPhaseProblem("gas-oil-cracking", phases, links)


def model() -> OptimalControlProblem:
    """The same as `estimate` takes it: one phase, with the constants as free parameters."""
    return OptimalControlProblem(
        name="gas-oil-cracking",
        states=("oil", "gasoline"),
        controls=(),
        dynamics=lambda x, u, t, p: rates(x, p),
        initial_state=START,
        final_time=TIMES[-1],
        parameters=dict.fromkeys(CONSTANTS, FreeParameter(LARGEST / 2, 0.0, LARGEST)),
    )


def measurements() -> tuple[Measurement, ...]:
    """Both yields at all times, of one unknown deviation."""
    return (Measurement(lambda x, u, t, p: x, TIMES, np.column_stack([GAS_OIL, GASOLINE])),)


@cache
def estimated() -> Estimate:
    """The constants with their covariance, on a mesh that leaves nothing of its own."""
    nodes = np.array([0.0, *TIMES]) / TIMES[-1]
    fine = np.unique(np.concatenate([nodes, (nodes[:-1] + nodes[1:]) / 2]))
    return estimate(model(), measurements(), DirectCollocation("radau", 5), Mesh(fine))


def optimum() -> float:
    """The sum of squares that `estimate` finds: twice its cost."""
    return 2 * estimated().solution.cost


def plot(solution: MultiPhaseSolution) -> Figure:
    """What was measured and what the model says, and each residual."""
    constants = solution.phases[f"to {TIMES[-1]:g}"].states[-1, 2:]
    title = "Cracking of gas oil: " + ", ".join(
        f"{name} {value:.3g}" for name, value in zip(CONSTANTS, constants, strict=True)
    )
    sheet = Sheet(solution, title, rows=2, sharex=True)
    for i, (name, colour, measured) in enumerate((("oil", BLUE, GAS_OIL), ("gasoline", GREEN, GASOLINE))):
        sheet.state(0, name, colour, name)
        sheet.axes[0].plot(TIMES, measured, "o", color=colour, ms=4)
        left = [phase.states[-1, i] - value for phase, value in zip(solution.phases.values(), measured, strict=True)]
        sheet.axes[1].plot(TIMES, left, "o-", color=colour, ms=4, lw=0.8, label=name)
    sheet.axes[0].set_ylabel("share of the feed")
    sheet.axes[1].set(xlabel="time", ylabel="model minus measured")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="gas-oil-cracking",
    title="Cracking of gas oil, from data",
    statement="y1' = −(k1 + k3) y1², y2' = k1 y1² − k2 y2, 0 ≤ k ≤ 20, (1, 0); minimize the sum of squares of both "
    "yields' distances from what was measured at 20 times up to 0.95, over k",
    source="Froment and Bischoff, 1979; Tjoa and Biegler, Simultaneous solution and optimization strategies for "
    "parameter estimation, 1991; COPS 3.0, whose data these are",
    reference=0.00523659583,
    reference_source="SciPy's least_squares on a simulation to 1e-11; `estimate` agrees",
    published="0.0052366 (COPS)",
    exact=optimum,
    build=build,
    quantity="sum of squares",
    plot=plot,
    units=dict.fromkeys(("time", "oil", "gasoline", *CONSTANTS), ""),
    method=DirectCollocation("radau", 5),
    intervals=2,
    accuracy=1e-7,
    tolerance=1e-10,
    solvers=("ipopt",),
)
