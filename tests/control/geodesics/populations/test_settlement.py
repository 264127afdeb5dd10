"""What is said of searches that ended at given costs."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.control.geodesics.populations.settlement import PATIENCE, TIME, settlement


@pytest.mark.parametrize(
    ("ends", "ended", "words"),
    [
        ([1.0, 1.000004, 1.0], PATIENCE, "settled to 1e-05: 3 of 3 independent searches ended there"),
        ([1.0, 1.003, 1.0005], PATIENCE, "not settled: found by 1 of 3; 0.3 % between them"),
        ([1.0, 1.0, 1.003], PATIENCE, "not settled: found by 2 of 3; 0.3 % between them"),
        ([1.0], PATIENCE, "not settled: one search alone"),
        ([1.0, 1.0], TIME, "not settled: found by 2 of 2; the time was over"),
        ([1.0, np.inf], PATIENCE, "not settled: found by 1 of 2; inf % between them"),
    ],
)
def test_the_words_say_how_many_ended_there_and_how_far_the_others_are(
    ends: list[float], ended: str, words: str
) -> None:
    assert str(settlement(ends, 1e-5, ended, 10)) == words


def test_the_bayesian_estimates_are_those_of_boender_and_rinnooy_kan() -> None:
    """n = 5 draws of d = 2 ends: 2·3/(5·4) is unseen, and a new end is as likely at any of three ranks."""
    found = settlement([1.0, 1.0, 1.1, 1.0, 1.1], 1e-5, PATIENCE, 10)
    assert found.unseen == pytest.approx(6 / 20)
    assert found.better == pytest.approx(2 / 20)
    assert settlement([1.0, 1.1, 1.2], 1e-5, PATIENCE, 10).unseen == 1.0


def test_a_certificate_has_the_estimate_too() -> None:
    """Three of three: 1·2/(3·2) is unseen, and half of that lower."""
    found = settlement([1.0, 1.0, 1.0], 1e-5, PATIENCE, 10)
    assert found.in_full == f"{found}; one more search would end lower with probability 0.17"
