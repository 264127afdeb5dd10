"""Swing-up of a pendulum in Cartesian coordinates: the pull of its rod is an algebraic variable."""

import math
from typing import Any

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import BLACK, GREEN, PINK, Axes, Figure, Sheet
from geodepth.control.solution.solution import Solution

GRAVITY = 9.81
"""m/s²; the rod is 1 m and the bob 1 kg."""


def dynamics(x: Any, z: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """The rod pulls the bob towards the pivot, and the torque pushes it along its circle."""
    return [x[2], x[3], -z[0] * x[0] - u[0] * x[1], -z[0] * x[1] - GRAVITY + u[0] * x[0]]


def rod(x: Any, z: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """x² + y² = 1, differentiated twice: the pull that keeps the bob on its circle."""
    return [x[2] ** 2 + x[3] ** 2 - GRAVITY * x[1] - z[0] * (x[0] ** 2 + x[1] ** 2)]


def effort(x: Any, z: Any, u: Any, t: Any, p: Any) -> Any:
    """l = τ²/2."""
    return u[0] ** 2 / 2


def build() -> OptimalControlProblem:
    """States x, y (m) and vx, vy (m/s); algebraic variable pull (N); control torque (N m)."""
    return OptimalControlProblem(
        name="pendulum-swing-up",
        states=("x", "y", "vx", "vy"),
        controls=("torque",),
        algebraic=("pull",),
        dynamics=dynamics,
        algebraic_equations=rod,
        running_cost=effort,
        initial_state={"x": 0.0, "y": -1.0, "vx": 0.0, "vy": 0.0},
        # The circle gives y and vy: to fix them too would ask for the same twice.
        final_state={"x": 0.0, "y": (0.5, 1.5), "vx": 0.0},
    )


# A guess: half a turn of constant spin, away from the pivot, where the pull is not defined.


def guessed_x(t: float) -> float:
    """x of half a turn."""
    return math.sin(math.pi * t)


def guessed_y(t: float) -> float:
    """y of half a turn."""
    return -math.cos(math.pi * t)


def guessed_vx(t: float) -> float:
    """x' of half a turn."""
    return math.pi * math.cos(math.pi * t)


def guessed_vy(t: float) -> float:
    """y' of half a turn."""
    return math.pi * math.sin(math.pi * t)


def pose(axes: Axes, state: Any, control: Any, strength: float = 1.0) -> None:
    """The rod and its bob."""
    axes.plot([0.0, state[0]], [0.0, state[1]], color=BLACK, lw=1.2, alpha=strength)
    axes.plot(state[0], state[1], "o", color=PINK, ms=7, alpha=strength)
    axes.set(xlabel="x (m)", ylabel="y (m)", aspect="equal")


def plot(solution: Solution) -> Figure:
    """A strip of poses from pale to dark, the pull of the rod and the torque."""
    title = f"Pendulum swing-up: effort {solution.cost:.8g} N²m²s"
    sheet = Sheet(solution, title, layout="AB;AC", size=(8.0, 4.5))
    x, y = sheet.path.states[:, :2].T
    sheet.axes[0].plot(x, y, color=PINK, lw=1, label="trace of the bob")
    sheet.strip(12, pose)
    sheet.axes[1].plot(sheet.path.times, sheet.path.algebraic[:, 0], color=GREEN)
    sheet.axes[1].set(xlabel="time (s)", ylabel="pull of the rod (N)")
    sheet.control(2, "torque", xlabel="time (s)", ylabel="torque (N m)")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="pendulum-swing-up",
    title="Pendulum swing-up, Cartesian",
    statement="x'' = −λx − τy, y'' = −λy − g + τx, 0 = vx² + vy² − gy − λ(x² + y²); from hanging at rest to upright at "
    "rest in 1 s; minimize ½∫τ²",
    source="the pendulum of index 1, as in Hairer and Wanner, Solving ODEs II, section VII.1",
    reference=74.06165922,
    reference_source="θ'' = −g sin θ + τ, by Gauss collocation of order 10",
    build=build,
    quantity="effort",
    plot=plot,
    pose=pose,
    units={"time": "s", "x": "m", "y": "m", "vx": "m/s", "vy": "m/s", "pull": "N", "torque": "N m"},
    unit="N²m²s",
    guess={"x": guessed_x, "y": guessed_y, "vx": guessed_vx, "vy": guessed_vy},
    intervals=100,
)
