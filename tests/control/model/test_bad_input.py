"""A thousand generated bad problems and arguments: each gives one of our errors, in one line, none a traceback."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import casadi as ca
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geodepth.control import (
    BoundaryConstraint,
    ControlError,
    Cvodes,
    DirectCollocation,
    ExplicitRungeKutta,
    FreeParameter,
    FreeTime,
    ImplicitRungeKutta,
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    PathConstraint,
    Rollout,
    Solution,
    find_structure,
    gauss_legendre,
    homotopy,
    multistart,
    process_pool,
    radau_iia,
    refine,
    rk4,
    solve,
    verify,
)

GOOD: dict[str, Any] = {
    "name": "p",
    "states": ("x", "v"),
    "controls": ("u",),
    "dynamics": lambda x, u, t, p: [x[1], u[0]],
}
STRAY = ca.SX.sym("stray")
NOT_NUMBERS: Any = st.sampled_from(
    ["a", "", None, math.nan, math.inf, -math.inf, [], {}, (1.0, 2.0), "1e", b"x", object()]
)
BAD_NAMES = st.text(max_size=4).filter(lambda n: n not in ("x", "v", "u"))
NOT_BOOL: Any = st.sampled_from(["yes", 1, None, 0.5])
NOT_CALLABLE = st.one_of(st.none(), st.integers(), st.text(max_size=3), st.lists(st.integers(), max_size=2))
Function = Callable[..., Any]

# Functions of (x, u, t, p) that fail on symbols, or return what is no vector of two.
BAD_FUNCTIONS: list[Function] = [
    lambda: 0,
    lambda x: x,
    lambda x, u, t, p, q: x,
    lambda x, u, t, p: [x[1]],
    lambda x, u, t, p: [x[1], u[0], t],
    lambda x, u, t, p: [x[1], STRAY],
    lambda x, u, t, p: [x[1], "up"],
    lambda x, u, t, p: [x[2], u[0]],
    lambda x, u, t, p: [x[0], u[3]],
    lambda x, u, t, p: [x[0], p[0]],
    lambda x, u, t, p: None,
    lambda x, u, t, p: [x[0], None],
    lambda x, u, t, p: 1 / 0,
    lambda x, u, t, p: [math.sin(x[0]), u[0]],
    lambda x, u, t, p: {"x": x[0]},
    lambda x, u, t, p: x * ca.DM.ones(3),
    lambda x, u, t, p: ca.SX.zeros(2, 2),
    lambda x, u, t, p: [x[0], x],
    lambda x, u, t, p: x.nothing,
    lambda x, u, t, p: [x[0], float(u[0])],
]
bad_functions = st.sampled_from(BAD_FUNCTIONS)
numbers = st.floats(-1e3, 1e3)


@st.composite
def bad_problems(draw: Any) -> Callable[[], object]:
    """A good problem with one thing made bad."""
    high = draw(numbers)
    low = high + draw(st.floats(1e-3, 10.0))
    name = draw(BAD_NAMES)
    wrong = draw(NOT_NUMBERS)
    call = draw(bad_functions)
    change: dict[str, Any] = draw(
        st.sampled_from(
            [
                {"states": draw(st.sampled_from([(), "xv", ("x", "x"), ("x", ""), ("x", 3), None, 7, ("x", "u")]))},
                {"controls": draw(st.sampled_from(["u", ("u", "u"), (1,), None, 3, ("x",)]))},
                {"dynamics": draw(NOT_CALLABLE)},
                {"dynamics": call},
                {"running_cost": draw(st.sampled_from([3, "cost", lambda x, u, t, p: x, lambda x: 1, call]))},
                {"terminal_cost": draw(st.sampled_from([3, "cost", lambda x, t, p: x, lambda x, u, t, p: 1]))},
                {"initial_state": {name: 0.0}},
                # A pair in order is a range.
                {"final_state": {"x": (2.0, 1.0) if wrong == (1.0, 2.0) else wrong}},
                {"initial_state": draw(st.sampled_from([3, "x", ["x"], ("x", 1.0)]))},
                {"state_bounds": {"x": (low, high)}},
                {"state_bounds": {name: (0.0, 1.0)}},
                {"state_bounds": {"v": draw(st.sampled_from([1.0, "ab", (1.0,), (math.nan, 1.0), (0, 1, 2), None]))}},
                {"control_bounds": {"u": (low, high)}},
                {"state_bounds": {"x": draw(st.sampled_from([(math.inf, math.inf), (-math.inf, -math.inf)]))}},
                {"states": ("x", draw(st.sampled_from(["final_time", "initial_time", "switch 1"])))},
                {"initial_time": FreeTime(high, high - 9, high + 9), "final_time": FreeTime(high, high - 8, high + 8)},
                {"dynamics": lambda x, u, t, p: [x[1] if x[0] > 0 else u[0], u[0]]},
                {"path_constraints": (PathConstraint(lambda x, u, t, p: x[0], math.inf, math.inf),)},
                {"path_constraints": (PathConstraint(lambda x, u, t, p: x[0], 0.0, 1.0, draw(NOT_BOOL)),)},
                {"control_bounds": draw(st.sampled_from([3, "u", [1], {"u": "ab"}, {"w": (0, 1)}]))},
                {"initial_state": {"x": low}, "state_bounds": {"x": (high - 1, high)}},
                {"final_time": draw(st.sampled_from([0.0, -1.0, "soon", None, math.nan, math.inf, [1.0]]))},
                {"initial_time": low, "final_time": high},
                {"parameters": draw(st.sampled_from([3, {"m": wrong}, {"x": 1.0}, {3: 1.0}, "m", {"": 1.0}]))},
                {"path_constraints": draw(st.sampled_from([3, (3,), ("a",), PathConstraint(call)]))},
                {"path_constraints": (PathConstraint(lambda x, u, t, p: x[0], low, high),)},
                {"path_constraints": (PathConstraint(lambda x, u, t, p: x[0]),)},
                {"path_constraints": (PathConstraint(lambda x, u, t, p: x, [0.0] * 3, 1.0),)},
                {"path_constraints": (PathConstraint(lambda x, u, t, p: x[0], wrong, -math.inf),)},
                {"boundary_constraints": (BoundaryConstraint(lambda x0, xf: xf, 0.0, 0.0),)},
                {"boundary_constraints": draw(st.sampled_from([3, (None,), "b"]))},
                {"name": draw(st.sampled_from([3, None, ""]))},
            ]
        )
    )
    return lambda: OptimalControlProblem(**(GOOD | change))


def good() -> OptimalControlProblem:
    return OptimalControlProblem(
        **GOOD,
        running_cost=lambda x, u, t, p: u[0] ** 2,
        initial_state={"x": 0.0, "v": 0.0},
        final_state={"x": 1.0},
        parameters={"k": 1.0},
    )


PROBLEM = good()
COARSE = Mesh.uniform(3)
FASTEST = OptimalControlProblem(**GOOD, terminal_cost=lambda x, t, p: t, final_time=FreeTime(2.0, 0.1, 9.0))
OTHER = OptimalControlProblem("o", ("y",), ("u",), lambda x, u, t, p: [u[0]])
# The rate is undefined where every path begins.
UNDEFINED = OptimalControlProblem(
    "q", ("x",), ("u",), lambda x, u, t, p: [u[0] + ca.log(x[0] - 1)], initial_state={"x": 0.0}
)
METHODS = st.sampled_from([MultipleShooting(), DirectCollocation(), MultipleShooting("cvodes")])
# An explicit method's matrix, weights and nodes that do not fit each other.
TABLEAUS = st.sampled_from(
    [
        (((1.0,),), (1.0,), (0.0,)),
        (((),), (1.0, 2.0), (0.0,)),
        (((),), ("a",), (0.0,)),
        ((), (), ()),
        (((),), 3, (0.0,)),
    ]
)


@st.composite
def bad_arguments(draw: Any) -> Callable[[], object]:
    """A good problem, and something done to it that cannot be done."""
    name, wrong = draw(BAD_NAMES), draw(NOT_NUMBERS)
    number = draw(st.floats(max_value=0.0, allow_nan=False))
    size = draw(st.integers(5, 9))
    high = draw(numbers)
    low = high + draw(st.floats(1e-3, 10.0))
    calls: list[Callable[[], object]] = [
        lambda: solve(PROBLEM, mesh=COARSE, solver=draw(st.text(max_size=5).map(lambda s: "x" + s))),
        lambda: solve(PROBLEM, mesh=COARSE, solver=wrong),
        lambda: solve(PROBLEM, mesh=COARSE, tolerance=number),
        lambda: solve(PROBLEM, mesh=COARSE, tolerance=wrong),
        lambda: solve(PROBLEM, mesh=COARSE, max_iterations=draw(st.sampled_from([0, -3, 2.5, "many", None, True]))),
        lambda: solve(PROBLEM, mesh=COARSE, time_limit=number),
        lambda: solve(PROBLEM, mesh=COARSE, guess={name: 0.0}),
        lambda: solve(PROBLEM, mesh=COARSE, guess={"x": [0.0] * size}),
        lambda: solve(PROBLEM, mesh=COARSE, guess={"x": wrong if wrong != (1.0, 2.0) else "a"}),
        lambda: solve(PROBLEM, mesh=COARSE, guess={"u": draw(st.sampled_from(["a", None, math.nan, {}, [1.0] * 7]))}),
        lambda: solve(PROBLEM, mesh=COARSE, guess={"x": lambda t: 1 / 0}),
        lambda: solve(PROBLEM, mesh=COARSE, guess=draw(st.sampled_from([3, "x", [1.0], object()]))),
        lambda: solve(PROBLEM, mesh=COARSE, guess=Rollout({name: 1.0})),
        lambda: solve(PROBLEM, mesh=COARSE, scaling={name: 1.0}),
        lambda: solve(PROBLEM, mesh=COARSE, scaling={"x": number}),
        lambda: solve(PROBLEM, mesh=COARSE, scaling=draw(st.sampled_from([True, 3, "auto", [1.0], ("x", 1.0)]))),
        lambda: solve(PROBLEM, mesh=COARSE, guess=Rollout(draw(st.sampled_from([[1], {"u": [1.0, 2.0]}, {"u": "a"}])))),
        lambda: solve(
            PROBLEM, mesh=COARSE, guess=Rollout({"u": 1.0}, draw(st.sampled_from([{"x": "a"}, [1], {"y": 1}])))
        ),
        lambda: solve(
            FASTEST, mesh=COARSE, guess={"final_time": draw(st.sampled_from([-1.0, 0.0, "a", None, math.nan]))}
        ),
        lambda: solve(UNDEFINED, draw(METHODS), COARSE, draw(st.sampled_from(["ipopt", "fatrop", "sqp"]))),
        lambda: solve(PROBLEM, mesh=COARSE, options={"opt" + name: 1}),
        lambda: solve(PROBLEM, mesh=COARSE, options=draw(st.sampled_from([{3: 1}, {"tol": "a"}, {"max_iter": None}]))),
        lambda: solve(PROBLEM, mesh=COARSE, options=3),  # type: ignore[call-overload]
        lambda: solve(PROBLEM, mesh=COARSE, callback=3),  # type: ignore[call-overload]
        lambda: solve(PROBLEM, mesh=draw(st.sampled_from([3, "m", [0.0, 1.0]]))),
        lambda: solve(
            PROBLEM,
            method=draw(st.sampled_from([3, "rk4", object(), MultipleShooting, DirectCollocation])),
            mesh=COARSE,
        ),
        lambda: solve(draw(st.sampled_from([3, None, "p", GOOD]))),
        lambda: Mesh.uniform(draw(st.sampled_from([0, -1, 2.5, "3", None, True, math.nan, math.inf, 10**12]))),
        lambda: Mesh.graded(3, number),
        lambda: Mesh.graded(3, wrong),
        lambda: Mesh.from_steps(draw(st.sampled_from([[], [0.0], [-1.0, 1.0], "ab", [math.nan], None, [[1.0]], 3.0]))),
        lambda: Mesh(draw(st.sampled_from([None, "ab", [0.0], [0.5, 1.0], [0.0, 1.0, 0.5], [0.0, math.nan, 1.0]]))),
        lambda: Mesh([0.0, 0.5, 1.0], draw(st.sampled_from([(0,), (2,), (1, 1), ("a",), 3, None]))),  # type: ignore[arg-type]
        lambda: Mesh.equidistributed(3, draw(st.sampled_from([3, None, lambda s: -s, lambda s: 1 / 0, lambda s: 1.0]))),
        lambda: MultipleShooting(draw(st.sampled_from([3, None, "rk", [], {}]))),
        lambda: MultipleShooting(control=draw(st.sampled_from([3, None, "cubic", []]))),
        lambda: DirectCollocation(draw(st.sampled_from(["lobatto", 3, None, []])), 3),
        lambda: MultipleShooting(draw(st.sampled_from(["rk4", radau_iia(2, 2), "cvodes"])), "stages"),
        lambda: MultipleShooting(draw(st.sampled_from(["radau", "gauss"])), condensed=True),
        lambda: MultipleShooting(condensed=draw(st.sampled_from([1, None, "yes"]))),
        lambda: solve(PROBLEM, MultipleShooting(condensed=True), COARSE, "fatrop"),
        lambda: DirectCollocation("radau", draw(st.sampled_from([0, 10, -1, 2.5, "3", None]))),
        lambda: DirectCollocation("radau", 3, draw(st.sampled_from(["linear", 3, None, []]))),
        lambda: gauss_legendre(draw(st.sampled_from([0, 10, 1.5, "2", None])), 1),
        lambda: rk4(draw(st.sampled_from([0, -2, 1.5, "2", None, math.nan]))),
        lambda: ImplicitRungeKutta(
            "r", 1, draw(st.sampled_from([(), (0.5, 0.5), (0.0, 1.0), ("a",), (2.0,), None, 3]))
        ),
        lambda: ExplicitRungeKutta("r", 1, *draw(TABLEAUS)),
        lambda: Cvodes(draw(st.sampled_from([0.0, -1.0, 2.0, "a", None, math.nan]))),
        lambda: FreeTime(low, high, high + 1) if low > high + 1 else FreeTime(high - 1, high, low),
        lambda: FreeTime(wrong),
        lambda: FreeParameter(draw(st.sampled_from(["a", None, math.nan, math.inf, []]))),
        lambda: FreeTime(0.0, draw(st.sampled_from(["a", None, math.nan, []])), 1.0),
        lambda: homotopy(PROBLEM, [], mesh=COARSE),
        lambda: homotopy(PROBLEM, [{name: 1.0}], mesh=COARSE),
        lambda: homotopy(PROBLEM, [{"k": 1.0}], mesh=draw(st.sampled_from([3, "m", [0.0, 1.0]]))),
        lambda: homotopy(
            PROBLEM, [{"k": 1.0}], method=draw(st.sampled_from([3, "rk4", MultipleShooting])), mesh=COARSE
        ),
        lambda: homotopy(PROBLEM, [{"k": 1.0}], mesh=COARSE, cuts=draw(st.sampled_from([-1, 1.5, "a", None]))),
        lambda: homotopy(PROBLEM, draw(st.sampled_from([3, [3], "k", [{"k": "a"}], [{"k": math.nan}]])), mesh=COARSE),
        lambda: multistart(PROBLEM, starts=draw(st.sampled_from([0, -1, 1.5, "2", None, True])), progress=False),
        lambda: multistart(PROBLEM, 2, seed=draw(st.sampled_from([-1, "a", 1.5, None])), progress=False),
        lambda: multistart(PROBLEM, 2, guess=draw(st.sampled_from([3, {"x": 0.0}, "g"])), progress=False),
        lambda: multistart(PROBLEM, 2, distinct=number, progress=False),
        lambda: multistart(PROBLEM, 2, executor=draw(st.sampled_from([3, "pool", map])), progress=False),
        lambda: process_pool(draw(st.sampled_from([0, -1, 1.5, "a"]))),
        lambda: refine(PROBLEM, most_intervals=draw(st.sampled_from([0, 1.5, "a", None]))),
        lambda: refine(PROBLEM, mesh=draw(st.sampled_from([3, "m", 0]))),
        lambda: refine(PROBLEM, tolerance=draw(st.sampled_from([0.0, -1.0, 1.0, "a", None, math.nan]))),
        lambda: refine(PROBLEM, rounds=draw(st.sampled_from([0, 1.5, "a", None, True]))),
        lambda: verify(PROBLEM, draw(st.sampled_from([3, None, "s"]))),
        lambda: verify(draw(st.sampled_from([3, None, FASTEST, OTHER])), SOLUTION),
        lambda: verify(PROBLEM, SOLUTION, draw(st.sampled_from([0.0, -1.0, 2.0, "a", None, True, math.nan]))),
        lambda: verify(PROBLEM, SOLUTION, solver=draw(st.sampled_from(["abacus", None, 3]))),
        lambda: find_structure(*draw(st.sampled_from([(PROBLEM, 3), (None, SOLUTION), (OTHER, SOLUTION)]))),
        lambda: SOLUTION.save(draw(st.sampled_from([3, None, "/nowhere/at/all", ["x"]]))),
        lambda: Solution.load(draw(st.sampled_from([3, None, "/nowhere/at/all", "/", __file__]))),
        lambda: SOLUTION.sample(draw(st.sampled_from([-1.0, 2.0, math.nan, "a", None, [0.5, 3.0], [[0.1]], 1j]))),
        lambda: SOLUTION.state(name),
        lambda: SOLUTION.control(draw(st.sampled_from(["w", 3, None]))),
    ]
    chosen: Callable[[], object] = draw(st.sampled_from(calls))
    return chosen


SOLUTION = solve(PROBLEM, mesh=COARSE)
OPTIONS = settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def refused(call: Callable[[], object]) -> None:
    with pytest.raises(ControlError) as caught:
        call()
    # One line that says something.
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) > 15


@OPTIONS
@given(bad_problems())
def test_a_bad_problem_is_refused(call: Callable[[], object]) -> None:
    refused(call)


@OPTIONS
@given(bad_arguments())
def test_a_bad_argument_is_refused(call: Callable[[], object]) -> None:
    refused(call)
