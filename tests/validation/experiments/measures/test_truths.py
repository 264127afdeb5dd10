"""Solved truths: shares of starts, and the limit of many layers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from geodepth.validation.experiments.measures.truths import landscape, truth

DATA = {"name": "teacher", "dimensions": [3, 1, 3], "samples": 8, "test_samples": 20, "seed": 0}


def test_the_share_of_starts_counts_against_the_best_known_minimum() -> None:
    def share(cost: float) -> float:
        costs = {"start 0": 1.0, "start 1": 1.0 + 1e-9, "start 2": 1.2, "start 3": float("inf"), "warm start 0": 0.9}
        solution: Any = SimpleNamespace(
            cost=cost, minima=(1, 2), statistics={"start_costs": costs}, certificate=SimpleNamespace(lower=0.5 * cost)
        )
        return float(landscape(solution)["share_in_best"])

    assert share(1.0) == pytest.approx(2.0 / 3.0)
    assert share(0.9) == 0.0  # a network has found a better one: no start ended there


def test_the_limit_of_many_layers_is_within_its_error() -> None:
    given = {"data": DATA, "width": 3, "layers": 6, "effective_depth": 2.0, "rank_cost": 0.1, "starts": 2, "seeds": [0]}
    coarse, fine = (truth(given | {"doublings": doublings}).rows[0] for doublings in (2, 4))
    assert abs(coarse["limit"] - fine["limit"]) <= coarse["limit_error"]
    assert fine["limit_error"] < 0.5 * coarse["limit_error"]
    # First order: the gap of the last truth is about the one that the extrapolation adds.
    assert 0.5 < (fine["limit"] - fine["cost"]) / (fine["limit"] - coarse["cost"]) * 4.0 < 2.0
