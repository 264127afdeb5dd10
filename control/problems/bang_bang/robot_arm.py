"""A robot arm in spherical coordinates: the fastest turn from rest to rest."""

import math
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.problem import FreeTime, OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.costs import final_time
from geodepth.control.problems.drawing import BLACK, BLUE, ORANGE, Axes, Figure, Sheet
from geodepth.control.solution.solution import Solution

LENGTH = 5.0
"""The arm, which slides through its pivot, has a constant length; a pure number, as everything in COPS' statement."""


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """L ρ'' = u_ρ, I_θ θ'' = u_θ, I_φ φ'' = u_φ with I_φ = ((L − ρ)³ + ρ³)/3, I_θ = I_φ sin² φ."""
    reach, polar = x[0], x[2]
    inertia = ((LENGTH - reach) ** 3 + reach**3) / 3
    return [x[3], x[4], x[5], u[0] / LENGTH, u[1] / (inertia * ca.sin(polar) ** 2), u[2] / inertia]


def build() -> OptimalControlProblem:
    """States rho (reach beyond the pivot), theta, phi (azimuth and polar angle, rad) and their rates; controls u_rho,
    u_theta, u_phi. Every control is bang-bang."""
    limits = (-1.0, 1.0)
    rest = {"rho_rate": 0.0, "theta_rate": 0.0, "phi_rate": 0.0}
    return OptimalControlProblem(
        name="robot-arm",
        states=("rho", "theta", "phi", "rho_rate", "theta_rate", "phi_rate"),
        controls=("u_rho", "u_theta", "u_phi"),
        dynamics=dynamics,
        terminal_cost=final_time,
        initial_state={"rho": 4.5, "theta": 0.0, "phi": math.pi / 4, **rest},
        final_state={"rho": 4.5, "theta": 2 * math.pi / 3, "phi": math.pi / 4, **rest},
        state_bounds={"rho": (0.0, LENGTH), "theta": (-math.pi, math.pi), "phi": (0.0, math.pi)},
        control_bounds={"u_rho": limits, "u_theta": limits, "u_phi": limits},
        final_time=FreeTime(guess=9.0, lower=1.0, upper=50.0),
    )


def pose(axes: Axes, state: Any, control: Any, strength: float = 1.0) -> None:
    """The arm from above, sliding through its pivot."""
    along = np.array([state[0] - LENGTH, state[0]]) * math.sin(state[2])
    axes.plot(along * math.cos(state[1]), along * math.sin(state[1]), color=BLACK, alpha=strength, lw=1.2)
    axes.plot(0.0, 0.0, "o", color=ORANGE)
    axes.set(xlabel="x, seen from above", ylabel="y, seen from above", aspect="equal")


def plot(solution: Solution) -> Figure:
    """The arm from above as a strip of poses, from pale to dark, and the three controls."""
    title = f"Robot arm: {solution.cost:.8g} from rest to rest"
    sheet = Sheet(solution, title, layout="PA;PB;PC", size=(10, 5), width_ratios=(1.2, 1))
    axes = sheet.axes
    reach, around, polar = sheet.path.states[:, :3].T
    flat, arm = reach * np.sin(polar), axes[0]
    arm.plot(flat * np.cos(around), flat * np.sin(around), color=BLUE, label="tip")
    sheet.strip(13, pose)
    arm.plot([], [], "o", color=ORANGE, label="pivot")
    arm.legend(fontsize="small", loc="lower left")
    for panel, name in enumerate(("rho", "theta", "phi"), start=1):
        sheet.control(panel, f"u_{name}", ylabel=f"$u_\\{name}$", ylim=(-1.15, 1.15))
        axes[panel].sharex(axes[3])
    axes[3].set_xlabel("time (dimensionless)")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="robot-arm",
    title="Robot arm",
    statement="5ρ'' = u_ρ, I_θ θ'' = u_θ, I_φ φ'' = u_φ, I_φ = ((5−ρ)³ + ρ³)/3, I_θ = I_φ sin²φ, |u| ≤ 1; "
    "(4.5, 0, π/4) → (4.5, 2π/3, π/4), rest to rest; minimize the final time",
    source="Mössner-Beigel, 1995; COPS 3.0",
    reference=9.140912,
    published="9.14138 (COPS, 200 intervals)",
    build=build,
    quantity="final time",
    plot=plot,
    pose=pose,
    units=dict.fromkeys(("theta", "phi", "theta_rate", "phi_rate"), "rad")
    | dict.fromkeys(("time", "rho", "rho_rate", "u_rho", "u_theta", "u_phi"), ""),
    guess={"theta": (0.0, 2 * math.pi / 3)},
    intervals=200,
    accuracy=4e-6,
)
