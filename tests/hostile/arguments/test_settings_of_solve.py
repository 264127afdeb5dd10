"""Settings of every type and size for every argument around a solve: taken for what they are, or refused in a line."""

import decimal
import fractions
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import casadi as ca
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodepth.control import (
    Cvodes,
    DirectCollocation,
    ExplicitRungeKutta,
    FreeParameter,
    FreeTime,
    ImplicitRungeKutta,
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    Rollout,
    SolveError,
    euler,
    find_structure,
    gauss_legendre,
    homotopy,
    multistart,
    process_pool,
    radau_iia,
    random_guess,
    refine,
    rk4,
    solve,
    verify,
)
from geodepth.foundation.errors import InputError

PROBLEM = OptimalControlProblem(
    name="p",
    states=("x",),
    controls=("u",),
    dynamics=lambda x, u, t, p: [u[0] - p[0] * x[0]],
    running_cost=lambda x, u, t, p: u[0] ** 2 + x[0] ** 2,
    initial_state={"x": 1.0},
    parameters={"k": 1.0},
)
MESH = Mesh.uniform(3)
SOLUTION = solve(PROBLEM, mesh=MESH)
ODD: list[Any] = [
    None, "a", "1", "", b"x", "ipopt", np.str_("rk4"), np.array("ipopt"), math.nan, math.inf, -math.inf, -1, 0, 0.5, 1,
    2, -1e-9, 1e300, 1e-300, 2**64, 10**400, True, np.True_, np.float32(0.5), np.float64(0.1), np.float64(math.nan),
    np.int64(2), np.array(2), np.array(0.5), np.array([1, 2]), np.ma.masked, np.datetime64("2020"), 1j, [], {}, (), [1],
    [math.nan], {"a": 1}, {1: 2}, {"x": math.nan}, {"x": "a"}, {"x": [1, 2, 3, 4]}, {"u": None}, {"k": 2},
    {"x": np.array([1, 2, 3, 4j])}, fractions.Fraction(1, 2), decimal.Decimal("0.5"), object(), type, range(3), Mesh,
    MultipleShooting, ca.SX.sym("s"), ca.MX.sym("m"), ca.DM(1),
]  # fmt: skip


def few(function: Callable[[Any], object], most: int = 3) -> Callable[[Any], object]:
    """The function for all but large counts, which are not wrong, but long work."""

    def call(value: Any) -> object:
        large = isinstance(value, int | np.integer) and not isinstance(value, bool) and value > most
        return None if large else function(value)

    return call


def named(function: Callable[..., object], given_: dict[str, Any], *names: str) -> dict[str, Callable[[Any], object]]:
    """The function of one argument, with the others given; for each of the names."""

    def call(name: str, value: Any) -> object:
        return function(**(given_ | {name: value}))

    return {f"{function.__name__}: {name}": partial(call, name) for name in names}


SHARED = ("problem", "method", "mesh", "solver", "tolerance", "guess")
BASE: dict[str, Any] = {"problem": PROBLEM, "mesh": MESH}
HALF = np.array([0.0, 0.5, 1.0])
TARGETS: dict[str, Callable[[Any], object]] = {
    **named(
        solve, BASE, *SHARED, "raise_on_failure", "max_iterations", "time_limit", "options", "certify", "scaling",
        "callback",
    ),
    **named(
        refine, BASE | {"rounds": 1, "tolerance": 1e-2}, *SHARED, "raise_on_failure", "rounds", "most_intervals",
        "switches", "options",
    ),
    **named(
        multistart, BASE | {"starts": 1, "progress": False}, *SHARED, "seed", "distinct", "executor", "progress"
    ),
    "multistart: starts": few(lambda v: multistart(PROBLEM, v, mesh=MESH, progress=False)),
    "multistart: a guess's value": lambda v: multistart(PROBLEM, 1, guess=lambda p, g: v, mesh=MESH, progress=False),
    **named(
        homotopy, BASE | {"schedule": [{"k": 1.0}]}, *SHARED, "schedule", "raise_on_failure", "cuts", "options"
    ),
    "homotopy: a value": lambda v: homotopy(PROBLEM, [{"k": v}], mesh=MESH),
    **named(verify, {"problem": PROBLEM, "solution": SOLUTION}, "problem", "solution", "accuracy", "finer", "solver"),
    "find_structure": partial(find_structure, PROBLEM),
    "random_guess: problem": lambda v: random_guess(v, np.random.default_rng(0)),
    "random_guess: generator": partial(random_guess, PROBLEM),
    "process_pool": few(process_pool),
    "Mesh": Mesh,
    "Mesh: movable": partial(Mesh, HALF),
    "Mesh.uniform": Mesh.uniform,
    "Mesh.graded: intervals": lambda v: Mesh.graded(v, 2.0),
    "Mesh.graded: ratio": partial(Mesh.graded, 3),
    "Mesh.from_steps": Mesh.from_steps,
    "Mesh.equidistributed: intervals": lambda v: Mesh.equidistributed(v, lambda s: 1 + s),
    "Mesh.equidistributed: density": partial(Mesh.equidistributed, 3),
    "Mesh.equidistributed: resolution": partial(Mesh.equidistributed, 3, lambda s: 1 + s),
    "MultipleShooting": MultipleShooting,
    "MultipleShooting: control": partial(MultipleShooting, "rk4"),
    "MultipleShooting: condensed": partial(MultipleShooting, "rk4", "constant"),
    "DirectCollocation": DirectCollocation,
    "DirectCollocation: order": partial(DirectCollocation, "radau"),
    "DirectCollocation: control": partial(DirectCollocation, "radau", 3),
    "Cvodes": Cvodes,
    "Cvodes: absolute": partial(Cvodes, 1e-8),
    "rk4": rk4,
    "euler": euler,
    "gauss_legendre": gauss_legendre,
    "gauss_legendre: substeps": partial(gauss_legendre, 2),
    "radau_iia": radau_iia,
    "ImplicitRungeKutta: nodes": partial(ImplicitRungeKutta, "a", 2),
    "ExplicitRungeKutta: matrix": lambda v: ExplicitRungeKutta("a", 1, v, (1.0,), (0.0,)),
    "ExplicitRungeKutta: weights": lambda v: ExplicitRungeKutta("a", 1, ((),), v, (0.0,)),
    "ExplicitRungeKutta: nodes": lambda v: ExplicitRungeKutta("a", 1, ((),), (1.0,), v),
    "FreeTime": FreeTime,
    "FreeTime: lower": partial(FreeTime, 1.0),
    "FreeParameter: upper": partial(FreeParameter, 0.5, 0.0),
    "Rollout: controls": lambda v: solve(PROBLEM, mesh=MESH, guess=Rollout(v)),
    "Rollout: a control": lambda v: solve(PROBLEM, mesh=MESH, guess=Rollout({"u": v})),
    "Rollout: start": lambda v: solve(PROBLEM, mesh=MESH, guess=Rollout({"u": 0.0}, v)),
    "Rollout: a state": lambda v: solve(PROBLEM, mesh=MESH, guess=Rollout({"u": 0.0}, {"x": v})),
    "guess of a state": lambda v: solve(PROBLEM, mesh=MESH, guess={"x": v}),
    "guess of a control": lambda v: solve(PROBLEM, mesh=MESH, guess={"u": v}),
    "scaling of a state": lambda v: solve(PROBLEM, mesh=MESH, scaling={"x": v}),
    "an option of ipopt": lambda v: solve(PROBLEM, mesh=MESH, options={"tol": v}),
    "the linear solver of ipopt": lambda v: solve(PROBLEM, mesh=MESH, options={"linear_solver": v}),
    "an option of fatrop": lambda v: solve(PROBLEM, mesh=MESH, solver="fatrop", options={"tol": v}, time_limit=5.0),
    "an option of sqp": lambda v: solve(PROBLEM, mesh=MESH, solver="sqp", options={"qpsol": v}),
    "sample": SOLUTION.sample,
    "state": SOLUTION.state,
    "control": SOLUTION.control,
}  # fmt: skip


@settings(derandomize=True, deadline=None, max_examples=300)
@given(target=st.sampled_from(sorted(TARGETS)), value=st.sampled_from(range(len(ODD))))
def test_every_setting_is_taken_or_refused_in_a_line(target: str, value: int) -> None:
    said = ""
    try:
        TARGETS[target](ODD[value])
    # SolveError too: an option may make a solver stop short.
    except (InputError, SolveError) as error:
        said = str(error)
    assert "\n" not in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tolerance", np.float32(1e-6)),
        ("tolerance", np.array(1e-6)),
        ("tolerance", fractions.Fraction(1, 10**6)),
        ("max_iterations", np.int32(50)),
        ("time_limit", np.float64(60.0)),
        ("raise_on_failure", np.True_),
        ("certify", np.False_),
        ("solver", np.str_("ipopt")),
    ],
)
def test_numpy_scalars_are_what_they_are(name: str, value: Any) -> None:
    assert solve(**(BASE | {name: value})).cost == pytest.approx(SOLUTION.cost, rel=1e-5)


@pytest.mark.parametrize("seed", [0, 2**64, 10**40, np.int64(7)])
def test_seeds_of_any_size(seed: int) -> None:
    assert multistart(PROBLEM, 1, seed, mesh=MESH, progress=False)[0].cost == pytest.approx(SOLUTION.cost, rel=1e-6)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: solve(PROBLEM, tolerance=-1e-8), "tolerance is -1e-08; give a number between 0 and 1"),
        (lambda: solve(PROBLEM, tolerance=math.nan), "tolerance is nan; give a number between 0 and 1"),
        (lambda: solve(PROBLEM, raise_on_failure="no"), "raise_on_failure is 'no'; give True or False"),  # type: ignore[call-overload]
        (lambda: solve(PROBLEM, solver="ipot"), "solver is 'ipot'; choose one of ipopt, fatrop, sqp"),
        (lambda: multistart(PROBLEM, seed=-1), "seed is -1; give a whole number of at least 0"),
        (lambda: multistart(PROBLEM, 1, guess=lambda p, g: {"x": int("a")}), "guess fails at start 0: ValueError"),
        (lambda: Rollout(3), "Rollout: controls is 3; give a mapping"),  # type: ignore[arg-type]
    ],
)
def test_the_line_names_the_setting(call: Callable[[], object], words: str) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert words in str(caught.value)
