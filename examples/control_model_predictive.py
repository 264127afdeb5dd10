"""Model-predictive control: a cart-pole balances, is kicked, and is caught by solving again every 40 ms.

The controller looks one second ahead and applies the first force of its plan; the plan before, moved on by one
interval, is where the next solve starts. The plant is simulated apart, by SciPy, and at half a second a kick changes
its spin by 2 rad/s, of which the controller is not told. In the end it must be back at rest, upright, at the origin.
"""

from __future__ import annotations

import math
import time

import numpy as np
from scipy.integrate import solve_ivp

from geodepth.control import Mesh, OptimalControlProblem, prepare
from geodepth.control.problems.smooth.cart_pole import dynamics

STEP, HORIZON, KICKED, KICK = 0.04, 25, 12, 2.0
"""s; intervals ahead; the step of the kick, and rad/s."""
UPRIGHT = np.array([0.0, math.pi, 0.0, 0.0])
"""Position (m), angle (rad), speed (m/s), spin (rad/s)."""


def main() -> dict[str, float]:
    """Close the loop for six seconds, print what solves took, and return where it ends."""
    problem = OptimalControlProblem(
        name="balance",
        states=("position", "angle", "speed", "spin"),
        controls=("force",),
        dynamics=dynamics,
        running_cost=lambda x, u, t, p: (
            10 * x[0] ** 2 + 10 * (x[1] - math.pi) ** 2 + x[2] ** 2 + x[3] ** 2 + 0.01 * u[0] ** 2
        ),
        initial_state={"position": 0.3, "angle": math.pi, "speed": 0.0, "spin": 0.0},
        final_state={"angle": math.pi, "spin": 0.0},
        state_bounds={"position": (-1.0, 1.0)},
        control_bounds={"force": (-20.0, 20.0)},
        final_time=STEP * HORIZON,
    )
    controller = prepare(problem, mesh=Mesh.uniform(HORIZON))
    state, seconds = np.array([0.3, math.pi, 0.0, 0.0]), []
    farthest = 0.0
    for step in range(150):
        clock = time.perf_counter()
        plan = controller.solve(initial_state=dict(zip(problem.states, state, strict=True)), shift=min(step, 1))
        seconds.append(time.perf_counter() - clock)
        force = plan.controls[0]
        moved = solve_ivp(lambda t, x, u=force: dynamics(x, u, t, []), (0.0, STEP), state, rtol=1e-9, atol=1e-9)
        state = moved.y[:, -1] + (np.array([0.0, 0.0, 0.0, KICK]) if step == KICKED else 0.0)
        farthest = max(farthest, abs(state[1] - math.pi))
    later = 1e3 * np.array(seconds[2:])
    print(f"first solve {1e3 * seconds[0]:.0f} ms, then median {np.median(later):.1f} ms, longest {later.max():.1f} ms")
    print(f"farthest from upright {math.degrees(farthest):.1f} degrees; at the end {np.round(state - UPRIGHT, 6)}")
    return {"position": 1 + state[0], "known position": 1.0, "angle": state[1], "known angle": math.pi}


if __name__ == "__main__":
    main()
