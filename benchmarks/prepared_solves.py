"""Prepared solves against CasADi's own Opti, the same program solved many times from the last solution.

    python benchmarks/prepared_solves.py [solves [intervals]]

The swing-up of a cart-pole, on 40 intervals of RK4, solved for 100 initial states (or as many as asked for), each
drawn around rest, and each solve warm from the last in primal and dual. Opti is stated with the same mapped RK4 step
and used as a function, `Opti.to_function`, by ipopt at the same tolerance: once with `warm_start_init_point` alone,
once with the barrier and bound pushes that geodepth gives ipopt. Ratios are to the faster of the two. Costs must agree
with Opti's. Times are CPU seconds, medians; "first" is from the statement to the first solution, but for what a C
compiler takes in a process of its own.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control import Mesh, prepare
from geodepth.control.problems.smooth.cart_pole import build

INTERVALS = int(sys.argv[2]) if len(sys.argv) > 2 else 40
SPREAD, TOLERANCE = 0.03, 1e-8
"""The mesh; of initial states, in the states' units; of the solvers."""
AGREE = 1e-6
"""How far the costs may be apart, relative: a hundred times the solvers' tolerance."""
CLOSE = 1e-9
QUICK = {
    "mu_init": 1e-7,
    "warm_start_bound_push": CLOSE,
    "warm_start_bound_frac": CLOSE,
    "warm_start_slack_bound_push": CLOSE,
    "warm_start_slack_bound_frac": CLOSE,
    "warm_start_mult_bound_push": CLOSE,
}
"""What geodepth gives ipopt for warm starts."""
Solve = Callable[[np.ndarray], tuple[float, int]]
"""From an initial state to the cost and the iterations, warm from the last."""


def opti(options: dict[str, Any]) -> Solve:
    """The program in Opti, as a function."""
    problem = build()
    functions, step = problem.functions, problem.horizon({})[1] / INTERVALS
    x, u = ca.SX.sym("x", 4), ca.SX.sym("u", 1)

    def rate(state: Any) -> Any:
        return ca.vertcat(functions.dynamics(state, u, 0.0, []), functions.running_cost(state, u, 0.0, []))

    whole, slope = ca.SX.zeros(5), rate(x)
    for share, weight in ((0.5, 1), (0.5, 2), (1.0, 2), (None, 1)):
        whole = whole + step * weight / 6 * slope
        slope = whole if share is None else rate(x + step * share * slope[:4])
    interval = ca.Function("interval", [x, u], [x + whole[:4], whole[4]]).map(INTERVALS)
    program = ca.Opti()
    states, controls, start = program.variable(4, INTERVALS + 1), program.variable(1, INTERVALS), program.parameter(4)
    ends, costs = interval(states[:, :-1], controls)
    program.minimize(ca.sum2(costs))
    program.subject_to(states[:, 1:] == ends)
    program.subject_to(states[:, 0] == start)
    program.subject_to(states[:, -1] == ca.DM([(problem.final_state or {})[name] for name in problem.states]))
    program.subject_to(program.bounded(-20.0, controls, 20.0))
    program.subject_to(program.bounded(-2.0, states[0, :], 2.0))
    known = {"tol": TOLERANCE, "print_level": 0, "sb": "yes", "bound_relax_factor": 0.0}
    compiled = {}
    for warm, more in ((False, {}), (True, {"warm_start_init_point": "yes", **options})):
        program.solver("ipopt", {"print_time": False}, known | more)
        given, found = [start, program.x, program.lam_g], [program.x, program.lam_g, program.f]
        compiled[warm] = program.to_function("solve", given, found)
    line = np.linspace(0.0, 1.0, INTERVALS + 1)[None] * np.array([[1.0], [np.pi], [0.0], [0.0]])
    latest: list[Any] = [np.concatenate([line.T.ravel(), np.zeros(INTERVALS)]), 0.0, False]

    def solve(initial: np.ndarray) -> tuple[float, int]:
        *latest[:2], cost = compiled[latest[2]](initial, *latest[:2])
        latest[2] = True
        return float(cost), -1

    return solve


def prepared(solver: str, native: bool = False) -> Solve:
    """The program of geodepth."""
    program = prepare(build(), mesh=Mesh.uniform(INTERVALS), solver=solver, tolerance=TOLERANCE, native=native)

    def solve(initial: np.ndarray) -> tuple[float, int]:
        found = program.solve(initial_state=dict(zip(program.problem.states, initial, strict=True)))
        return found.cost, int(found.statistics["iterations"])

    return solve


def main() -> None:
    """Print one line for each."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    starts = np.random.default_rng(0).uniform(-SPREAD, SPREAD, (count, 4))
    ways: dict[str, Callable[[], Solve]] = {
        "Opti, ipopt": lambda: opti({}),
        "Opti, ipopt, our options": lambda: opti(QUICK),
        "geodepth, ipopt": lambda: prepared("ipopt"),
        "geodepth, fatrop": lambda: prepared("fatrop"),
        "geodepth, ipopt, in C": lambda: prepared("ipopt", native=True),
        "geodepth, fatrop, in C": lambda: prepared("fatrop", native=True),
    }
    solves, first = {}, {}
    for name, way in ways.items():
        clock = time.process_time()
        solves[name] = way()
        solves[name](np.zeros(4))
        first[name] = time.process_time() - clock
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    costs, iterations = {name: np.zeros(count) for name in ways}, {name: np.zeros(count) for name in ways}
    # In turns, so that what else the machine does falls on all of them.
    for i, initial in enumerate(starts):
        for name, solve in solves.items():
            clock = time.process_time()
            costs[name][i], iterations[name][i] = solve(initial)
            seconds[name].append(time.process_time() - clock)
    base = min(np.median(seconds[name]) for name in ways if name.startswith("Opti"))
    reference = costs["Opti, ipopt"]
    for name in ways:
        apart = np.max(np.abs(costs[name] / reference - 1))
        print(
            f"{name:26} first {first[name]:6.3f} s, then median {1e3 * np.median(seconds[name]):7.2f} ms, ratio "
            f"{np.median(seconds[name]) / base:5.2f}, longest {1e3 * np.max(seconds[name]):7.1f} ms, iterations "
            f"{np.median(iterations[name]):4.0f}, cost apart {apart:.1e}{'' if apart <= AGREE else ': DIFFERENT'}"
        )


if __name__ == "__main__":
    main()
