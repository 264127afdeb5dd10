from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geodepth.validation.data.named import from_arrays, load_dataset, teacher
from geodepth.validation.errors import ValidationError


def test_iris_is_stratified_standardized_and_complete() -> None:
    data = load_dataset("iris", samples=30, seed=4)
    assert data.inputs.shape == (4, 30)
    assert data.targets.shape == (3, 30)
    assert data.test_inputs.shape == (4, 120)
    assert data.labels is not None
    np.testing.assert_array_equal(np.bincount(data.labels), [10, 10, 10])
    np.testing.assert_allclose(data.inputs.mean(axis=1), 0.0, atol=1e-14)
    np.testing.assert_allclose(data.inputs.std(axis=1), 1.0, rtol=1e-13)
    # One-hot minus its mean 1/3: two thirds on the class, minus one third elsewhere.
    np.testing.assert_allclose(data.targets, np.eye(3)[:, data.labels] - 1.0 / 3.0, atol=1e-15)
    # Training and test together are the whole of iris, in its own units.
    raw = np.concatenate([data.inputs, data.test_inputs], axis=1)
    raw = raw * data.standardization.input_scale[:, None] + data.standardization.input_mean[:, None]
    assert raw.sum() == pytest.approx(2078.7, abs=1e-9)  # the sum of all 600 numbers of Fisher's table


def test_the_seed_chooses_the_samples() -> None:
    first, again, other = (load_dataset("iris", samples=12, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.inputs, again.inputs)
    assert not np.array_equal(first.inputs, other.inputs)


@pytest.mark.parametrize(("name", "inputs", "outputs"), [("wine", 13, 3), ("diabetes", 10, 1), ("digits", 61, 10)])
def test_other_real_data(name: str, inputs: int, outputs: int) -> None:
    data = load_dataset(name)  # 61 of the 64 pixels of the digits ever change
    assert data.inputs.shape[0] == inputs
    assert data.targets.shape[0] == outputs
    assert data.test_inputs.shape[1] == 0
    np.testing.assert_allclose(data.targets.mean(axis=1), 0.0, atol=1e-13)


def test_stratification_keeps_every_class_and_the_shares() -> None:
    labels = np.repeat([0, 1, 2], [60, 30, 2])
    inputs = np.random.default_rng(0).standard_normal((2, 92))
    data = from_arrays(inputs, np.eye(3)[:, labels], labels=labels, samples=10)
    assert data.labels is not None
    # Shares of 10 are 6.5, 3.3 and 0.2; one of every class, and at most one sample from its share.
    counts = np.bincount(data.labels, minlength=3)
    assert counts[2] == 1
    assert (np.abs(counts - 10 * np.array([60, 30, 2]) / 92) <= 1.0).all()


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


def test_test_data_are_scaled_by_the_training_part() -> None:
    data = from_arrays([[0.0, 2.0]], [[0.0, 4.0]], test_inputs=[[3.0]], test_targets=[[3.0]])
    np.testing.assert_allclose(data.test_inputs, [[2.0]])  # (3 - 1)/1
    np.testing.assert_allclose(data.test_targets, [[0.5]])  # (3 - 2)/2


def test_npz_and_csv_give_the_same_data(tmp_path: Path) -> None:
    inputs = np.array([[1.0, 2.0, 3.0, 5.0], [0.5, -1.0, 0.0, 2.0]])
    labels = np.array([0, 1, 1, 0])
    np.savez(tmp_path / "data.npz", inputs=inputs, targets=np.eye(2)[:, labels], labels=labels)
    rows = [f"{a},{b},{'xy'[label]}" for a, b, label in zip(*inputs, labels, strict=True)]
    (tmp_path / "data.csv").write_text("\n".join(["first,second,kind", *rows]) + "\n")
    from_npz, from_csv = load_dataset(tmp_path / "data.npz"), load_dataset(tmp_path / "data.csv")
    np.testing.assert_array_equal(from_npz.inputs, from_csv.inputs)
    np.testing.assert_array_equal(from_npz.targets, from_csv.targets)
    assert from_csv.class_names == ("x", "y")


def test_csv_with_numeric_targets_by_name(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("a,b,c\n1,2,3\n2,4,1\n4,0,2\n")
    data = load_dataset(tmp_path / "d.csv", targets=["a", "c"])
    assert data.inputs.shape == (1, 3)
    s = data.standardization
    np.testing.assert_allclose(data.targets * s.target_scale[:, None] + s.target_mean[:, None], [[1, 2, 4], [3, 1, 2]])


def test_nothing_in_an_npz_is_executed(tmp_path: Path) -> None:
    np.savez(tmp_path / "evil.npz", inputs=np.array([print], dtype=object), targets=np.ones((1, 1)))
    with pytest.raises(ValidationError, match="no readable"):
        load_dataset(tmp_path / "evil.npz")


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
        (lambda: load_dataset("irises"), "data set 'irises' is unknown; choose iris"),
        (lambda: load_dataset("iris", samples=2), "its 3 classes need at least 3"),
        (lambda: load_dataset("iris", samples=151), "the data set holds 150"),
        (lambda: load_dataset("iris", kind="residual"), "iris takes no option kind"),
        (lambda: load_dataset("teacher", colour=1), "teacher takes no option colour; it takes dimensions"),
        (lambda: load_dataset("nowhere.npz"), "nowhere.npz is no readable .npz file"),
        (lambda: load_dataset("nowhere.csv"), "nowhere.csv is no readable .csv file"),
        (lambda: teacher((3,)), "dimensions is (3,)"),
        (lambda: teacher((3, 0, 3)), "every one of dimensions is 0"),
        (lambda: teacher(samples=1), "samples is 1; give a whole number of at least 2"),
        (lambda: teacher(kind="deep"), "kind is 'deep'; choose one of fully-connected, residual, linear"),
        (lambda: teacher(seed=-1), "seed is -1"),
        (lambda: from_arrays([[1.0, 2.0]], [[1.0, 2.0]], labels=[0.5, 1.0]), "labels hold 0.5"),
        (lambda: from_arrays([[1.0, 2.0]], [[1.0, 2.0]], test_inputs=[[1.0]]), "come together"),
    ],
)
def test_bad_calls(call: Any, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        call()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n3\n", "row 3 does not"),
        ("a,b\n1,2\nx,3\n", "has 'x' in column a, row 3"),
        ("a,b\n", "holds 1 lines"),
        ("a,b\n1,nan\n2,3\n", "targets holds nan"),
        ("1,2\n3,4\n5,6\n", "starts with numbers (1, 2)"),
        ("a,b,a\n1,2,3\n3,4,5\n", "more than one column named 'a'"),
        ("a,b\n1,2\n1,3\n", "inputs are constant (1) in row 0"),
    ],
)
def test_bad_csv(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "bad.csv").write_text(text)
    with pytest.raises(ValidationError) as caught:
        load_dataset(tmp_path / "bad.csv")
    assert message in str(caught.value)


def test_a_linear_teacher_has_exactly_its_rank() -> None:
    data = teacher((5, 2, 4), samples=30, seed=1, kind="linear")
    values = np.linalg.svd(data.targets, compute_uv=False)
    assert values[1] > 0.1
    assert values[2] < 1e-13 * values[0]
