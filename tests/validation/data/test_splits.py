from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodepth.validation.data.splits import split
from geodepth.validation.errors import ValidationError


@settings(max_examples=100, deadline=None, derandomize=True)
@given(counts=st.lists(st.integers(1, 30), min_size=2, max_size=5), share=st.floats(0.0, 1.0), seed=st.integers(0, 99))
def test_parts_are_disjoint_whole_and_stratified(counts: list[int], share: float, seed: int) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    total = len(labels)
    samples = max(len(counts), round(share * total))
    train, rest = split(total, samples, labels, seed)
    assert len(train) == samples
    np.testing.assert_array_equal(np.sort(np.concatenate([train, rest])), np.arange(total))
    found = np.bincount(labels[train], minlength=len(counts))
    assert (found >= 1).all()  # of every class
    # One of each first, which may take what the larger classes are short of, never more than one for each class.
    assert (found - samples * np.array(counts) / total < 1.0 + 1e-9).all()


def test_none_takes_all_and_too_many_are_refused() -> None:
    train, rest = split(4, None, None, 0)
    np.testing.assert_array_equal(train, np.arange(4))
    assert rest.size == 0
    for samples in (1, 5):
        with pytest.raises(ValidationError, match=f"samples is {samples}"):
            split(4, samples, None, 0)
