"""A robot that follows a path with a corner: a phase before it, and one behind it."""

import math
from functools import partial
from typing import Any

from scipy.integrate import quad
from scipy.optimize import brentq, minimize_scalar

from geodepth.control.model.phases.links import Link
from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import BLACK, BLUE, GREEN, ORANGE, RED, Axes, Figure, Sheet
from geodepth.control.solution.phases.multi_phase_solution import MultiPhaseSolution
from geodepth.control.transcription.direct_collocation import DirectCollocation

PLACE, SPEED = 100.0, 500.0
"""Weights of the squared errors of the place and of the speed."""
STRONGEST = 10.0
PACE = 0.5
"""Along the path: first in the direction of x, from t = 1 on in that of y."""


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """Two double integrators."""
    return [x[2], x[3], u[0], u[1]]


def _along_x(x: Any, u: Any, t: Any, p: Any) -> Any:
    return PLACE * ((x[0] - PACE * t) ** 2 + x[1] ** 2) + SPEED * ((x[2] - PACE) ** 2 + x[3] ** 2)


def _along_y(x: Any, u: Any, t: Any, p: Any) -> Any:
    return PLACE * ((x[0] - PACE) ** 2 + (x[1] - PACE * (t - 1)) ** 2) + SPEED * (x[2] ** 2 + (x[3] - PACE) ** 2)


def build() -> MultiPhaseProblem:
    """States x, y and their speeds; controls: the accelerations. The cost of each phase knows its own side only."""
    common: dict[str, Any] = {
        "states": ("x", "y", "vx", "vy"),
        "controls": ("ax", "ay"),
        "dynamics": dynamics,
        "control_bounds": dict.fromkeys(("ax", "ay"), (-STRONGEST, STRONGEST)),
    }
    start, goal = {"x": 0.0, "y": 0.0, "vx": PACE, "vy": 0.0}, {"x": PACE, "y": PACE, "vx": 0.0, "vy": PACE}
    first = OptimalControlProblem(name="along x", running_cost=_along_x, initial_state=start, **common)
    second = OptimalControlProblem(
        name="along y", running_cost=_along_y, final_state=goal, initial_time=1.0, final_time=2.0, **common
    )
    return MultiPhaseProblem("two-phase-robot", (first, second), (Link("along x", "along y"),))


def _half(start: float) -> float:
    """What one axis costs up to the corner: full acceleration until `start`, an arc, and full braking to the corner.

    With the errors e and w = e' on the arc, where the switching function and its slopes vanish, e'' = (PLACE/SPEED) e.
    At the corner w jumps by the pace; by symmetry it is minus half of that before.
    """
    rate = math.sqrt(PLACE / SPEED)
    e, w = STRONGEST * start**2 / 2, STRONGEST * start

    def arc(t: float) -> tuple[float, float]:
        c, s = math.cosh(rate * (t - start)), math.sinh(rate * (t - start))
        return e * c + w / rate * s, e * rate * s + w * c

    brakes = brentq(lambda t: arc(t)[1] - STRONGEST * (1 - t) + PACE / 2, start, 1.0)
    there = arc(brakes)

    def thrown(e: float, w: float, a: float, t: float) -> tuple[float, float]:
        return e + w * t + a * t**2 / 2, w + a * t

    pieces = (
        (partial(thrown, 0.0, 0.0, STRONGEST), 0.0, start),
        (arc, start, brakes),
        (partial(thrown, *there, -STRONGEST), 0.0, 1 - brakes),
    )
    return float(sum(quad(lambda t, f=f: PLACE * f(t)[0] ** 2 + SPEED * f(t)[1] ** 2, *span)[0] for f, *span in pieces))


def optimum() -> float:
    """The least cost over the first switch: two axes, each alike before and behind the corner."""
    # The first piece lasts less than a microsecond: what it saves is of the eighth digit.
    return 4 * float(minimize_scalar(_half, bounds=(0.0, 1e-5), method="bounded", options={"xatol": 1e-9}).fun)


def pose(axes: Axes, state: Any, control: Any, strength: float = 1.0) -> None:
    """The robot beside its path, and its acceleration."""
    axes.plot([0.0, PACE, PACE], [0.0, 0.0, PACE], color=BLACK, ls="--", lw=1)
    tip = [state[0] + control[0] / 100, state[1] + control[1] / 100]
    axes.plot([state[0], tip[0]], [state[1], tip[1]], color=ORANGE, lw=3, alpha=strength)
    axes.plot(state[0], state[1], "o", color=BLUE, ms=10, alpha=strength)
    axes.set(xlabel="x", ylabel="y", aspect="equal")


def plot(solution: MultiPhaseSolution) -> Figure:
    """The path around the corner, the speeds, and the accelerations."""
    title = f"A robot around a corner: cost {solution.cost:.8g}"
    sheet = Sheet(solution, title, layout="AB;AC", size=(9, 4.5))
    sheet.axes[0].plot([0.0, PACE, PACE], [0.0, 0.0, PACE], color=BLACK, ls="--", lw=1, label="path")
    for path in sheet.paths:
        sheet.axes[0].plot(path.states[:, 0], path.states[:, 1], color=BLUE)
    sheet.axes[0].set(xlabel="x", ylabel="y", aspect="equal")
    for name, colour in (("vx", GREEN), ("vy", ORANGE)):
        sheet.state(1, name, colour, name, ylabel="speed")
    for name, colour in (("ax", RED), ("ay", BLACK)):
        sheet.control(2, name, name, colour=colour, xlabel="time", ylabel="acceleration")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="two-phase-robot",
    title="Path with a corner",
    statement="x'' = ax, y'' = ay, |ax|, |ay| ≤ 10; follow (t/2, 0) until t = 1, then (1/2, (t − 1)/2) until t = 2; "
    "minimize ∫ 100 (errors of place)² + 500 (errors of speed)²",
    source="PROPT User's Guide; PSOPT, two-phase path tracking robot",
    reference=1.041686,
    build=build,
    plot=plot,
    pose=pose,
    units={"time": "s", "x": "m", "y": "m", "vx": "m/s", "vy": "m/s", "ax": "m/s²", "ay": "m/s²"},
    method=DirectCollocation("radau", 3, control="constant"),
    intervals=40,
    accuracy=1e-6,
    tolerance=1e-10,
    solvers=("ipopt",),
    exact=optimum,
)
