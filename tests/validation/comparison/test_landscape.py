from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from geodepth.validation.comparison.comparison import compare
from geodepth.validation.comparison.verdicts import Verdict
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath

from .variants import minimum_beside, with_weights

Maker = Callable[..., RepresentationPath]


def test_the_truth_before_its_last_polish_is_no_minimum_of_its_own(make_stationary: Maker) -> None:
    # A solver may list the truth's basin at a cost above the tolerance: a network there must not count as local.
    truth = make_stationary(width=4, samples=6)
    rough = with_weights(truth, truth.weights * 1.02)
    assert rough.cost > 1.0001 * truth.cost
    other = minimum_beside(truth, 0.5)
    landscape = [(rough.cost, rough.weights), (other.cost, other.weights)]
    there = compare(truth, rough, landscape, tolerance=1e-5)
    assert there.basin == 1
    assert there.verdict is not Verdict.LOCAL_MINIMUM
    assert there.basin_excess == pytest.approx(there.relative_excess, rel=1e-12)
    # And a network polished beyond the listed local minimum still sits in it.
    polished = with_weights(other, other.weights * 0.999)
    assert compare(truth, polished, landscape).basin == 2


def test_a_landscape_that_does_not_fit_is_refused(make_path: Maker) -> None:
    with pytest.raises(ValidationError, match="landscape minimum 1: weights has shape"):
        compare(make_path(), make_path(), [(1.0, np.zeros((2, 2, 2)))])
    with pytest.raises(ValidationError, match="landscape costs holds nan"):
        compare(make_path(), make_path(), [(float("nan"), make_path().weights)])
