"""A linear-quadratic regulator: an inverted pendulum on a cart, balanced, against SciPy's Riccati equation."""

import math
from typing import Any

import casadi as ca
import numpy as np
from scipy.linalg import solve_continuous_are

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import BLACK, ORANGE, PINK, Figure, Sheet
from geodepth.control.solution.solution import Solution
from geodepth.foundation.shapes import Float

GRAVITY, LENGTH, CART, BOB = 9.81, 0.5, 1.0, 0.3
"""m/s², m, kg, kg."""

# Linearized about upright: position (m), angle (rad), speed (m/s), angular speed (rad/s); force (N).
A = np.array(
    [
        [0.0, 0.0, 1.0, 0.0],
        [0.0, 0.0, 0.0, 1.0],
        [0.0, -BOB * GRAVITY / CART, 0.0, 0.0],
        [0.0, (CART + BOB) * GRAVITY / (CART * LENGTH), 0.0, 0.0],
    ]
)
B = np.array([[0.0], [0.0], [1.0 / CART], [-1.0 / (CART * LENGTH)]])
Q = np.diag([10.0, 10.0, 1.0, 1.0])
R = np.array([[0.1]])
START = {"position": 0.5, "angle": 0.1, "speed": 0.0, "angular_speed": 0.0}


def riccati() -> Float[np.ndarray, "4 4"]:
    """P of AᵀP + PA − PBR⁻¹BᵀP + Q = 0: the optimal cost from x is ½xᵀPx, its costate ∂V/∂x is Px."""
    return np.asarray(solve_continuous_are(A, B, Q, R))


def dynamics(x: Any, u: Any, t: Any, p: Any) -> Any:
    """x' = Ax + Bu."""
    return ca.DM(A) @ x + ca.DM(B) @ u


def quadratic(x: Any, u: Any, t: Any, p: Any) -> Any:
    """l = (xᵀQx + uᵀRu)/2."""
    return (ca.bilin(ca.DM(Q), x, x) + ca.bilin(ca.DM(R), u, u)) / 2


def remaining(x: Any, t: Any, p: Any) -> Any:
    """m = xᵀPx/2: the cost of the rest of an endless horizon, so that it does not matter where this one is cut."""
    return ca.bilin(ca.DM(riccati()), x, x) / 2


def build() -> OptimalControlProblem:
    """States position (m), angle (rad), speed (m/s), angular_speed (rad/s); control force (N); 3 s of an endless
    horizon."""
    return OptimalControlProblem(
        name="linear-quadratic-regulator",
        states=tuple(START),
        controls=("force",),
        dynamics=dynamics,
        running_cost=quadratic,
        terminal_cost=remaining,
        initial_state=START,
        final_time=3.0,
    )


def plot(solution: Solution) -> Figure:
    """Position, angle and force; dashed, the feedback law u = −R⁻¹BᵀPx evaluated on the path."""
    sheet = Sheet(solution, f"Linear-quadratic regulator: cost {solution.cost:.8g}", rows=3, sharex=True, size=(6.5, 6))
    sheet.state(0, "position", ylabel="position (m)")
    sheet.state(1, "angle", PINK, scale=180 / math.pi, ylabel="angle (°)")
    sheet.control(2, "force", label="optimized", colour=ORANGE, xlabel="time (s)", ylabel="force (N)")
    path = sheet.path
    feedback = -np.linalg.solve(R, B.T @ riccati()) @ path.states.T
    sheet.axes[2].plot(path.times, feedback[0], color=BLACK, ls="--", lw=1, label="−R⁻¹BᵀPx (Riccati)")
    return sheet.finished()


def _optimum() -> float:
    start = np.array(list(START.values()))
    return float(start @ riccati() @ start) / 2


PROBLEM = ClassicProblem(
    name="linear-quadratic-regulator",
    title="Linear-quadratic regulator",
    statement="x' = Ax + Bu, a linearized inverted pendulum on a cart from (0.5, 0.1, 0, 0); "
    "minimize ½∫xᵀQx + uᵀRu over an endless horizon",
    source="Kalman, 1960; the pendulum is the cart-pole's",
    reference=_optimum(),
    reference_source="½xᵀPx with SciPy's solve_continuous_are",
    build=build,
    plot=plot,
    units={"time": "s", "position": "m", "angle": "rad", "speed": "m/s", "angular_speed": "rad/s", "force": "N"},
    intervals=200,
)
