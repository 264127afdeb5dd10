from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geodepth.validation.data.arrays import from_arrays
from geodepth.validation.errors import ValidationError


def test_stratification_keeps_every_class_and_the_shares() -> None:
    labels = np.repeat([0, 1, 2], [60, 30, 2])
    inputs = np.random.default_rng(0).standard_normal((2, 92))
    data = from_arrays(inputs, np.eye(3)[:, labels], labels=labels, samples=10)
    assert data.labels is not None
    # Shares of 10 are 6.5, 3.3 and 0.2; one of every class, and at most one sample from its share.
    counts = np.bincount(data.labels, minlength=3)
    assert counts[2] == 1
    assert (np.abs(counts - 10 * np.array([60, 30, 2]) / 92) <= 1.0).all()


def test_test_data_are_scaled_by_the_training_part() -> None:
    data = from_arrays([[0.0, 2.0]], [[0.0, 4.0]], test_inputs=[[3.0]], test_targets=[[3.0]])
    np.testing.assert_allclose(data.test_inputs, [[2.0]])  # (3 - 1)/1
    np.testing.assert_allclose(data.test_targets, [[0.5]])  # (3 - 2)/2


@pytest.mark.parametrize(
    ("inputs", "targets", "message"),
    [
        ([[1.0, np.nan]], [[1.0, 2.0]], "inputs holds nan at index (0, 1)"),
        ([[1.0, 2.0]], [[1.0, np.inf]], "targets holds inf"),
        (np.zeros((2, 0)), np.zeros((1, 0)), "inputs is empty"),
        ([["1", "two"]], [[1.0, 2.0]], "inputs holds text"),
        ([[1.0, 2.0]], [[1.0, 2.0, 3.0]], "inputs hold 2 samples and targets 3"),
        ([[1.0, 1.0], [1.0, 2.0]], [[1.0, 2.0]], "inputs are constant (1) in row 0"),
        ([[1.0, 2.0]], [[3.0, 3.0]], "targets are constant (3) in row 0"),
        ([1.0, 2.0], [[1.0, 2.0]], "inputs has shape (2,)"),
        ([[1.0, 2.0], [3.0]], [[1.0, 2.0]], "inputs is ragged"),
        ([[1.0, 1e200]], [[1.0, 2.0]], "inputs hold 1e+200 in row 0, sample 1; give numbers up to 1e+150"),
        ([[1.0, 2.0]], [[1e-200, 2e-200]], "targets change by 1e-200 alone in row 0"),
        (np.ma.array([[1.0, 2.0]], mask=[[False, True]]), [[1.0, 2.0]], "inputs is masked at (0, 1)"),
        ([[1.0, 2.0]], [[1.0, 2.0j]], "targets holds numbers of type complex128"),
    ],
)
def test_unusable_arrays(inputs: Any, targets: Any, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        from_arrays(inputs, targets)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: from_arrays([[1.0, 2.0]], [[1.0, 2.0]], labels=[0.5, 1.0]), "labels hold 0.5"),
        (lambda: from_arrays([[1.0, 2.0]], [[1.0, 2.0]], labels=[-1, 1]), "labels hold -1; number the classes from 0"),
        (lambda: from_arrays([[1.0, 2.0]], [[1.0, 2.0]], test_inputs=[[1.0]]), "come together"),
    ],
)
def test_bad_calls(call: Any, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        call()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_error_of_the_mean_is_that_of_the_training_part() -> None:
    data = from_arrays([[0.0, 2.0]], [[1.0, 3.0]], test_inputs=[[1.0]], test_targets=[[6.0]])
    # The mean 2 and the deviation 1 are the training part's: 6 is 4 above.
    assert data.error_of_the_mean == pytest.approx(16.0, rel=1e-12)
    assert from_arrays([[0.0, 2.0]], [[1.0, 3.0]]).error_of_the_mean is None


def test_printed_it_says_what_it_holds_and_not_its_numbers() -> None:
    data = from_arrays(
        np.arange(200.0)[None], np.arange(200.0)[None] ** 2, samples=150, name="mine", description="here"
    )
    assert repr(data) == "Dataset('mine': 1 inputs, 1 targets, 150 samples, 50 held back; here)"
