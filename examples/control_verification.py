"""Verification: what a certificate is worth. A right answer holds; one spoilt by one percent is denied.

Closed form: x' = u from 1 with cost ½∫x² + u² over T = 1 costs ½ tanh 1, the Riccati equation's solution.
"""

from __future__ import annotations

import math
from dataclasses import replace

from geodepth.control import DirectCollocation, Mesh, MultipleShooting, OptimalControlProblem, solve, verify


def main() -> dict[str, float]:
    """Solve, verify, spoil, verify; return costs and how many checks fail in each case."""
    problem = OptimalControlProblem(
        name="regulator",
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [u[0]],
        running_cost=lambda x, u, t, p: (x[0] ** 2 + u[0] ** 2) / 2,
        initial_state={"x": 1.0},
    )
    right = solve(problem, DirectCollocation("gauss", order=3), Mesh.uniform(10))
    certificate = verify(problem, right)
    print(certificate)
    spoilt = replace(right, control_values=1.01 * right.control_values, controls=1.01 * right.controls)
    denied = verify(problem, spoilt, finer=False)
    print(denied)
    coarse = verify(problem, solve(problem, MultipleShooting("euler"), Mesh.uniform(3)))
    print(coarse)
    return {
        "cost": right.cost,
        "known cost": math.tanh(1.0) / 2,
        "estimated error": certificate.cost_error,
        "failures": float(len(certificate.failures)),
        "failures when spoilt": float(len(denied.failures)),
        "failures when coarse": float(len(coarse.failures)),
    }


if __name__ == "__main__":
    main()
