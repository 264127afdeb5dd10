from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geodepth.validation.data.teachers import teacher
from geodepth.validation.errors import ValidationError


@pytest.mark.parametrize("kind", ["fully-connected", "residual", "linear"])
@pytest.mark.parametrize("dimensions", [(3, 1, 3), (5, 2, 4), (30, 6, 3, 30)])
def test_teacher_passes_through_its_narrowest_dimension(kind: str, dimensions: tuple[int, ...]) -> None:
    data = teacher(dimensions, samples=50, seed=3, kind=kind)
    assert data.teacher_rank == min(dimensions)
    np.testing.assert_allclose(data.targets.mean(axis=1), 0.0, atol=1e-13)
    assert np.mean(data.targets**2) == pytest.approx(1.0, rel=1e-12)


def test_a_teacher_of_rank_one_draws_a_curve() -> None:
    # Through one dimension the outputs are a curve: sorted along it, neighbours of 4000 samples lie close together,
    # while of a full-rank teacher's outputs in three dimensions they do not.
    def gap(dimensions: tuple[int, ...]) -> float:
        outputs = teacher(dimensions, samples=4000, test_samples=0, seed=1).targets
        some = outputs[:, :200]
        squared = np.sort(np.sum((some[:, :, None] - outputs[:, None]) ** 2, axis=0), axis=1)
        return float(np.median(np.sqrt(squared[:, 1])))

    # Distances to the next of n samples scale as n^(-1/rank): 1/4000 against 1/16, times a curve length of order 10.
    assert gap((3, 1, 3)) < 0.01 < 0.03 < gap((3, 3, 3))


def test_fewer_samples_of_a_teacher_are_the_first_of_more() -> None:
    few, many = teacher((3, 2, 3), samples=10, seed=5), teacher((3, 2, 3), samples=40, seed=5)

    def raw(data: Any) -> Any:
        s = data.standardization
        return data.targets * s.target_scale[:, None] + s.target_mean[:, None]

    np.testing.assert_allclose(raw(few), raw(many)[:, :10], rtol=1e-12, atol=1e-13)


def test_a_linear_teacher_has_exactly_its_rank() -> None:
    data = teacher((5, 2, 4), samples=30, seed=1, kind="linear")
    values = np.linalg.svd(data.targets, compute_uv=False)
    assert values[1] > 0.1
    assert values[2] < 1e-13 * values[0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: teacher((3,)), "dimensions is (3,)"),
        (lambda: teacher((3, 0, 3)), "every one of dimensions is 0"),
        (lambda: teacher(samples=1), "samples is 1; give a whole number of at least 2"),
        (lambda: teacher(samples=10**20), "a teacher of samples 100000000000000000000, test_samples 1000000"),
        (lambda: teacher((3, 10**400, 3)), "GB of memory"),
        (lambda: teacher(kind="deep"), "kind is 'deep'; choose one of fully-connected, residual, linear"),
        (lambda: teacher(seed=-1), "seed is -1"),
    ],
)
def test_bad_calls(call: Any, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        call()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
