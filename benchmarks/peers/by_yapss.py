"""yapss' side: Legendre-Gauss-Radau collocation, its automatic second derivatives, by IPOPT.

Mesh intervals have as many points each as geodepth's in the same comparison.
"""

from typing import Any

import casadi as ca
import numpy as np
from one_side import POINTS, Stated, run_all
from yapss import Problem
from yapss.math.wrapper import SXW


def solve(stated: Stated, intervals: int, tolerance: float) -> float:
    """The cost."""
    given = stated.given
    problem = Problem(
        name=given["name"],
        nx=[len(given["states"])],
        nu=[len(given["controls"])],
        nq=[int(stated.running_cost is not None)],
    )

    def column(values: Any) -> Any:
        return ca.vertcat(*[_plain(value) for value in values])

    def continuous(arg: Any) -> None:
        phase = arg.phase[0]
        x, u, t = column(phase.state), column(phase.control), _plain(phase.time)
        phase.dynamics[:] = [SXW(rate) for rate in ca.vertsplit(stated.dynamics(x, u, t))]
        if stated.running_cost is not None:
            phase.integrand[:] = (SXW(stated.running_cost(x, u, t)),)

    def objective(arg: Any) -> None:
        phase = arg.phase[0]
        cost: Any = 0.0 if stated.running_cost is None else phase.integral[0]
        if stated.terminal_cost is not None:
            cost = cost + SXW(stated.terminal_cost(column(phase.final_state), _plain(phase.final_time)))
        arg.objective = cost

    problem.functions.continuous, problem.functions.objective = continuous, objective
    _bound(problem.bounds.phase[0], given)
    guess = problem.guess.phase[0]
    guess.time = [given["initial_time"], given["final_time"]]
    guess.state = [given["guess"][name] for name in given["states"]]
    guess.control = [given["guess"][name] for name in given["controls"]]
    problem.mesh.phase[0].collocation_points = [POINTS] * intervals
    problem.mesh.phase[0].fraction = [1 / intervals] * intervals
    problem.spectral_method = "lgr"
    problem.derivatives.method, problem.derivatives.order = "auto", "second"
    problem.ipopt_options.tol, problem.ipopt_options.print_level = tolerance, 0
    problem.ipopt_options.max_iter = 3000
    solution = problem.solve()
    return float(solution.objective)


def _plain(value: Any) -> Any:
    """The CasADi expression inside what yapss hands over."""
    value = value if isinstance(value, SXW) or np.ndim(value) == 0 else value[0]
    return value._value if isinstance(value, SXW) else value


def _bound(bounds: Any, given: dict[str, Any]) -> None:
    bounds.initial_time.lower = bounds.initial_time.upper = given["initial_time"]
    low, high = given["final_time_bounds"] or (given["final_time"], given["final_time"])
    bounds.final_time.lower, bounds.final_time.upper = low, high
    for kind, where in (("states", bounds.state), ("controls", bounds.control)):
        for i, name in enumerate(given[kind]):
            low, high = given["bounds"][name]
            where.lower[i] = -np.inf if low is None else low
            where.upper[i] = np.inf if high is None else high
    for ends, where in ((given["initial_state"], bounds.initial_state), (given["final_state"], bounds.final_state)):
        for name, value in ends.items():
            i = given["states"].index(name)
            where.lower[i] = where.upper[i] = value


run_all(solve)
