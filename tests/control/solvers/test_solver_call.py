"""A solver that cannot be stopped: never started on NaN, and left behind when its time is over or Ctrl-C comes."""

import subprocess
import sys

import casadi as ca
import pytest

from geodepth.control import Mesh, OptimalControlProblem, Status, solve


def test_fatrop_is_not_started_where_a_slope_is_undefined() -> None:
    problem = OptimalControlProblem(
        name="n",
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], u[0]],
        running_cost=lambda x, u, t, p: ca.log(x[0] + x[1] - u[0] ** 2),
        initial_state={"x": 0, "v": 0},
        final_state={"x": 1, "v": 0},
    )
    solution = solve(problem, mesh=Mesh.uniform(10), solver="fatrop", raise_on_failure=False, effort="once")
    assert solution.status is Status.INVALID_NUMBER
    assert solution.advice.endswith("(running_cost is NaN or infinite at t = 0 at the start)")


# The cost is undefined for u ≥ 1, where fatrop goes after a few iterations, and never comes back from.
ENDLESS = """
import signal, sys, threading, time
import casadi as ca
from geodepth.control import Mesh, OptimalControlProblem, solve

problem = OptimalControlProblem(
    name="endless", states=("x", "v"), controls=("u",), dynamics=lambda x, u, t, p: [x[1], u[0]],
    running_cost=lambda x, u, t, p: -ca.log(1 - u[0]) * x[0], initial_state={"x": 0, "v": 0},
    final_state={"x": 1, "v": 0})
if sys.argv[1] == "interrupt":
    threading.Timer(1.0, signal.raise_signal, [signal.SIGINT]).start()
clock = time.monotonic()
limit = 1.0 if sys.argv[1] == "limit" else None
found = solve(problem, mesh=Mesh.uniform(20), solver="fatrop", time_limit=limit, raise_on_failure=False)
print(found.status.name, time.monotonic() - clock < 10)
"""


@pytest.mark.parametrize(("way", "status"), [("limit", "TIME_LIMIT"), ("interrupt", "INTERRUPTED")])
def test_fatrop_is_left_behind(way: str, status: str) -> None:
    # In a process of its own: what is left behind works on until the process ends.
    found = subprocess.run(
        [sys.executable, "-c", ENDLESS, way], capture_output=True, text=True, timeout=60, check=False
    )
    assert found.stdout.split() == [status, "True"], found.stderr
