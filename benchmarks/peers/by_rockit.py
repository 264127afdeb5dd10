"""rockit's side: multiple shooting with one RK4 step and a constant control on each interval, by IPOPT.

CasADi's `expand` is off and on, and the faster counts. What is guessed to be zero, rockit's default, is not told to it,
because `set_initial` is what most of its build goes to.
"""

from functools import partial
from typing import Any

import casadi as ca
import numpy as np
import rockit
from one_side import Stated, run_all


def solve(expand: bool, stated: Stated, intervals: int, tolerance: float) -> float:
    """The cost."""
    given = stated.given
    start, end, free = given["initial_time"], given["final_time"], given["final_time_bounds"]
    ocp = rockit.Ocp(t0=start, T=rockit.FreeTime(end) if free else end - start)
    x = ca.vertcat(*[ocp.state() for _ in given["states"]])
    u = ca.vertcat(*[ocp.control() for _ in given["controls"]])
    rates = stated.dynamics(x, u, ocp.t)
    for i, state in enumerate(ca.vertsplit(x)):
        ocp.set_der(state, rates[i])
    if stated.running_cost is not None:
        ocp.add_objective(ocp.integral(stated.running_cost(x, u, ocp.t)))
    if stated.terminal_cost is not None:
        ocp.add_objective(stated.terminal_cost(ocp.at_tf(x), ocp.T + start))
    symbols = dict(zip((*given["states"], *given["controls"]), (*ca.vertsplit(x), *ca.vertsplit(u)), strict=True))
    for name, symbol in symbols.items():
        _bound(ocp, symbol, *given["bounds"][name])
        first, last = given["guess"][name]
        if first or last:
            nodes = np.linspace(0, 1, intervals + 1)
            fractions = nodes if name in given["states"] else nodes[:-1]
            ocp.set_initial(symbol, first if first == last else first + fractions * (last - first))
    for at, ends in ((ocp.at_t0, given["initial_state"]), (ocp.at_tf, given["final_state"])):
        for name, value in ends.items():
            ocp.subject_to(at(symbols[name]) == value)
    if free:
        ocp.subject_to((free[0] <= ocp.T) <= free[1])
    options = {"print_level": 0, "sb": "yes", "tol": tolerance, "max_iter": 3000}
    ocp.solver("ipopt", {"ipopt": options, "print_time": False, "expand": expand})
    ocp.method(rockit.MultipleShooting(N=intervals, M=1, intg="rk"))
    ocp._transcribe()
    solution = ocp.solve()
    return float(solution.value(ocp.objective))


def _bound(ocp: Any, symbol: Any, low: float | None, high: float | None) -> None:
    if low is not None and high is not None:
        ocp.subject_to((low <= symbol) <= high)
    elif low is not None:
        ocp.subject_to(symbol >= low)
    elif high is not None:
        ocp.subject_to(symbol <= high)


run_all(partial(solve, False), partial(solve, True))
