from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geodepth.validation.data.named import load_dataset
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


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: load_dataset("irises"), "data set 'irises' is unknown; choose iris"),
        (lambda: load_dataset("irsi"), "(did you mean iris?)"),
        (lambda: load_dataset("nowhere.cvs"), "there is no file nowhere.cvs, and the name of a data file ends in .csv"),
        (lambda: load_dataset(Path(__file__).parent), "is a folder, and no data set; name a .csv or .npz file in it"),
        (lambda: load_dataset(__file__), "test_named.py is a file whose name ends neither in .csv nor in .npz; rename"),
        (lambda: load_dataset("iris", samples=2), "its 3 classes need at least 3"),
        (lambda: load_dataset("iris", samples=151), "the data set holds 150"),
        (lambda: load_dataset("iris", kind="residual"), "iris takes no option kind"),
        (lambda: load_dataset("teacher", colour=1), "teacher takes no option colour; it takes dimensions"),
        (lambda: load_dataset("nowhere.npz"), "there is no file nowhere.npz; correct its name"),
        (lambda: load_dataset("nowhere.csv"), "there is no file nowhere.csv; correct its name"),
    ],
)
def test_bad_calls(call: Any, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        call()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_named_without_its_ending_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "crop.csv").write_text("rain,yield\n1,2\n")
    with pytest.raises(ValidationError, match=r"data set 'crop' is unknown; .* \(did you mean crop\.csv\?\)"):
        load_dataset("crop")
