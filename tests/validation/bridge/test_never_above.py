"""No truth lies above a network: it is solved again from those below it, as often as that helps, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geodepth.validation.bridge.never_above import BELOW, MOST_ROUNDS, never_above


@dataclass(frozen=True)
class Costed:
    """A cost, and weights that nobody looks at."""

    cost: float
    weights: np.ndarray


def costed(*costs: float) -> list[Costed]:
    return [Costed(cost, np.zeros((1, 1, 1))) for cost in costs]


def test_a_truth_below_all_networks_is_not_solved_again() -> None:
    (truth,) = costed(1.0)

    def refuse(_: Costed, below: Sequence[Costed]) -> Costed:
        raise AssertionError(below)

    # Equal to within rounding is not below.
    assert never_above(truth, costed(1.0, 2.0, 1.0 - 0.1 * BELOW), refuse) is truth


def test_it_is_solved_again_from_those_below_it_until_none_is() -> None:
    seen: list[list[float]] = []

    def solve(truth: Costed, below: Sequence[Costed]) -> Costed:
        seen.append([network.cost for network in below])
        return costed(max(network.cost for network in below))[0]

    assert never_above(costed(1.0)[0], costed(0.8, 0.9, 1.1), solve).cost == 0.8
    assert seen == [[0.8, 0.9], [0.8]]


def test_rounds_that_do_not_help_come_to_an_end() -> None:
    rounds: list[int] = []

    def in_vain(truth: Costed, below: Sequence[Costed]) -> Costed:
        rounds.append(len(below))
        return truth

    assert never_above(costed(1.0)[0], costed(0.5), in_vain).cost == 1.0
    assert len(rounds) == MOST_ROUNDS
