"""Constraints and scaling: the cart with a speed limit, in metres and in nanometres.

With v ≤ 1.2 the least effort is 7.68 (closed form: the speed climbs, stays at its limit, and falls). The solver sees
scaled variables, so a change of units changes nothing.
"""

from __future__ import annotations

from geodepth.control import DirectCollocation, Mesh, OptimalControlProblem, PathConstraint, Solution, solve


def cart(unit: float) -> Solution:
    """The limited cart with lengths in metres divided by `unit`."""
    problem = OptimalControlProblem(
        name="cart with a speed limit",
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], u[0]],
        running_cost=lambda x, u, t, p: (u[0] / unit) ** 2 / 2,
        initial_state={"x": -unit, "v": 0.0},
        final_state={"x": 0.0, "v": 0.0},
        path_constraints=(PathConstraint(lambda x, u, t, p: x[1] / unit, upper=1.2),),
    )
    # The arcs meet at t = 1/4 and 3/4, which this mesh has among its nodes.
    scaling = {"x": unit, "v": unit, "u": unit}
    return solve(problem, DirectCollocation("radau", order=3), Mesh.uniform(40), scaling=scaling)


def main() -> dict[str, float]:
    """Solve in both units, print, and return both costs beside the known one."""
    metres, nanometres = cart(1.0), cart(1e9)
    print(metres)
    print(nanometres)
    print(f"highest speed {metres.state('v').max():.9f} m/s, limit 1.2 m/s")
    return {"cost": metres.cost, "cost in nanometres": nanometres.cost, "known cost": 7.68}


if __name__ == "__main__":
    main()
