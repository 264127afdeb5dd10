"""The ε of a descent, and where it goes on when a smoothing cannot be solved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geodepth.control.geodesics.exact_relu import smoothing_descent
from geodepth.control.geodesics.exact_relu.pieces import Pieces, piecewise_model
from geodepth.control.geodesics.exact_relu.smoothing_descent import (
    CONTINUATION_LIMIT,
    FRESH_LIMIT,
    Descent,
    ExactSettings,
    SmoothStart,
    smoothed_iterate,
    smoothings_from,
)
from geodepth.control.geodesics.newton.linearization import linearize
from geodepth.control.geodesics.newton.shooting_model import shooting_model
from geodepth.control.geodesics.newton.smoothing_homotopy import predict
from geodepth.control.geodesics.newton.solve_structured import solve_structured
from geodepth.control.geodesics.newton.structured_result import StructuredReason, StructuredResult

from .kink_in_closed_form import STEPS, one_kink


def test_smoothings_fall_by_thirds_down_to_the_smallest() -> None:
    assert smoothings_from(0.09, 0.01) == pytest.approx([0.09, 0.03, 0.01])
    assert smoothings_from(0.09, 0.0101) == pytest.approx([0.09, 0.03])
    assert smoothings_from(1e-4, 1e-3) == [1e-4]


class Scripted:
    """`solve_structured`, whose solves converge as a script says, and what it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
        self.script = list(script)
        self.asked: list[tuple[float, int, str]] = []
        self.results: list[StructuredResult] = []
        self.solve: Callable[..., StructuredResult] = solve_structured
        monkeypatch.setattr(smoothing_descent, "solve_structured", self)

    def __call__(self, geodesic: Any, steps: Any, smoothing: float, weights: Any, **more: Any) -> StructuredResult:
        result = self.solve(geodesic, steps, smoothing, weights, **more)
        assert result.converged
        warm = more["multipliers"] is not None
        assert (more["representations"] is not None) == warm
        self.asked.append((smoothing, more["max_iterations"], "warm" if warm else "fresh"))
        self.results.append(replace(result, converged=self.script.pop(0) == "+"))
        return self.results[-1]


def settings(**more: Any) -> ExactSettings:
    known = {"smallest": 1e-3 / 27, "relaxation": 1e-10, "tolerance": 0.0, "max_iterations": 77, "rises": 2}
    return ExactSettings(**(known | {"linear_solver": "auto"} | more))


FIRST, SECOND, THIRD, LAST = 1e-3, 1e-3 / 3, 1e-3 / 9, 1e-3 / 27
START, WARM, FRESH = (77, "fresh"), (CONTINUATION_LIMIT, "warm"), (FRESH_LIMIT, "fresh")
# Each solve that fails is tried again from its own weights alone. Then the descent rises, by one place and then by two,
# and not above the first: by the least ε, which solves converge, and what is asked.
SCHEDULES = {
    "down to the last": (LAST, "++++", [(FIRST, *START), (SECOND, *WARM), (THIRD, *WARM), (LAST, *WARM)]),
    "nothing at the first": (LAST, "--", [(FIRST, *START), (FIRST, *FRESH)]),
    "a second try": (
        THIRD,
        "-++-+",
        [(FIRST, *START), (FIRST, *FRESH), (SECOND, *WARM), (THIRD, *WARM), (THIRD, *FRESH)],
    ),
    "two rises": (
        LAST,
        "+++--+--+--",
        [
            *((FIRST, *START), (SECOND, *WARM), (THIRD, *WARM), (LAST, *WARM), (LAST, *FRESH)),
            *((THIRD, *FRESH), (LAST, *WARM), (LAST, *FRESH)),
            *((SECOND, *FRESH), (THIRD, *WARM), (THIRD, *FRESH)),
        ],
    ),
    "not above the first": (
        SECOND,
        "+--+--++",
        [
            *((FIRST, *START), (SECOND, *WARM), (SECOND, *FRESH)),
            *((FIRST, *FRESH), (SECOND, *WARM), (SECOND, *FRESH)),
            *((FIRST, *FRESH), (SECOND, *WARM)),
        ],
    ),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_where_a_smoothing_cannot_be_solved_it_goes_on_from_higher_up(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A tolerance of zero is never met, so that no set of kinks ends the descent."""
    known, (smallest, script, expected) = one_kink(0.4), SCHEDULES[name]
    scripted = Scripted(monkeypatch, script)
    descent = Descent(known.geodesic, STEPS, settings(smallest=smallest / 1.01))
    assert descent.run(SmoothStart(known.weights), FIRST) is None
    assert not scripted.script
    assert [row[1:] for row in scripted.asked] == [row[1:] for row in expected]
    assert [row[0] for row in scripted.asked] == pytest.approx([row[0] for row in expected], rel=1e-12)
    assert descent.stopped is scripted.results[-1]
    reached = [result for result in scripted.results if result.converged]
    assert descent.reached is (reached[-1] if reached else None)
    least = [sum(getattr(result, of) for result in scripted.results) for of in ("iterations", "factorizations")]
    # The active set's own steps are counted too, where it was tried.
    if reached:
        assert descent.iterations >= least[0]
        assert descent.factorizations >= least[1] + len(reached)
    else:
        assert [descent.iterations, descent.factorizations] == least


def test_the_next_smoothing_starts_from_what_is_predicted_there(monkeypatch: pytest.MonkeyPatch) -> None:
    known, starts = one_kink(0.4), []
    scripted = Scripted(monkeypatch, "++")
    solve = scripted.solve

    def seen(*arguments: Any, **more: Any) -> StructuredResult:
        starts.append((arguments[3], more["multipliers"], more["representations"]))
        return solve(*arguments, **more)

    scripted.solve = seen
    descent = Descent(known.geodesic, STEPS, settings(smallest=SECOND / 1.01))
    assert descent.run(SmoothStart(known.weights, known.momenta, known.representations), FIRST) is None
    first = scripted.results[0]
    np.testing.assert_array_equal(starts[0][2], known.representations)
    for given, expected in zip(
        starts[1], (first.weights, first.momenta, predict(known.geodesic, first, SECOND)), strict=True
    ):
        np.testing.assert_array_equal(given, expected)


def test_settled_kinks_end_the_descent() -> None:
    known = one_kink(0.4)
    descent = Descent(known.geodesic, STEPS, settings(tolerance=1e-10))
    ended = descent.run(SmoothStart(known.weights), FIRST)
    assert ended is not None
    assert ended.settled
    assert descent.stopped.smoothing == FIRST
    assert descent.reached is descent.stopped
    assert descent.iterations == descent.stopped.iterations + ended.steps
    assert descent.factorizations == descent.stopped.factorizations + ended.factorizations
    np.testing.assert_array_equal(ended.pieces.sides[:, :, 0], [[1, 1], [1, 0]])


@pytest.mark.parametrize("more", [{}, {"inputs": (112.0, 48.0), "height": 300.0, "decay": 3.0}], ids=["plain", "large"])
@pytest.mark.parametrize("endpoint", ["penalized", "fixed"])
def test_a_results_arrays_are_stationary_as_the_model_has_them(endpoint: str, more: dict[str, Any]) -> None:
    """The closed form's, on its own pieces: nothing is left of the first-order conditions, nor of the end."""
    known = one_kink(0.4, endpoint=endpoint, **more)
    model = shooting_model(known.geodesic, STEPS, 1e-3)
    result = StructuredResult(
        weights=known.weights,
        representations=known.representations,
        momenta=known.momenta,
        cost=known.cost,
        residual=0.0,
        smoothing=1e-3,
        iterations=1,
        factorizations=1,
        strict_minimum=True,
        converged=True,
        reason=StructuredReason.CONVERGED,
    )
    pins = np.zeros((2, 2, 1))
    pins[1, 1] = known.slope * known.growth * model.unit
    iterate = replace(smoothed_iterate(model, known.geodesic, result), pins=pins)
    pieces = piecewise_model(model, Pieces.exact(np.array([[1, 1], [1, 0]], dtype=np.int8)[:, :, None]))
    evaluation = pieces.evaluate(iterate.states, iterate.weights)
    size = max(1.0, float(np.abs(iterate.multipliers).max()))
    assert linearize(pieces, iterate, evaluation).residual <= 1e-13 * size
