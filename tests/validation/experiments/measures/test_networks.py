"""Trained networks: a seed is one network in any batch, and what is recorded is what happened."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geodepth.validation.experiments.measures.networks import networks
from geodepth.validation.experiments.measures.truths import truth

DATA = {"name": "teacher", "dimensions": [3, 1, 3], "samples": 8, "test_samples": 20, "seed": 0}
SMALL: dict[str, Any] = {
    "data": DATA, "width": 4, "layers": 6, "effective_depth": 2.0, "weight_decay": 0.01, "epochs": 40,
    "dtype": "float64", "seeds": [3, 5],
}  # fmt: skip


def test_a_seed_is_the_same_network_in_any_batch() -> None:
    for projections in ("fixed", "orthogonal", "learned", "penalized"):
        given = SMALL | {"projections": projections, "layer_steps": "equidistant"}
        together = networks(given)
        alone = [networks(given | {"seeds": [seed]}) for seed in (3, 5)]
        for number, single in enumerate(alone):
            # Batched sums may round differently, and forty epochs of Adam carry rounding on.
            assert together.rows[number]["seed"] == single.rows[0]["seed"]
            assert together.rows[number]["cost"] == pytest.approx(single.rows[0]["cost"], rel=1e-8)
        assert alone[0].rows[0]["cost"] != pytest.approx(alone[1].rows[0]["cost"], rel=1e-4)


def test_penalized_projections_stand_beside_the_cost_of_the_path() -> None:
    given = SMALL | {"layer_steps": "equidistant", "keep_weights": True, "projections": "penalized"}
    outcome = networks(given)
    for member, row in enumerate(outcome.rows):
        squares = sum(float(np.sum(outcome.arrays[name][member] ** 2)) for name in ("embedding", "readout"))
        assert row["projection_penalty"] == pytest.approx(0.005 * squares, rel=1e-12)
        # What training recorded is J with all its terms.
        whole = row["cost"] + row["projection_penalty"]
        assert outcome.arrays["objectives"][member, -1] == pytest.approx(whole, rel=1e-12)
    assert not any("projection" in name for row in networks(given | {"projections": "learned"}).rows for name in row)


def test_levels_are_first_crossings_and_weights_are_kept() -> None:
    outcome = networks(SMALL | {"levels": [1e9, 0.0], "keep_weights": True, "data": DATA | {"seed": "member"}})
    for row in outcome.rows:
        assert row["epochs to J = 1e+09"] == 0.0
        assert row["epochs to J = 0"] is None
    assert outcome.arrays["weights"].shape == (2, 6, 4, 5)
    assert outcome.arrays["objectives"][:, -1] == pytest.approx([row["cost"] for row in outcome.rows])


def test_continued_networks_end_stationary_where_the_continued_truth_is() -> None:
    """From a low L̃ up, networks and solver meet, and the estimates of the rank close in on each other."""
    shared: dict[str, Any] = {
        "data": {"name": "teacher", "dimensions": [3, 1, 3], "kind": "linear", "samples": 8, "seed": 0},
        "width": 3, "layers": 10, "rank_cost": 0.1, "continued": True, "seeds": [0],
    }  # fmt: skip
    newton = {"epochs": 200, "dtype": "float64", "layer_steps": "equidistant", "newton": True,
              "smoothings": [0.03, 0.01, 0.003]}  # fmt: skip
    found = {}
    for depth in (2.0, 5.0):
        here = shared | {"effective_depth": depth}
        trained, solved = networks(here | newton).rows[0], truth(here | {"starts": 2}).rows[0]
        assert solved["cost"] <= trained["cost"] * (1.0 + 1e-9)
        assert trained["cost"] == pytest.approx(solved["cost"], rel=2e-3)
        assert trained["stable"] == pytest.approx(solved["stable"], abs=0.1)
        found[depth] = solved
    low, high = found[2.0], found[5.0]
    assert low["stable"] < high["stable"] < high["least_cost_of_identity"] < low["least_cost_of_identity"]
