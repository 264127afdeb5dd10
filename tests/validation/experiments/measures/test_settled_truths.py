"""Geodesics that are searched in stages, and networks beside them: motion, collapse and chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geodepth.validation import load_dataset
from geodepth.validation.errors import ValidationError
from geodepth.validation.experiments.measures.chance import SAME, chance
from geodepth.validation.experiments.measures.collapse import collapse
from geodepth.validation.experiments.measures.motion import motion

DATA = {"name": "teacher", "dimensions": [2, 1, 2], "kind": "linear", "samples": 4, "seed": "member"}
SEARCH = {"searches": 2, "islands": 1, "starts": 2, "population": 2, "patience": [1, 1, 1], "elite": 1, "hops": 0}
PROBLEM: dict[str, Any] = {
    "data": DATA, "width": 3, "layers": 6, "effective_depth": 2.0, "rank_cost": 0.1, "search": SEARCH, "seeds": [0],
}  # fmt: skip
TRAINING = {"members": 2, "epochs": 200, "learning_rate": 0.1}


def test_the_cost_in_units_of_the_norm_and_the_order_of_the_transport() -> None:
    (row,) = motion(PROBLEM).rows
    # λL̃/2 = 0.1, so J over λ/(2L̃) is J · L̃²/0.1.
    assert row["cost_as_norm"] == pytest.approx(row["cost"] * 2.0**2 / 0.1, rel=1e-12)
    assert row["action"] >= row["displacement"] >= row["wasserstein"] > 0.0


def test_no_network_lies_below_its_truth_and_all_start_alike() -> None:
    outcome = motion(PROBLEM | TRAINING | {"seeds": [0, 1]})
    assert [row["series"] for row in outcome.rows] == ["truth", "networks", "networks"] * 2
    assert outcome.arrays["speed"].shape == (6, 6)
    for seed in (0, 1):
        truth, *networks = (row for row in outcome.rows if row["seed"] == seed)
        assert all(network["cost"] >= truth["cost"] * (1.0 - 1e-9) for network in networks)
    # Every seed draws data of its own.
    assert outcome.rows[0]["wasserstein"] != outcome.rows[3]["wasserstein"]


def test_what_a_network_leads_to_is_no_worse_than_it_and_decides() -> None:
    rows = chance(PROBLEM | TRAINING | {"trainings": [{"epochs": 20}, {"batch_size": 2}]}).rows
    assert len(rows) == 6
    assert [(row["epochs"], row["batch_size"]) for row in rows[::2]] == [(200, None), (20, None), (200, 2)]
    for row in rows:
        assert -1e-12 <= row["minimum_excess"] <= row["excess"] + 1e-12
        assert row["found"] == (row["minimum_excess"] <= SAME)
    longer, shorter = (np.mean([row["excess"] for row in rows if row["epochs"] == n]) for n in (200, 20))
    assert longer < shorter
    assert any(row["found"] for row in rows)


def test_without_an_epoch_every_training_is_the_same_network() -> None:
    # Members are drawn from their own seeds, so trainings differ in nothing but what they are asked.
    rows = chance(PROBLEM | TRAINING | {"epochs": 0, "trainings": [{"learning_rate": 0.5}, {"batch_size": 2}]}).rows
    costs = np.array([row["cost"] for row in rows]).reshape(3, 2)
    np.testing.assert_array_equal(costs, costs[:1].repeat(3, axis=0))
    assert costs[0, 0] != costs[0, 1]


def test_classes_are_as_apart_at_the_start_of_every_path() -> None:
    # A_0 = EX whatever the weights.
    data = {"name": "iris", "samples": 6, "seed": "member"}
    outcome = collapse(PROBLEM | TRAINING | {"data": data, "width": 4})
    truth, *networks = outcome.rows
    assert (truth["series"], truth["member"], len(networks)) == ("truth", None, 2)
    assert all(network["scatter_ratio_start"] == truth["scatter_ratio_start"] > 0.0 for network in networks)
    assert truth["scatter_ratio_end"] < truth["scatter_ratio_start"]
    assert outcome.arrays["weight_share"].shape == (3, 6)
    alone = collapse(PROBLEM | TRAINING | {"data": data, "width": 4, "solved": False}).rows
    assert [row["series"] for row in alone] == ["networks", "networks"]


def test_a_path_that_lets_go_costs_the_cross_entropy_of_its_inputs() -> None:
    # Where weights cost more than they earn, W = 0 and A_L = (1 − L̃/L)^L EX.
    data = {"name": "iris", "samples": 6, "seed": "member"}
    asked = PROBLEM | {"data": data, "width": 4, "rank_cost": 1e4, "loss": "cross-entropy"}
    (row,) = collapse(asked).rows
    given = load_dataset("iris", samples=6, seed=0)
    assert given.labels is not None
    ends = (1.0 - 2.0 / 6.0) ** 6 * given.inputs[:3]
    shares = np.exp(ends) / np.exp(ends).sum(axis=0)
    assert row["cost"] == pytest.approx(float(-np.log(shares[given.labels, range(6)]).mean()), rel=1e-3)
    assert row["scatter_ratio_end"] == pytest.approx(row["scatter_ratio_start"], rel=1e-2)
    # Where they earn more, the fit falls below that of a guess.
    (learned,) = collapse(asked | {"rank_cost": 0.01}).rows
    assert learned["fit"] < 0.2 * np.log(3.0)
    assert learned["cost"] > learned["fit"]


def test_data_without_classes_do_not_collapse() -> None:
    with pytest.raises(ValidationError, match="no classes"):
        collapse(PROBLEM)


@pytest.mark.parametrize(
    ("changed", "words"),
    [({"trainings": [{"rate": 1.0}]}, "trainings name 'rate'"), ({"members": -1}, "members"),
     ({"loss": "cross-entropy"} | TRAINING, "with which no network is trained"), ({"loss": "hinge"}, "loss"),
     ({"loss": "cross-entropy"}, "no classes")],
)  # fmt: skip
def test_what_cannot_be_asked(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        motion(PROBLEM | changed)
