"""Random geodesics: the cost is that of an independent forward pass, bounds and brackets hold; the judge sees lies."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geodepth.control import RepresentationGeodesic, solve_geodesic

from . import random_geodesics
from .random_geodesics import draw_geodesic, forward, judged

RELU = 43
"""A quick draw with the exact ReLU."""


def test_the_forward_pass_by_hand() -> None:
    draw = replace(
        draw_geodesic(0),
        arguments={
            "inputs": np.array([[2.0]]), "targets": np.array([[1.0]]), "width": 1, "effective_depth": 0.5,
            "weight_decay": 0.1, "activation": "relu", "bias": False,
        },
    )  # fmt: skip
    # A = (1 − 0.5)·2 + 3·2 = 7, so C = 36; the penalty is 0.1/(2·0.5)·9 = 0.9.
    assert forward(draw, np.array([[[3.0]]]), np.array([1.0]))[0] == pytest.approx(36.9, rel=1e-15)


@pytest.mark.parametrize(
    ("lie", "word"),
    [
        ({"cost": 1.01}, "COST NOT AS STATED"),
        ({"weights": 1.01}, "COST NOT AS STATED"),
        ({"lower": 1.01}, "BRACKET TURNED ROUND"),
        ({"global_lower": 1.01}, "LOWER BOUND ABOVE A COST"),
    ],
)
def test_the_judge_sees_lies(lie: dict[str, float], word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def lying(geodesic: RepresentationGeodesic, **asked: Any) -> Any:
        found = solve_geodesic(geodesic, **asked)
        ((name, factor),) = lie.items()
        if name in ("lower", "global_lower"):
            changed: dict[str, Any] = {name: factor * found.cost}
            return replace(found, certificate=replace(found.certificate, **changed))
        return replace(found, **{name: factor * getattr(found, name)})

    assert judged(RELU)["class"] == "right"
    monkeypatch.setattr(random_geodesics, "solve_geodesic", lying)
    assert judged(RELU)["class"] == word


@pytest.mark.parametrize("seed", [1, 2, 11, 20, 22, 24, 26, 29, 32, 35, 36, 43, 52, 54, 57, 59, 490, 924])
def test_draws(seed: int) -> None:
    record = judged(seed)
    assert not record["class"].isupper(), record


@pytest.mark.parametrize("seed", [418, 809, 183, 543])
def test_draws_that_stood_still(seed: int) -> None:
    """The first two at a residual of rounding, the others in a valley almost without curvature, to the limit."""
    assert judged(seed)["class"] == "right"


def test_huge_inputs_end_with_an_answer() -> None:
    draw = draw_geodesic(RELU)
    asked = draw.arguments | {"inputs": np.array([[1e9, -5e8]]), "targets": np.array([[0.5, 0.3]]), "width": 1}
    found = solve_geodesic(RepresentationGeodesic(**asked), layers=2, starts=1, progress=False)
    expected = forward(replace(draw, arguments=asked), found.weights, found.layer_steps)[0]
    assert found.cost == pytest.approx(expected, rel=1e-12)
