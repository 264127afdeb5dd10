from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geodepth.validation.data.dataset import Dataset
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
        ("a,b\n1,nan\n2,3\n", "has 'nan' in column b, row 2"),
        # A column of numbers has no classes to rename.
        ("a,b\n1,\n2,3\n", "fill in what is missing or remove the row (the header is row 1)"),
        ("a,kind\n1,cat\n2,\n", "remove the row; rename a class so called (the header is row 1)"),
        ("1,2\n3,4\n5,6\n", "starts with numbers (1, 2)"),
        ("a,b,a\n1,2,3\n3,4,5\n", "more than one column named 'a'"),
        ("", "holds 0 lines"),
        ("a\n1\n2\n", "choose some, not all, of a"),
        ("a,kind\n1,cat\n2,\n3,dog\n4,cat\n", "has '' in column kind, row 3"),
        ("a,kind\n1,cat\n2,NA\n3,dog\n4,cat\n", "has 'NA' in column kind, row 3"),
        ("a,kind\n1,cat\n2,cat\n", "has one class alone, cat, in column kind"),
        ("a,y\n1e200,1\n-1e200,2\n3e200,4\n", "has '1e200' in column a, row 2; give numbers up to 1e+150"),
        ("a,y\n1e-400,1\n1,2\n3,4\n", "has '1e-400' in column a, row 2"),
        ("a,y\n9007199254740993,1\n1,2\n3,4\n", "has '9007199254740993' in column a, row 2"),
        ("a,y\n1e-170,1\n2e-170,2\n", "inputs change by 1e-170 alone in column a"),
        ("a,y\n1_1,1\n2,2\n", "has '1_1' in column a, row 2"),
        ('a,y\n1,"1,000"\n2,"2,500"\n', "has '1,000' in column y, row 2; write numbers such as 1000.5"),
        ("a;y\n1;1,5\n2;2,5\n", "has '1,5' in column y, row 2; write numbers such as 1000.5"),
        ("a,y\n1,50%\n2,60%\n", "has '50%' in column y, row 2"),
        ("a,y\n1,2020-01-31\n2,2020-02-28\n", "has '2020-01-31' in column y, row 2"),
        ("a,y\n1,inf\n2,-inf\n", "has 'inf' in column y, row 2"),
        ("5.1,3.5,setosa\n4.9,3.0,virginica\n", "starts with numbers (5.1, 3.5, setosa)"),
        ("0,5.1,cat\n1,4.9,dog\n2,6.1,cat\n", "counts its rows in column 1"),
        (",a,y\n7,5.1,1\n3,4.9,2\n", "has no name for its column 1"),
        ("a,y,\n5.1,1,\n4.9,2,\n", "has no name for its column 3"),
        ("a;b,y\n1,2\n3,4\n", "has ',' and ';' in its first line"),
        ('a,y\n1,"2\n3,4\n', "is no readable .csv file"),
        ("a,b\n1,2\n1,3\n", "inputs are constant (1) in column a"),
    ],
)
def test_bad_csv(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "bad.csv").write_text(text)
    with pytest.raises(ValidationError) as caught:
        load_dataset(tmp_path / "bad.csv")
    assert message in str(caught.value)


def raw(data: Dataset) -> np.ndarray:
    """The inputs in their own units."""
    scale, mean = data.standardization.input_scale, data.standardization.input_mean
    return np.asarray(data.inputs * scale[:, None] + mean[:, None])


def test_csv_cells_are_stripped_blank_rows_left_out_and_words_kept(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("\ufeffa, b ,c\n\n 1,yes , 1e-3\n , , \n3,1_1,0.5\n", encoding="utf-8")
    data = load_dataset(tmp_path / "d.csv", targets="b")
    assert data.class_names == ("1_1", "yes")
    np.testing.assert_allclose(raw(data), [[1.0, 3.0], [1e-3, 0.5]], rtol=1e-14)


@pytest.mark.parametrize(
    "text",
    [
        "5.1,3.5,cat\n4.9,3.0,cat\n6.0,2.9,dog\n",
        "a,b,kind\n5.1,3.5,cat\n4.9,3.0,cat\n6.0,2.9,dog\n",
        "a;b;kind\r\n5.1;3.5;cat\r\n4.9;3.0;cat\r\n6.0;2.9;dog\r\n",
        'a\t"b, c"\tkind\n5.1\t3.5\tcat\n4.9\t3.0\tcat\n6.0\t2.9\tdog\n',
        ',a,b,kind\n0,"5.1",3.5,cat\n1,4.9,3.0, "cat"\n2,6.0,2.9,dog\n',
        '"","a","b","kind"\n"1",5.1,3.5,"cat"\n"2",4.9,3,"cat"\n"3",6,2.9,"dog"\n',
    ],
    ids=["no header", "header", "semicolons", "tabs", "index of pandas", "index of R"],
)
def test_one_table_in_many_spellings(tmp_path: Path, text: str) -> None:
    (tmp_path / "d.csv").write_text(text, newline="")
    data = load_dataset(tmp_path / "d.csv")
    assert data.class_names == ("cat", "dog")
    np.testing.assert_array_equal(data.labels, [0, 0, 1])
    np.testing.assert_allclose(raw(data), [[5.1, 4.9, 6.0], [3.5, 3.0, 2.9]], rtol=1e-15)


def test_numbers_above_numbers_are_names_where_the_target_says_so(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("2019,2020,growth\n1,4,2.5\n3,2,1.5\n")
    np.testing.assert_allclose(raw(load_dataset(tmp_path / "d.csv")), [[1.0, 3.0], [4.0, 2.0]])


def test_rows_of_another_length_are_named(tmp_path: Path) -> None:
    (tmp_path / "long.csv").write_text("a,b\n1,2\n\n3,4,5\n")
    with pytest.raises(ValidationError, match="has 2 columns, but row 3 does not"):
        load_dataset(tmp_path / "long.csv")


def test_columns_that_are_named_target_are_targets_wherever_they_stand(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("target_2,a,Target,targeted\n1,2,3,4\n2,4,3.5,9\n3,5,4,7\n")
    data = load_dataset(file)
    assert (len(data.inputs), len(data.targets)) == (2, 2)
    assert data.description == "from mine.csv: inputs a, targeted; targets target_2, Target"
    assert len(load_dataset(file, targets="a").targets) == 1


def test_what_a_table_was_taken_for_is_said(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("id,a,kind\n1,2,x\n2,4,y\n3,5,y\n")
    told = (
        "from mine.csv: inputs id, a; 2 classes in kind; id counts the rows: remove it unless it is meant as an input"
    )
    assert load_dataset(file).description == told
    names = [f"c{k}" for k in range(30)]
    file.write_text("\n".join([",".join(names), *(",".join(str(k * k + r * r) for k in range(30)) for r in range(3))]))
    assert load_dataset(file).description == "from mine.csv: inputs c0 to c28 (29); targets c29"


def test_words_among_the_inputs_are_told_as_a_column(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("smoker,y\nno,1\nyes,2\nno,3\n")
    with pytest.raises(ValidationError, match=r"words in column smoker \('no', 'yes'\).*; write 0 and 1, or remove it"):
        load_dataset(file)
    file.write_text("town,y\nA,1\nB,2\nC,3\nD,4\n")
    with pytest.raises(ValidationError, match=r"'A', 'B', 'C', …\).*a column of 0 and 1 for each word"):
        load_dataset(file)
