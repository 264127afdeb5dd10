"""Your own problem, with a plot: a pendulum brought upright from hanging, with the least torque.

Independent answer: Pontryagin's conditions as a boundary-value problem, which SciPy solves from the solution's own
costates, without discretized controls.
"""

from __future__ import annotations

import math
import sys

import casadi as ca
import numpy as np
from scipy.integrate import solve_bvp

from geodepth.control import DirectCollocation, Mesh, OptimalControlProblem, Solution, solve

GRAVITY, DURATION = 9.81, 2.0


def by_boundary_values(solution: Solution) -> float:
    """½∫u² with u = −λ_ω, θ'' = −g sin θ + u, λ_θ' = g λ_ω cos θ, λ_ω' = −λ_θ."""

    def rate(t: np.ndarray, y: np.ndarray) -> np.ndarray:
        angle, speed, first, second, _ = y
        turn = -GRAVITY * np.sin(angle) - second
        return np.array([speed, turn, GRAVITY * second * np.cos(angle), -first, second**2 / 2])

    def ends(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.array([a[0], a[1], a[4], b[0] - math.pi, b[1]])

    start = np.vstack([solution.states.T, solution.costates.T, np.linspace(0, solution.cost, solution.times.size)])
    found = solve_bvp(rate, ends, solution.times, start, tol=1e-10, max_nodes=20000)
    return float(found.y[4, -1])


def main(picture: str | None = None) -> dict[str, float]:
    """Solve, compare, and draw into `picture` if one is named."""
    problem = OptimalControlProblem(
        name="pendulum",
        states=("angle", "speed"),
        controls=("torque",),
        dynamics=lambda x, u, t, p: [x[1], -GRAVITY * ca.sin(x[0]) + u[0]],
        running_cost=lambda x, u, t, p: u[0] ** 2 / 2,
        initial_state={"angle": 0.0, "speed": 0.0},
        final_state={"angle": math.pi, "speed": 0.0},
        final_time=DURATION,
    )
    solution = solve(problem, DirectCollocation("gauss", order=3), Mesh.uniform(30))
    known = by_boundary_values(solution)
    print(solution)
    print(f"cost {solution.cost:.9f}, by the boundary-value problem {known:.9f}")
    if picture is not None:
        solution.plot().savefig(picture)
    return {"cost": solution.cost, "known cost": known}


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
