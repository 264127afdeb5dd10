"""Principal components of the inputs: all that the training part is, or the share that is said."""

from __future__ import annotations

import re

import numpy as np
import pytest

from geodepth.validation.data.arrays import from_arrays
from geodepth.validation.data.dataset import Dataset
from geodepth.validation.data.principal_components import principal_components
from geodepth.validation.errors import ValidationError


def data(inputs: int = 9, samples: int = 20) -> Dataset:
    generator = np.random.default_rng(3)
    mixed = generator.normal(size=(inputs, inputs)) @ generator.normal(size=(inputs, samples + 8))
    return from_arrays(mixed, mixed[:2] ** 2, samples=samples, seed=0, name="mixed")


def distances(points: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.norm(points[:, :, None] - points[:, None, :], axis=0))


def test_all_components_are_a_rotation_and_one_scale() -> None:
    given = data()
    found = principal_components(given, 9)
    for name in ("inputs", "test_inputs"):
        before, after = distances(getattr(given, name)), distances(getattr(found, name))
        scale = after.max() / before.max()
        np.testing.assert_allclose(after, scale * before, atol=1e-12 * after.max())
    assert found.description.endswith("the first 9 principal components of the inputs, 100 % of their variance")
    assert found.inputs.var(axis=1).mean() == pytest.approx(1.0, rel=1e-12)
    np.testing.assert_array_equal(found.targets, given.targets)


def test_fewer_samples_than_inputs_lose_nothing_of_the_training_part() -> None:
    given = data(inputs=30, samples=8)
    found = principal_components(given, 7)
    ratio = distances(found.inputs)[0, 1:] / distances(given.inputs)[0, 1:]
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-10)


def test_components_are_uncorrelated_and_ordered_and_the_share_is_true() -> None:
    given = data()
    found = principal_components(given, 3)
    covariance = found.inputs @ found.inputs.T
    variances = np.diag(covariance)
    np.testing.assert_allclose(covariance, np.diag(variances), atol=1e-10 * variances[0])
    assert list(variances) == sorted(variances, reverse=True)
    spectrum = np.linalg.eigvalsh(np.cov(given.inputs))[::-1]
    (told,) = re.findall(r"inputs, (\d+) %", found.description)
    assert int(told) == round(100 * spectrum[:3].sum() / spectrum.sum())
    np.testing.assert_array_equal(found.standardization.input_scale, np.ones(3))


@pytest.mark.parametrize("count", [0, 10, 20])
def test_more_components_than_there_are_end_in_one_line(count: int) -> None:
    with pytest.raises(ValidationError, match=f"components is {count}; 9 inputs of 20 samples have at most 9"):
        principal_components(data(), count)
