"""A chain of twenty masses and springs, brought to rest by a force at its free end: forty states."""

from typing import Any

import casadi as ca
import numpy as np
from scipy.linalg import expm

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import BLUE, Figure, Sheet
from geodepth.control.solution.solution import Solution
from geodepth.foundation.shapes import Float

MASSES, TIME = 20, 20.0


def dynamics(x: Any, u: Any, t: Any, p: Any) -> Any:
    """Every mass is pulled by the springs on both of its sides; the last one by one spring, and by u."""
    q, v = x[:MASSES], x[MASSES:]
    stretch = q - ca.vertcat(0, q[:-1])
    return ca.vertcat(v, ca.vertcat(stretch[1:], u[0]) - stretch)


def cost(x: Any, u: Any, t: Any, p: Any) -> Any:
    """l = (|q|² + |v|² + u²)/2."""
    return (ca.sumsqr(x) + u[0] ** 2) / 2


def matrices() -> tuple[Float[np.ndarray, "n n"], Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """A and b of x' = A x + b u, and the start."""
    springs = np.diag(np.full(MASSES, -2.0)) + np.eye(MASSES, k=1) + np.eye(MASSES, k=-1)
    springs[-1, -1] = -1.0
    none = np.zeros((MASSES, MASSES))
    start = np.concatenate([np.arange(1, MASSES + 1) / MASSES, np.zeros(MASSES)])
    return np.block([[none, np.eye(MASSES)], [springs, none]]), np.eye(2 * MASSES)[-1], start


def optimum() -> float:
    """½ x0ᵀ P(0) x0, with P from the Hamiltonian matrix's exponential."""
    a, b, start = matrices()
    n = start.size
    # From (x, 0) at the end to (x, λ) at the start.
    flow = expm(-TIME * np.block([[a, -np.outer(b, b)], [-np.eye(n), -a.T]]))
    return float(start @ flow[n:, :n] @ np.linalg.solve(flow[:n, :n], start) / 2)


def build() -> OptimalControlProblem:
    """States q[0] to q[19] and v[0] to v[19], control u."""
    start = matrices()[2]
    return OptimalControlProblem(
        name="chain-of-masses",
        states=(f"q[{MASSES}]", f"v[{MASSES}]"),
        controls=("u",),
        dynamics=dynamics,
        running_cost=cost,
        initial_state={"q": start[:MASSES].tolist(), "v": 0.0},
        final_time=TIME,
    )


def plot(solution: Solution) -> Figure:
    """Every fourth mass, and the force."""
    sheet = Sheet(solution, f"Chain of {MASSES} masses: {solution.cost:.8g}", rows=2, sharex=True)
    for i in range(MASSES - 1, 0, -4):
        sheet.axes[0].plot(sheet.path.times, sheet.path.states[:, i], color=BLUE, alpha=(i + 1) / MASSES)
    sheet.axes[0].set_ylabel("displacement")
    sheet.control(1, "u", xlabel="time", ylabel="force u")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="chain-of-masses",
    title="Chain of twenty masses",
    statement="q_i'' = q_{i−1} − 2q_i + q_{i+1}, q_0 = 0, q_20'' = q_19 − q_20 + u; q_i = i/20 at rest, T = 20; "
    "minimize ½∫|q|² + |v|² + u²",
    source="the masses and springs of Wang and Boyd, Fast Model Predictive Control, 2010",
    reference=optimum(),
    reference_source="the Hamiltonian matrix's exponential",
    build=build,
    plot=plot,
    units=dict.fromkeys(("time", *(f"{n}[{i}]" for n in "qv" for i in range(MASSES)), "u"), ""),
    intervals=100,
    accuracy=3e-5,
)
