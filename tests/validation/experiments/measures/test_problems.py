"""The parameters of measures as records."""

from __future__ import annotations

from typing import Any

import pytest

from geodepth.validation.errors import ValidationError
from geodepth.validation.experiments.measures.networks import networks
from geodepth.validation.experiments.measures.problems import Problem

DATA = {"name": "teacher", "dimensions": [3, 1, 3], "samples": 8, "test_samples": 20, "seed": 0}
SMALL: dict[str, Any] = {
    "data": DATA, "width": 4, "layers": 6, "effective_depth": 2.0, "weight_decay": 0.01, "epochs": 40,
    "dtype": "float64", "seeds": [3, 5],
}  # fmt: skip


def test_a_rank_costs_the_same_at_every_depth() -> None:
    for depth in (2.0, 10.0):
        shape: dict[str, Any] = {"data": DATA, "width": 4, "layers": 6, "effective_depth": depth, "seeds": [0]}
        problem = Problem(**shape, rank_cost=0.3)
        assert 0.5 * depth * problem.decay == pytest.approx(0.3)
        assert problem.at(3.0).decay * 3.0 == pytest.approx(problem.decay * depth)
        for given in ({}, {"rank_cost": 1.0, "weight_decay": 1.0}):
            with pytest.raises(ValidationError, match="either weight_decay or rank_cost"):
                Problem.of(shape | given)
    with pytest.raises(ValidationError, match="parameter widht is unknown"):
        networks(SMALL | {"widht": 3})
