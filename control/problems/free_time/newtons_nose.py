"""Newton's body of least resistance: a blunt nose, and behind it the slope that parts a rare gas best."""

import math
from typing import Any

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq

from geodepth.control.model.problem import FreeTime, OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import BLUE, Figure, Sheet
from geodepth.control.solution.solution import Solution


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """The height's rate, on the way from the rim inwards, is the slope."""
    return [u[0]]


def resistance(x: Any, u: Any, t: Any, p: Any) -> Any:
    """l = 8 r/(1 + slope²), with r = 1 − t."""
    return 8 * (1 - t) / (1 + u[0] ** 2)


def blunt(x: Any, t: Any, p: Any) -> Any:
    """m = 4 r², of the flat nose."""
    return 4 * (1 - t) ** 2


def optimum() -> float:
    """Euler's equation integrated: r = r0 (1 + u²)²/(4u) from u = 1 at the nose to the rim, and height 1."""

    def nose(rim: float) -> float:
        return 4 * rim / (1 + rim**2) ** 2

    def height(rim: float) -> float:
        return nose(rim) / 4 * (rim**2 - 1 + 0.75 * (rim**4 - 1) - math.log(rim))

    rim = brentq(lambda u: height(u) - 1, 1.01, 10.0, xtol=1e-14)

    def slope(u: float) -> float:
        """8 r/(1 + u²) dr/du."""
        return nose(rim) ** 2 / 2 * (1 + u**2) / u * (3 * u**2 + 2 - 1 / u**2)

    return float(4 * nose(rim) ** 2 + quad(slope, 1.0, rim, epsabs=1e-13)[0])


def build() -> OptimalControlProblem:
    """State height and control slope; "time" is the way inwards, and its end where the flat nose begins."""
    return OptimalControlProblem(
        name="newtons-nose",
        states=("height",),
        controls=("slope",),
        dynamics=dynamics,
        running_cost=resistance,
        terminal_cost=blunt,
        initial_state={"height": 0.0},
        final_state={"height": 1.0},
        control_bounds={"slope": (0.0, 10.0)},
        final_time=FreeTime(0.7, 0.3, 1.0),
    )


def plot(solution: Solution) -> Figure:
    """The body from the side, with its nose upwards."""
    sheet = Sheet(solution, f"Newton's nose: resistance {solution.cost:.9g}", size=(6.0, 4.0))
    radius, height = 1 - sheet.path.times, sheet.path.states[:, 0]
    outline = np.concatenate([radius, -radius[::-1]]), np.concatenate([height, height[::-1]])
    sheet.axes[0].plot(*outline, color=BLUE)
    sheet.axes[0].set(xlabel="radius", ylabel="height", aspect="equal")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="newtons-nose",
    title="Newton's body of least resistance",
    statement="z' = u ≥ 0 over s = 1 − r; z: 0 → 1, radius of the flat nose 1 − s_f free; "
    "minimize 4(1 − s_f)² + ∫8(1 − s)/(1 + u²)",
    source="Newton, Principia, 1687, book 2, proposition 34; yapss",
    reference=optimum(),
    reference_source="closed form: Euler's equation, integrated",
    published="1.499263915 (yapss)",
    build=build,
    quantity="resistance",
    plot=plot,
    units=dict.fromkeys(("time", "height", "slope"), ""),
    guess={"slope": 1.5, "height": (0.0, 1.0)},
    exact=optimum,
)
