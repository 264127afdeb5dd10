"""Phases: a cart brings a load to a waypoint, drops it there, and goes on empty.

On each way the least energy ½∫F² dt is that of a cubic path, with a number for each speed at the waypoint. The best
speed makes the sum of both a minimum: computed here by itself.
"""

from __future__ import annotations

from typing import Any

from geodepth.control import (
    DirectCollocation,
    Link,
    Mesh,
    MultiPhaseProblem,
    MultipleShooting,
    OptimalControlProblem,
    solve,
    verify,
)

LOADED, EMPTY, WAYPOINT, LENGTH, SECONDS = 2.0, 1.0, 0.3, 1.0, 1.0
"""Masses in kg, the waypoint and the end in m, and how long each way lasts."""


def cart(name: str, **stated: Any) -> OptimalControlProblem:
    """x'' = F/m with m' = 0."""
    return OptimalControlProblem(
        name=name,
        states=("x", "v", "m"),
        controls=("force",),
        dynamics=lambda x, u, t, p: [x[1], u[0] / x[2], 0],
        running_cost=lambda x, u, t, p: u[0] ** 2 / 2,
        **stated,
    )


def least_energy(mass: float, way: float, start: float, end: float) -> float:
    """Of a cubic path over this way, with these speeds at its ends."""
    T = SECONDS
    return mass**2 * (6 * way**2 - 6 * way * T * (start + end) + 2 * T**2 * (start**2 + start * end + end**2)) / T**3


def best_speed() -> float:
    """Where the slope of both energies together is zero."""
    first, second = LOADED**2, EMPTY**2
    return 6 * (first * WAYPOINT + second * (LENGTH - WAYPOINT)) / (4 * (first + second) * SECONDS)


def main() -> dict[str, float]:
    """Solve, verify, print, and return what was found beside what is known."""
    there = cart(
        "loaded", initial_state={"x": 0.0, "v": 0.0, "m": LOADED}, final_state={"x": WAYPOINT}, final_time=SECONDS
    )
    on = cart("empty", final_state={"x": LENGTH, "v": 0.0}, initial_time=SECONDS, final_time=2 * SECONDS)
    # All states go on where the first phase ends; the mass jumps.
    drop = Link("loaded", "empty", jumps={"m": EMPTY - LOADED})
    problem = MultiPhaseProblem("cart", phases=(there, on), links=(drop,))
    # Each phase may have a method and a mesh of its own.
    methods: dict[str, Any] = {
        "loaded": MultipleShooting("rk4", control="linear"),
        "empty": DirectCollocation("radau", 3),
    }
    solution = solve(problem, methods, {"loaded": Mesh.uniform(4), "empty": Mesh.uniform(6)})
    speed = best_speed()
    known = least_energy(LOADED, WAYPOINT, 0.0, speed) + least_energy(EMPTY, LENGTH - WAYPOINT, speed, 0.0)
    print(solution)
    print(verify(problem, solution))
    (link,) = solution.links
    for name, phase in solution.phases.items():
        print(f"{name}: cost {phase.cost:.8g}, from t = {phase.times[0]:g} to {phase.times[-1]:g}")
    print(f"at t = {link.time:g} the states jump by {link.jumps} and the costates by {link.costate_jumps}")
    found = float(solution.phases["empty"].state("v")[0])
    print(f"energy {solution.cost:.10f}, known {known:.10f}; speed at the waypoint {found:.8f}, known {speed:.8f}")
    # The costate of x is x''' m²: it jumps at the waypoint, which is given.
    T, first, second = SECONDS, LOADED**2, EMPTY**2
    slopes = [
        first * (6 * T * speed - 12 * WAYPOINT) / T**3,
        second * (6 * T * speed - 12 * (LENGTH - WAYPOINT)) / T**3,
    ]
    return {
        "cost": solution.cost,
        "known cost": known,
        "speed": found,
        "known speed": speed,
        "jump": link.costate_jumps["x"],
        "known jump": slopes[1] - slopes[0],
    }


if __name__ == "__main__":
    main()
