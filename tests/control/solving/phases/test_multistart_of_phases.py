"""Many starts of a problem of several phases find the minima that it has as one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from geodepth.control import (
    Link,
    Mesh,
    MultiPhaseProblem,
    OptimalControlProblem,
    ProblemError,
    multistart,
    process_pool,
)


def rate(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    return [u[0]]


def effort(x: Any, u: Any, t: Any, p: Any) -> Any:
    return 0.01 * u[0] ** 2


def wells(x: Any, t: Any, p: Any) -> Any:
    return (x[0] ** 2 - 1) ** 2 + 0.1 * x[0]


def piece(name: str, first: float, last: float, **more: Any) -> OptimalControlProblem:
    return OptimalControlProblem(
        name, ("x",), ("u",), rate, running_cost=effort, initial_time=first, final_time=last, **more
    )


WHOLE = piece("whole", 0.0, 1.0, initial_state={"x": 0.0}, terminal_cost=wells)
PIECES = (piece("first", 0.0, 0.4, initial_state={"x": 0.0}), piece("second", 0.4, 1.0, terminal_cost=wells))
CUT = MultiPhaseProblem("cut", PIECES, (Link("first", "second"),))


def pushed(problem: MultiPhaseProblem, generator: np.random.Generator) -> Mapping[str, Any]:
    end = float(generator.choice([-1.0, 1.0]))
    return {"first": {"x": (0.0, 0.4 * end)}, "second": {"x": (0.4 * end, end)}}


def test_phases_have_the_minima_of_the_whole() -> None:
    one = multistart(WHOLE, starts=8, seed=3, mesh=Mesh.uniform(5), progress=False)
    meshes = {"first": Mesh.uniform(2), "second": Mesh.uniform(3)}
    several = multistart(CUT, starts=8, seed=3, mesh=meshes, progress=False)
    assert len(one) == len(several) == 2
    for alone, cut in zip(one, several, strict=True):
        assert cut.cost == pytest.approx(alone.cost, rel=1e-8)
        np.testing.assert_allclose(cut.solution.phases["second"].states[-1], alone.solution.states[-1], atol=1e-6)
    assert several[0].solution.phases["second"].states[-1, 0] < 0 < several[1].solution.phases["second"].states[-1, 0]
    assert sum(len(minimum.found_by) for minimum in several) == 8


def test_a_guess_of_ones_own_and_workers_find_the_same() -> None:
    here = multistart(CUT, starts=4, seed=1, guess=pushed, mesh=Mesh.uniform(3), progress=False)
    with process_pool(1) as pool:
        there = multistart(CUT, 4, 1, guess=pushed, mesh=Mesh.uniform(3), executor=pool, progress=False)
    assert [minimum.found_by for minimum in here] == [minimum.found_by for minimum in there]
    assert [minimum.cost for minimum in here] == [minimum.cost for minimum in there]


def test_what_does_not_fit_is_refused_in_one_line() -> None:
    bad: tuple[tuple[dict[str, Any], str], ...] = (
        ({"mesh": {"first": Mesh.uniform(2)}}, "mesh lacks the phase 'second'"),
        ({"guess": lambda p, g: {"x": "far"}}, "guess"),
    )
    for given, message in bad:
        with pytest.raises(ProblemError, match=message) as raised:
            multistart(CUT, 2, progress=False, **given)
        assert "\n" not in str(raised.value)
