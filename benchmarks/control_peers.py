"""Time and accuracy of rockit and of geodepth on the same problems, transcription, mesh, tolerance and solver.

    python benchmarks/control_peers.py [repetitions]

Both transcribe by multiple shooting with one RK4 step and a constant control on each of the same intervals, start from
the same guess, and call IPOPT with the same tolerance. Build: from the statement to a solver that is ready; solve: the
solver's run. rockit is run with and without CasADi's `expand`, and the faster of the two counts; what is guessed to be
zero, rockit's default, is not told to it, because `set_initial` is what most of its build goes to. Times are the least
of the repetitions, in milliseconds. Needs `rockit-meco` 0.6.7 beside geodepth.
"""

from __future__ import annotations

import contextlib
import io
import os
import statistics
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control import FreeParameter, FreeTime, Mesh, MultipleShooting, OptimalControlProblem, solve
from geodepth.control.problems import load, names

INTERVALS = 50
TOLERANCE = 1e-8
OPTIONS = {"print_level": 0, "sb": "yes", "tol": TOLERANCE, "max_iter": 3000}


@dataclass(frozen=True, slots=True)
class Run:
    """Milliseconds and the cost of one solve."""

    build: float
    solve: float
    cost: float

    @property
    def total(self) -> float:
        return self.build + self.solve


def ours(problem: OptimalControlProblem, guess: Mapping[str, Any] | None) -> Run:
    """A cold solve by geodepth, without its certificate: rockit has none."""
    solution = solve(
        problem, MultipleShooting("rk4"), Mesh.uniform(INTERVALS), "ipopt", TOLERANCE, guess, certify=False
    )
    return Run(1e3 * solution.statistics["build_seconds"], 1e3 * solution.statistics["solve_seconds"], solution.cost)


def theirs(problem: OptimalControlProblem, guess: Mapping[str, Any] | None, expand: bool = False) -> Run:
    """The same by rockit, from the problem's own CasADi functions."""
    rockit: Any = import_module("rockit")
    clock = time.perf_counter()
    final = problem.final_time
    assert not isinstance(problem.initial_time, FreeTime)
    horizon = rockit.FreeTime(final.guess) if isinstance(final, FreeTime) else final - problem.initial_time
    ocp = rockit.Ocp(t0=problem.initial_time, T=horizon)
    x = ca.vertcat(*[ocp.state() for _ in problem.states])
    u = ca.vertcat(*[ocp.control() for _ in problem.controls])
    p = ca.DM([float(v) for v in (problem.parameters or {}).values() if not isinstance(v, FreeParameter)])
    rates = problem.functions.dynamics(x, u, ocp.t, p)
    for i, state in enumerate(ca.vertsplit(x)):
        ocp.set_der(state, rates[i])
    if problem.running_cost is not None:
        ocp.add_objective(ocp.integral(problem.functions.running_cost(x, u, ocp.t, p)))
    if problem.terminal_cost is not None:
        ocp.add_objective(problem.functions.terminal_cost(ocp.at_tf(x), ocp.T + problem.initial_time, p))
    _bound(ocp, problem, x, u)
    for i, name in enumerate((*problem.states, *problem.controls)):
        value = (guess or {}).get(name, _default(problem, name))
        symbol = x[i] if i < len(problem.states) else u[i - len(problem.states)]
        line = _line(value, i < len(problem.states))
        if np.any(line):
            ocp.set_initial(symbol, line)
    if isinstance(final, FreeTime):
        ocp.subject_to((final.lower <= ocp.T) <= final.upper)
    ocp.solver("ipopt", {"ipopt": dict(OPTIONS), "print_time": False, "expand": expand})
    ocp.method(rockit.MultipleShooting(N=INTERVALS, M=1, intg="rk"))
    ocp._transcribe()
    built = time.perf_counter()
    solution = ocp.solve()
    ended = time.perf_counter()
    return Run(1e3 * (built - clock), 1e3 * (ended - built), float(solution.value(ocp.objective)))


def _bound(ocp: Any, problem: OptimalControlProblem, x: Any, u: Any) -> None:
    for symbols, kind in ((x, "states"), (u, "controls")):
        for i, (low, high) in enumerate(zip(*problem.bounds(kind), strict=True)):
            if np.isfinite(low) and np.isfinite(high):
                ocp.subject_to((low <= symbols[i]) <= high)
            elif np.isfinite(low):
                ocp.subject_to(symbols[i] >= low)
            elif np.isfinite(high):
                ocp.subject_to(symbols[i] <= high)
    for at, given in ((ocp.at_t0, problem.initial_state), (ocp.at_tf, problem.final_state)):
        for name, value in (given or {}).items():
            ocp.subject_to(at(x[list(problem.states).index(name)]) == value)


def _default(problem: OptimalControlProblem, name: str) -> Any:
    """geodepth's own default, told to rockit: lines between ends, middles of bounds."""
    if name in problem.controls:
        index, (lower, upper) = list(problem.controls).index(name), problem.bounds("controls")
    else:
        index, (lower, upper) = list(problem.states).index(name), problem.bounds("states")
        start, end = (problem.initial_state or {}).get(name), (problem.final_state or {}).get(name)
        if start is not None or end is not None:
            first = start if start is not None else end
            return (first, end if end is not None else first)
    low, high = lower[index], upper[index]
    both = np.isfinite(low) and np.isfinite(high)
    return float((low + high) / 2 if both else min(max(0.0, low), high))


def _line(value: Any, at_nodes: bool) -> Any:
    count = INTERVALS + 1 if at_nodes else INTERVALS
    if isinstance(value, tuple):
        fractions = np.linspace(0, 1, count) if at_nodes else np.arange(count) / count
        return value[0] + fractions * (value[1] - value[0])
    return value


def comparable(name: str) -> bool:
    """Problems without path, boundary or parameter subtleties, whose guesses both can be told."""
    classic = load(name)
    problem = classic.build()
    simple = isinstance(classic.guess, dict | None) and all(
        isinstance(v, int | float | tuple) for v in (classic.guess or {}).values()
    )
    free = any(isinstance(v, FreeParameter) for v in (problem.parameters or {}).values())
    plain = not problem.path_constraints and not problem.boundary_constraints
    return simple and plain and not free and not isinstance(problem.initial_time, FreeTime)


def main(repetitions: int = 3) -> list[tuple[str, Run, Run]]:
    """Print the table; return the runs of both."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    print(f"{'problem':34}{'build':>17}{'solve':>17}{'ratio':>7}{'cost':>17}{'difference':>12}")
    print(f"{'':34}{'rockit':>9}{'ours':>8}{'rockit':>9}{'ours':>8}")
    runs = []
    for name in filter(comparable, names(several_phases=False)):
        classic = load(name)
        best: dict[str, Run] = {}
        for _ in range(repetitions):
            for label, call in (("rockit", theirs), ("rockit", partial(theirs, expand=True)), ("ours", ours)):
                try:
                    with contextlib.redirect_stdout(io.StringIO()):
                        run = call(classic.build(), classic.guess)
                except Exception as error:
                    print(f"{name:34}{label} fails: {str(error).splitlines()[-1][:60]}")
                    break
                if label not in best or run.total < best[label].total:
                    best[label] = run
            if len(best) < 2:
                break
        if len(best) < 2:
            continue
        a, b = best["rockit"], best["ours"]
        runs.append((name, a, b))
        print(
            f"{name:34}{a.build:9.1f}{b.build:8.1f}{a.solve:9.1f}{b.solve:8.1f}{b.total / a.total:7.2f}"
            f"{b.cost:17.9g}{b.cost - a.cost:12.1e}"
        )
    ratios = [b.total / a.total for _, a, b in runs]
    print(f"{len(runs)} problems: median ratio {statistics.median(ratios):.2f}, worst {max(ratios):.2f}")
    return runs


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
