"""A quadrotor in the vertical plane: two metres aside from rest to rest, which asks it to lean."""

from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import BLUE, GREEN, Axes, Figure, Sheet
from geodepth.control.solution.solution import Solution

GRAVITY, LEVER = 9.81, 5.0
"""m/s², and the arm over the moment of inertia per mass, in 1/m."""
ARM, DISTANCE, TIME = 0.25, 2.0, 1.5
"""m, m, s."""


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """The rotors' thrusts together lift, their difference turns; thrust per mass."""
    lift, turn = u[0] + u[1], u[0] - u[1]
    return [x[3], x[4], x[5], -lift * ca.sin(x[2]), lift * ca.cos(x[2]) - GRAVITY, LEVER * turn]


def effort(x: Any, u: Any, t: Any, p: Any) -> Any:
    """l = the squares of what each rotor gives beyond hovering."""
    return (u[0] - GRAVITY / 2) ** 2 + (u[1] - GRAVITY / 2) ** 2


def build() -> OptimalControlProblem:
    """States x, z, tilt and their rates vx, vz, spin; controls right and left, the rotors' thrusts."""
    names = ("x", "z", "tilt", "vx", "vz", "spin")
    return OptimalControlProblem(
        name="quadrotor",
        states=names,
        controls=("right", "left"),
        dynamics=dynamics,
        running_cost=effort,
        initial_state=dict.fromkeys(names, 0.0),
        final_state=dict.fromkeys(names, 0.0) | {"x": DISTANCE},
        final_time=TIME,
    )


def pose(axes: Axes, state: Any, control: Any, strength: float = 1.0) -> None:
    """The beam between both rotors."""
    along = ARM * np.array([np.cos(state[2]), np.sin(state[2])])
    axes.plot(*np.stack([state[:2] - along, state[:2] + along], axis=1), color=BLUE, alpha=strength)
    axes.set(xlabel="x (m)", ylabel="z (m)", aspect="equal")


def plot(solution: Solution) -> Figure:
    """Poses from pale to dark, and the thrusts."""
    sheet = Sheet(solution, f"Quadrotor: effort {solution.cost:.8g} m²/s³", rows=2, size=(7.5, 6.0))
    sheet.axes[0].plot(*sheet.path.states.T[:2], color=BLUE, lw=0.8)
    sheet.strip(12, pose)
    sheet.control(1, "right", label="right")
    sheet.control(1, "left", label="left", colour=GREEN, xlabel="time (s)", ylabel="thrust per mass (m/s²)")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="quadrotor",
    title="Quadrotor in the plane",
    statement="x'' = −(a + b) sin φ, z'' = (a + b) cos φ − g, φ'' = 5(a − b); 2 m aside in 1.5 s, rest to rest; "
    "minimize ∫(a − g/2)² + (b − g/2)²",
    source="the planar quadrotor, as in Tedrake, Underactuated Robotics, chapter 3",
    reference=5.02530383616,
    reference_source="Pontryagin's equations by SciPy's solve_bvp",
    build=build,
    quantity="effort",
    plot=plot,
    pose=pose,
    units={"time": "s", "x": "m", "z": "m", "tilt": "rad", "vx": "m/s", "vz": "m/s", "spin": "rad/s"}
    | dict.fromkeys(("right", "left"), "m/s²"),
    unit="m²/s³",
    guess={"right": GRAVITY / 2, "left": GRAVITY / 2},
    intervals=100,
)
