"""A solver that cannot be stopped: never started on NaN, and left behind when its time is over or Ctrl-C comes."""

import subprocess
import sys

import casadi as ca
import numpy as np
import pytest

from geodepth.control import Mesh, OptimalControlProblem, Status, solve
from geodepth.control.solvers.solver_call import Repeated, computed, evaluated


def test_evaluated_is_as_casadi_calls() -> None:
    """Matrices, sparse outputs, inputs of no size and of none given; also where the memory is used again."""
    x, y, none = ca.MX.sym("x", 2, 3), ca.MX.sym("y", 3), ca.MX.sym("n", 0)
    sparse = ca.MX(4, 3)
    sparse[1, 0], sparse[3, 2] = x[1, 2], y[0] * x[0, 0]
    function = ca.Function("f", [x, none, y], [sparse, ca.MX(2, 1), ca.mtimes(x, y + 1), ca.MX(0, 1)])
    generator = np.random.default_rng(0)
    for given in (generator.normal(size=3), None, np.ones(3)):
        # As it lies in memory, its columns are rows.
        matrix = generator.normal(size=(2, 3))
        found = evaluated(function, matrix.T, np.zeros(0), given)
        expected = function.call([matrix, np.zeros(0), 0 if given is None else given])
        for ours, casadis in zip(found, expected, strict=True):
            assert np.array_equal(ours, casadis.full().ravel(order="F"))
    with pytest.raises(RuntimeError, match=r"input 2 of f holds 3 numbers, not 4"):
        evaluated(function, matrix.T, np.zeros(0), np.zeros(4))


def test_a_repeated_call_is_as_the_first() -> None:
    x, none = ca.MX.sym("x", 2), ca.MX.sym("n", 0)
    sparse = ca.MX(3, 1)
    sparse[1] = x[0] * x[1]
    function = ca.Function("f", [x, none], [sparse, x + 1])
    repeated = Repeated(function)
    for given in np.random.default_rng(0).normal(size=(3, 2)):
        found = repeated(given, np.zeros(0))
        for ours, casadis in zip(found, function.call([given, np.zeros(0)]), strict=True):
            assert np.array_equal(ours, casadis.full().ravel())


def test_computed_is_nan_where_a_function_gives_up() -> None:
    state, rate = ca.MX.sym("x"), ca.SX.sym("y")
    step = ca.integrator("step", "cvodes", {"x": rate, "ode": ca.sqrt(-1 - rate**2)})
    function = ca.Function("f", [state], [step(x0=state)["xf"], 2 * state])
    with pytest.raises(RuntimeError, match="CVode"):
        evaluated(function, np.ones(1))
    assert np.isnan(computed(function, np.ones(1))).all()


def test_a_linear_solve_that_gives_up_leaves_no_numbers() -> None:
    """CasADi raises nothing where it reads and writes our arrays: their old entries stood for a solution."""
    matrix = ca.MX.sym("A", 2, 2)
    function = ca.Function("f", [matrix], [ca.solve(matrix, ca.DM([1.0, 2.0]))])
    repeated = Repeated(function)
    for given, solved in ((np.eye(2), True), (np.ones((2, 2)), False), (np.eye(2), True)):
        wanted = [1.0, 2.0] if solved else [np.nan, np.nan]
        assert np.array_equal(repeated(given.ravel())[0], wanted, equal_nan=True)
        assert np.array_equal(computed(function, given)[0], wanted, equal_nan=True)
    with pytest.raises(RuntimeError, match="f gives up at these arguments"):
        evaluated(function, np.ones((2, 2)))


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
