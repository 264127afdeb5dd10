from __future__ import annotations

from collections.abc import Callable

import pytest

from geodepth.validation.comparison.comparison import compare
from geodepth.validation.comparison.verdicts import Verdict
from geodepth.validation.path.representation_path import RepresentationPath

from .variants import distances, with_weights

Maker = Callable[..., RepresentationPath]


def test_the_truth_is_at_the_global_optimum(make_stationary: Maker) -> None:
    truth = make_stationary()
    comparison = compare(truth, truth)
    assert comparison.verdict is Verdict.BEST_KNOWN
    assert comparison.excess == 0.0
    assert distances(comparison) == [0.0, 0.0, 0.0, 0.0]


def test_excess_is_the_sum_of_its_shares(make_path: Maker) -> None:
    truth = make_path()
    comparison = compare(truth, with_weights(truth, 1.1 * truth.weights))
    assert comparison.excess == pytest.approx(comparison.excess_fit + comparison.excess_penalty, rel=1e-12)
    # The penalty alone grows by 1.1^2 - 1.
    assert comparison.excess_penalty == pytest.approx(0.21 * truth.penalty, rel=1e-12)
    assert comparison.alignment.weight_distance == pytest.approx(0.1 / 1.1, rel=1e-12)
