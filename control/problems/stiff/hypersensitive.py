"""The hypersensitive problem: ten thousand units of rest between two hasty ends."""

import math
from typing import Any

import numpy as np

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import BLUE, Figure, Sheet
from geodepth.control.solution.solution import Solution
from geodepth.control.transcription.mesh import Mesh
from geodepth.foundation.shapes import Float

START, END, HORIZON = 1.0, 1.5, 1e4
LAYER = 25.0
"""Length of the layers at both ends; outside them |x| is below e^{−25}."""


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """x' = −x³ + u."""
    return [-(x[0] ** 3) + u[0]]


def square(x: Any, u: Any, t: Any, p: Any) -> Any:
    """l = x² + u²."""
    return x[0] ** 2 + u[0] ** 2


def build() -> OptimalControlProblem:
    """State x and control u, dimensionless."""
    return OptimalControlProblem(
        name="hypersensitive",
        states=("x",),
        controls=("u",),
        dynamics=dynamics,
        running_cost=square,
        initial_state={"x": START},
        final_state={"x": END},
        final_time=HORIZON,
    )


def optimum() -> float:
    """The cost of an endless horizon, which this one equals to all digits.

    Along an optimal path towards or from rest the Hamiltonian x² + u² + λ(u − x³) is zero, so that the costate is
    ±2x√(x⁴ + 1) − 2x³. The cost is its integral, which x² = s turns into ∫√(s² + 1) ds.
    """
    return _cost(START, leaving=True) + _cost(END, leaving=False)


def _cost(x: float, leaving: bool) -> float:
    s = x**2
    area = (s * math.sqrt(s**2 + 1) + math.asinh(s)) / 2
    return area - s**2 / 2 if leaving else area + s**2 / 2


def layered(intervals: int) -> Mesh:
    """Half of the intervals in each layer, shorter towards its end of the horizon, and one interval for the rest."""
    first = max(intervals // 2, 2)
    last = max(intervals - 1 - first, 2)
    return Mesh.from_steps(np.concatenate([_layer(first), [HORIZON - 2 * LAYER], _layer(last)[::-1]]))


def _layer(intervals: int) -> Float[np.ndarray, " intervals"]:
    """Lengths in geometric progression, the innermost 20 times the outermost."""
    lengths = 20.0 ** np.linspace(0.0, 1.0, intervals)
    return np.asarray(LAYER * lengths / lengths.sum())


def guess(t: float) -> float:
    """Decay from the start and rise towards the end, at the rate 1 of the linearized problem."""
    return START * math.exp(-t) + END * math.exp(t - HORIZON)


def plot(solution: Solution) -> Figure:
    """State and control in the two layers; the axis of time is cut where nothing happens."""
    title = f"Hypersensitive problem: cost {solution.cost:.8g}"
    sheet = Sheet(solution, title, rows=2, columns=2, sharex="col", sharey="row", size=(8, 5))
    axes = sheet.axes
    nodes = solution.times
    spans = ((nodes[0], nodes[0] + 10.0), (nodes[-1] - 10.0, nodes[-1]))
    for side, (first, last) in enumerate(spans):
        close = solution.sample(np.linspace(first, last, 400))
        axes[side].plot(close.times, close.states[:, 0], color=BLUE)
        sheet.control(2 + side, "u")
        axes[2 + side].set_xlim(first, last)
        # The two halves meet: one label less on either side of the seam.
        axes[2 + side].set_xticks(np.linspace(first, last, 6)[side : 5 + side])
        axes[2 + side].ticklabel_format(useOffset=False)
    axes[0].set(ylabel="state x", title="leaving the start")
    axes[1].set(title="arriving at the end")
    axes[2].set(xlabel="time", ylabel="control u")
    axes[3].set(xlabel="time")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="hypersensitive",
    title="Hypersensitive",
    statement="x' = −x³ + u; 1 → 1.5, T = 10⁴; minimize ∫x² + u²",
    source="Rao and Mease, 2000; Betts, Practical Methods for Optimal Control, problem 10.7",
    reference=optimum(),
    reference_source="an integral in closed form",
    published="6.7241",
    exact=optimum,
    build=build,
    plot=plot,
    units={"time": "", "x": "", "u": ""},
    guess={"x": guess},
    mesher=layered,
    intervals=300,
)
