"""prepare: one program at many values, against closed forms and problems that are stated anew."""

import pickle
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import casadi as ca
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodepth.control import (
    FreeParameter,
    FreeTime,
    Link,
    Mesh,
    MultiPhaseProblem,
    MultipleShooting,
    ProblemError,
    SolveError,
    Status,
    prepare,
    solve,
    verify,
)
from geodepth.control.problems.smooth.cart_pole import build

from .pushed_mass import LINEAR, pushed_mass


@pytest.mark.parametrize("solver", ["ipopt", "fatrop", "sqp"])
def test_other_ends_parameters_and_times(solver: str) -> None:
    prepared = prepare(pushed_mass(), LINEAR, Mesh.uniform(10), solver)
    for start, end, gain, first, last in [(0, 1, 1, 0, 1), (-1, 1, 1, 0, 1), (0.5, 1, 2, 0, 1), (0, 3, 0.5, -1, 1)]:
        solution = prepared.solve({"x": start}, {"x": end}, {"gain": gain}, initial_time=first, final_time=last)
        # Exact but for the solver's tolerance of 1e-8.
        assert solution.cost == pytest.approx(6 * ((end - start) / gain) ** 2 / (last - first) ** 3, rel=1e-6)
        assert solution.states[[0, -1], 0] == pytest.approx([start, end], abs=1e-7)
        assert solution.times[[0, -1]] == pytest.approx([first, last], abs=0)
        assert solution.parameters["gain"] == gain
    # Nothing stays behind: without a word the problem is as it was stated.
    assert prepared.solve().cost == pytest.approx(6.0, rel=1e-6)


@pytest.mark.parametrize("solver", ["ipopt", "fatrop", "sqp"])
@pytest.mark.parametrize(
    ("before", "end", "known"),
    [(1.0, (0.5, 2.0), 1.5), (1.0, (0.0, 1.0), 0.0), ((1.0, 2.0), (-1.0, 1.0), 0.0), (-1.0, (-2.0, -0.5), 1.5)],
)
def test_an_end_that_becomes_a_range_is_not_held_by_the_last_multiplier(
    solver: str, before: Any, end: Any, known: float
) -> None:
    prepared = prepare(pushed_mass(), LINEAR, Mesh.uniform(10), solver)
    prepared.solve(final_state={"x": before})
    assert prepared.solve(final_state={"x": end}).cost == pytest.approx(known, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("solver", ["ipopt", "fatrop", "sqp"])
@pytest.mark.parametrize("most", [1e-6, 1.0, 1e6])
def test_an_optimum_that_stays_at_rest_is_verified(solver: str, most: float) -> None:
    resting = pushed_mass(final_state={"x": (0.0, most), "v": 0.0})
    solution = solve(resting, LINEAR, Mesh.uniform(10), solver)
    assert solution.cost == pytest.approx(0.0, abs=1e-12 * most**2)
    assert solution.certificate is not None
    assert solution.certificate.holds, str(solution.certificate)


@pytest.mark.parametrize("method", [LINEAR, MultipleShooting("rk4", condensed=True)])
def test_costs_are_those_of_the_problem_stated_anew(method: MultipleShooting) -> None:
    prepared, generator = prepare(build(), method, Mesh.uniform(20)), np.random.default_rng(0)
    for initial in generator.uniform(-0.05, 0.05, (3, 4)):
        values = dict(zip(prepared.problem.states, initial.tolist(), strict=True))
        anew = solve(replace(build(), initial_state=values), method, Mesh.uniform(20), certify=False)
        assert prepared.solve(initial_state=values).cost == pytest.approx(anew.cost, rel=1e-7)


def test_one_solve_is_solve_to_the_last_digit() -> None:
    prepared = prepare(build(), mesh=Mesh.uniform(20))
    once = solve(build(), mesh=Mesh.uniform(20), certify=False)
    assert np.array_equal(prepared.solve().states, once.states)
    # From {} it starts as the first time; from the last solution it is there already.
    assert np.array_equal(prepared.solve(guess={}).states, once.states)
    assert prepared.solve().statistics["iterations"] == 0


def test_warm_starts_take_fewer_iterations() -> None:
    prepared = prepare(build(), mesh=Mesh.uniform(20))
    cold = prepared.solve().statistics["iterations"]
    warm = [prepared.solve({"position": 0.01 * i}).statistics["iterations"] for i in range(1, 5)]
    assert max(warm) < cold / 2


def test_a_free_end_can_be_fixed() -> None:
    free = pushed_mass(final_state={"x": 1.0})
    solution = prepare(free, LINEAR, Mesh.uniform(10)).solve(final_state={"v": 0.0})
    assert solution.cost == pytest.approx(6.0, rel=1e-6)
    condensed = prepare(free, MultipleShooting("rk4", condensed=True), Mesh.uniform(10))
    with pytest.raises(ProblemError, match="condensed=True"):
        condensed.solve(final_state={"v": 0.0})


def test_a_solution_at_other_values_is_verified_at_them() -> None:
    prepared = prepare(pushed_mass(), LINEAR, Mesh.uniform(10))
    solution = prepared.solve({"x": -1.0}, parameters={"gain": 2.0}, final_time=2.0, certify=True)
    assert solution.certificate is not None
    assert solution.certificate.holds
    there = prepared.problem.with_values({"x": -1.0}, parameters={"gain": 2.0}, final_time=2.0)
    assert verify(there, solution).holds
    with pytest.raises(ProblemError, match=r"solution has 2 where the problem gives parameters.gain = 1; give the"):
        verify(prepared.problem, solution)
    assert not verify(there.with_values({"x": -0.5}), solution).holds


def test_pickles_by_building_again() -> None:
    prepared = prepare(build(), mesh=Mesh.uniform(10), tolerance=1e-9)
    copied = pickle.loads(pickle.dumps(prepared))
    assert copied.settings.tolerance == 1e-9
    assert np.array_equal(copied.solve({"position": 0.1}).states, prepared.solve({"position": 0.1}).states)


def test_failures_carry_the_iterate_and_are_not_started_from() -> None:
    prepared = prepare(pushed_mass(control_bounds={"u": (-7.0, 7.0)}), LINEAR, Mesh.uniform(10))
    good = prepared.solve()
    with pytest.raises(SolveError) as caught:
        prepared.solve(final_state={"x": 5.0})
    assert caught.value.solution.status is Status.INFEASIBLE
    assert prepared.latest is good
    stopped = prepared.solve(final_state={"x": 5.0}, raise_on_failure=False)
    assert not stopped.success


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"initial_state": {"y": 0.0}}, "initial_state names 'y'"),
        ({"initial_state": {"x": "here"}}, r"initial_state\['x'\] is 'here'"),
        ({"final_state": 1.0}, "final_state is 1.0; give a mapping"),
        ({"initial_state": {"v": 3.0}}, "lies outside state_bounds"),
        ({"parameters": {"mass": 1.0}}, "parameters names 'mass'"),
        ({"parameters": {"free": 1.0}}, "parameters names 'free'"),
        ({"parameters": {"gain": float("nan")}}, "gain"),
        ({"final_time": 2.0}, "both ends of time"),
        ({"certify": 1}, "certify is 1"),
        ({"guess": 3}, "guess is a int"),
    ],
)
def test_values_that_do_not_fit(values: dict[str, Any], words: str) -> None:
    problem = pushed_mass(
        parameters={"gain": 1.0, "free": FreeParameter(0.5, 0.0, 1.0)},
        state_bounds={"v": (-2.0, 2.0)},
        final_time=FreeTime(1.0, 0.5, 2.0),
    )
    with pytest.raises(ProblemError, match=words):
        prepare(problem, mesh=Mesh.uniform(5)).solve(**values)


def test_kinks_keep_what_they_were_replaced_for() -> None:
    kinked = pushed_mass(running_cost=lambda x, u, t, p: p[0] * ca.fabs(u[0]) + u[0] ** 2)
    prepared = prepare(kinked, mesh=Mesh.uniform(5))
    cost = prepared.solve(parameters={"gain": 2.0}).cost
    assert cost == pytest.approx(solve(replace(kinked, parameters={"gain": 2.0}), mesh=Mesh.uniform(5)).cost, rel=1e-6)
    with pytest.raises(ProblemError, match="of another sign"):
        prepared.solve(parameters={"gain": -1.0})
    with pytest.raises(ProblemError, match="was replaced for it"):
        prepared.solve(final_time=2.0)


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
@pytest.mark.parametrize("solver", ["ipopt", "fatrop"])
def test_native_functions_find_the_same(solver: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    native = prepare(pushed_mass(), LINEAR, Mesh.uniform(5), solver, native=True)
    for end in (1.0, 2.0, 3.0):
        assert native.solve(final_state={"x": end}).cost == pytest.approx(6 * end**2, rel=1e-6)
    assert not list(tmp_path.iterdir())


def test_native_needs_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ProblemError, match="native=True needs a C compiler"):
        prepare(pushed_mass(), mesh=Mesh.uniform(5), native=True)


def test_scales_follow_a_path_that_grows() -> None:
    """A hundred times as far, the scales of the last path are no measure any more."""
    prepared = prepare(pushed_mass(), LINEAR, Mesh.uniform(10))
    for end in (1.0, 1.1, 100.0, 1e4, 1.0):
        solution = prepared.solve(final_state={"x": end})
        assert solution.cost == pytest.approx(6 * end**2, rel=1e-6)
        assert solution.states[-1, 0] == pytest.approx(end, rel=1e-7)


def test_other_arguments_are_refused_by_name() -> None:
    prepared = prepare(pushed_mass(), mesh=Mesh.uniform(3))
    for name, said in (
        ("mesh", "it is fixed when a problem is built: prepare(problem, mesh=...)"),
        ("phases", "the problem has one phase"),
        ("initial", "it takes initial_state, final_state"),
    ):
        with pytest.raises(ProblemError) as error:
            prepared.solve(**{name: {}})  # type: ignore[arg-type]
        assert str(error.value).startswith(f"{name} is no argument of solve of a prepared problem")
        assert said in str(error.value)


NO_NUMBERS: Any = st.one_of(
    st.floats(0.2, 1.0).map(lambda guess: FreeTime(guess, 0.1, 2.0)),
    st.floats(0.2, 1.0).map(FreeParameter),
    st.sampled_from(["a", True, np.nan, np.inf, (0.0, 1.0), [1.0], {}, object()]),
)
NUMBERS = prepare(pushed_mass(), LINEAR, Mesh.uniform(4))
FIRST = pushed_mass()
NUMBERS_OF_PHASES = prepare(
    MultiPhaseProblem(
        "two",
        (
            replace(FIRST, name="first", final_state=None, final_time=0.5),
            replace(FIRST, name="second", initial_state=None, initial_time=0.5),
        ),
        (Link("first", "second"),),
    ),
    LINEAR,
    Mesh.uniform(2),
)


@given(value=NO_NUMBERS, which=st.sampled_from(["initial_time", "final_time", "gain"]), several=st.booleans())
def test_what_was_a_number_stays_one(value: Any, which: str, several: bool) -> None:
    values = {"parameters": {"gain": value}} if which == "gain" else {which: value}
    name = "parameters['gain']" if which == "gain" else which
    arguments = {"phases": {"second": values}} if several else values
    prepared: Any = NUMBERS_OF_PHASES if several else NUMBERS
    with pytest.raises(ProblemError) as caught:
        prepared.solve(**arguments)
    words = str(caught.value)
    assert words.startswith("phases['second']: " * several + f"{name} is ")
    assert "give a finite number" in words
    assert ("state a problem anew" in words) == isinstance(value, FreeTime | FreeParameter)
    assert "or FreeTime" not in words


def test_a_problem_at_other_values_may_be_free_where_it_was_not() -> None:
    """Twice the time, an eighth of the cost: nothing of it was built."""
    later: Any = FreeTime(1.0, 0.1, 2.0)
    found = solve(pushed_mass().with_values(final_time=later), LINEAR, Mesh.uniform(10))
    assert found.cost == pytest.approx(6 / 8, rel=1e-6)
