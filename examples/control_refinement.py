"""Refinement: land on the moon with the least fuel, to eight digits, and say when the engine starts.

The optimum falls freely, then brakes at full thrust. Full thrust until touch-down is one initial-value problem, so the
switch follows from two equations, solved here without any optimization.
"""

from __future__ import annotations

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import fsolve

from geodepth.control import FreeTime, OptimalControlProblem, find_structure, refine

THRUST, EXHAUST, SPEED = 1.227, 2.349, -0.783


def by_shooting() -> tuple[float, float]:
    """Switch and touch-down times from h = v = 0 at the end of full thrust that follows free fall."""

    def miss(times: np.ndarray) -> np.ndarray:
        switch, end = times
        start = [1 + SPEED * switch - switch**2 / 2, SPEED - switch, 1.0]
        braking = solve_ivp(
            lambda t, x: [x[1], THRUST / x[2] - 1, -THRUST / EXHAUST], (switch, end), start, rtol=1e-12, atol=1e-13
        )
        return np.asarray(braking.y[:2, -1])

    switch, end = fsolve(miss, [0.24, 1.4], xtol=1e-12)
    return float(switch), float(end)


def main() -> dict[str, float]:
    """Refine, print, and return times and fuel beside those of the shooting."""
    problem = OptimalControlProblem(
        name="moon lander",
        states=("h", "v", "m"),
        controls=("T",),
        dynamics=lambda x, u, t, p: [x[1], u[0] / x[2] - 1, -u[0] / EXHAUST],
        running_cost=lambda x, u, t, p: u[0],
        initial_state={"h": 1.0, "v": SPEED, "m": 1.0},
        final_state={"h": 0.0, "v": 0.0},
        state_bounds={"m": (0.01, 1.0)},
        control_bounds={"T": (0.0, THRUST)},
        final_time=FreeTime(1.5, 0.1, 10.0),
    )
    solution = refine(problem, tolerance=1e-8)
    structure = find_structure(problem, solution)
    switch, end = by_shooting()
    print(solution.certificate)
    print(structure)
    print(f"engine on at {structure.switch_times[0]:.9f}, by shooting {switch:.9f}")
    return {
        "cost": solution.cost,
        "known cost": THRUST * (end - switch),
        "switch": structure.switch_times[0],
        "known switch": switch,
    }


if __name__ == "__main__":
    main()
