"""First problem: move a cart by one metre in one second, from rest to rest, with the least effort.

The answer is known: u = 6 − 12 t, at the cost ½∫u² = 6, and the costates are (−12, 12 t − 6).
"""

from __future__ import annotations

from geodepth.control import MultipleShooting, OptimalControlProblem, solve


def main() -> dict[str, float]:
    """Solve, print, and return what was found beside what is known."""
    problem = OptimalControlProblem(
        name="cart",
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], u[0]],
        running_cost=lambda x, u, t, p: u[0] ** 2 / 2,
        initial_state={"x": -1.0, "v": 0.0},
        final_state={"x": 0.0, "v": 0.0},
    )
    solution = solve(problem, MultipleShooting("rk4", control="linear"))
    print(solution)
    print(solution.certificate)
    print(f"control at a quarter of the time: {solution.sample(0.25).controls[0, 0]:.9f} (known: 3)")
    return {
        "cost": solution.cost,
        "known cost": 6.0,
        "control": float(solution.sample(0.25).controls[0, 0]),
        "known control": 3.0,
    }


if __name__ == "__main__":
    main()
