from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geodepth.validation.data.named import load_dataset
from geodepth.validation.errors import ValidationError


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


def test_csv_cells_are_stripped_blank_rows_left_out_and_words_kept(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("\ufeffa, b ,c\n\n 1,yes , 1e-3\n , , \n3,NA,0.5\n", encoding="utf-8")
    data = load_dataset(tmp_path / "d.csv", targets="b")
    assert data.class_names == ("NA", "yes")
    raw = data.inputs * data.standardization.input_scale[:, None] + data.standardization.input_mean[:, None]
    np.testing.assert_allclose(raw, [[1.0, 3.0], [1e-3, 0.5]], rtol=1e-14)


def test_rows_of_another_length_are_named(tmp_path: Path) -> None:
    (tmp_path / "long.csv").write_text("a,b\n1,2\n\n3,4,5\n")
    with pytest.raises(ValidationError, match="has 2 columns, but row 3 does not"):
        load_dataset(tmp_path / "long.csv")
