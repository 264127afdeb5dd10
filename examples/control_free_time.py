"""Free time: the slide of least time between two points, Bernoulli's brachistochrone.

The cycloid x = R (a − sin a), y = R (1 − cos a) through (2, 2) gives the time a √(R/g), computed here by itself.
"""

from __future__ import annotations

import math

import casadi as ca
from scipy.optimize import brentq

from geodepth.control import DirectCollocation, FreeTime, Mesh, OptimalControlProblem, solve

GRAVITY = 9.8


def cycloid_time() -> float:
    """The least time to (2, 2), in seconds: at equal x and y the angle satisfies a − sin a = 1 − cos a."""
    angle = brentq(lambda a: a - math.sin(a) - 1 + math.cos(a), 1.0, 4.0, xtol=1e-15)
    return float(angle * math.sqrt(2 / (1 - math.cos(angle)) / GRAVITY))


def main() -> dict[str, float]:
    """Solve, print, and return the time found beside the cycloid's."""
    problem = OptimalControlProblem(
        name="slide",
        states=("x", "y", "v"),
        controls=("angle",),
        dynamics=lambda x, u, t, p: [x[2] * ca.sin(u[0]), x[2] * ca.cos(u[0]), GRAVITY * ca.cos(u[0])],
        terminal_cost=lambda x, t, p: t,
        initial_state={"x": 0.0, "y": 0.0, "v": 0.0},
        final_state={"x": 2.0, "y": 2.0},
        control_bounds={"angle": (0.0, math.pi)},
        final_time=FreeTime(guess=1.0, lower=0.1, upper=10.0),
    )
    guess = {"v": (0.0, 6.0), "angle": (0.1, 1.5)}
    solution = solve(problem, DirectCollocation("radau", order=3), Mesh.uniform(20), guess=guess)
    print(solution)
    print(f"least time {solution.times[-1]:.10f} s, the cycloid's {cycloid_time():.10f} s")
    return {"time": float(solution.times[-1]), "known time": cycloid_time()}


if __name__ == "__main__":
    main()
