"""Random geodesics: the cost is that of an independent forward pass, bounds and brackets hold; the judge sees lies."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geodepth.control import RepresentationGeodesic, solve_geodesic

from . import random_geodesics
from .random_geodesics import draw_geodesic, forward, judged


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

    assert judged(0)["class"] == "right"
    monkeypatch.setattr(random_geodesics, "solve_geodesic", lying)
    assert judged(0)["class"] == word


@pytest.mark.parametrize("seed", range(12))
def test_draws(seed: int) -> None:
    record = judged(seed)
    assert not record["class"].isupper(), record


def test_huge_inputs_end_with_an_answer() -> None:
    draw = draw_geodesic(2)
    asked = draw.arguments | {"inputs": 1e9 * draw.arguments["inputs"], "endpoint": "penalized"}
    found = solve_geodesic(RepresentationGeodesic(**asked), **draw.search)
    assert found.cost == pytest.approx(forward(replace(draw, arguments=asked), found.weights, found.layer_steps)[0])
