"""A table, a writer, a corruption: what is loaded is the table, or one typed line says which cell cannot be used."""

import csv
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodepth.validation.data.dataset import Dataset
from geodepth.validation.data.files import from_csv, from_npz
from geodepth.validation.errors import ValidationError

SPELLINGS = [
    "1_1",
    "1,5",
    "1,000",
    "1 000",
    "50%",
    "$5",
    "−1",
    "٣",
    "0x1F",
    "1e200",
    "1e999",
    "1e-999",
    "inf",
    "-Infinity",
]
MISSING = ["", "NA", "N/A", "nan", "NaN", "null", "NULL", "None", "<NA>", "?"]
DAMAGES = ["short", "long", "twice", "unnamed", "empty", "cut quote", "latin", "one column", "one row"]
KINDS = ["none", "nan", "inf", "1e200", "complex", "text", "dates", "bigint", "objects", "half"]
numbers = st.floats(-1e6, 1e6).map(lambda value: float(f"{value:.6g}"))
words = st.text("abcdefgxyz_ é1", min_size=1, max_size=6).map(lambda text: f"k{text.strip()}")


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """Between one and three columns of numbers that change, and a last one of numbers or of the names of classes."""
    rows = draw(st.integers(3, 7))
    column = st.lists(numbers, min_size=rows, max_size=rows, unique=True)
    columns = [draw(column) for _ in range(draw(st.integers(1, 3)))]
    classes = draw(st.lists(words, min_size=2, max_size=3, unique=True))
    # Every class twice or more, unless the rows run out: a first line without names shows itself by its class.
    target: list[Any] = [classes[row % len(classes)] for row in range(rows)]
    if draw(st.booleans()):
        target = draw(column)
    names = draw(st.lists(words, min_size=len(columns) + 1, max_size=len(columns) + 1, unique=True))
    frame = pd.DataFrame(dict(zip(names, [*columns, target], strict=True)))
    spread = frame.select_dtypes("number")
    # What hardly changes beside its size is rightly called constant.
    return frame if (spread.std() > 1e-6 * spread.abs().max()).all() else draw(tables())


@st.composite
def dialects(draw: st.DrawFn) -> dict[str, Any]:
    """How pandas is to write a table."""
    return {
        "sep": draw(st.sampled_from([",", ";", "\t"])),
        "lineterminator": draw(st.sampled_from(["\n", "\r\n"])),
        "quoting": draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])),
        "index": draw(st.booleans()),
        "encoding": draw(st.sampled_from(["utf-8", "utf-8-sig"])),
    }


def loaded(load: Callable[[], Dataset]) -> tuple[Dataset | None, str]:
    """The data, or the line that refuses them."""
    try:
        return load(), ""
    except ValidationError as refusal:
        return None, str(refusal)


def is_the_table(data: Dataset, frame: pd.DataFrame) -> None:
    """The data in their own units are the table's, to the rounding of the standardization."""
    s, inputs, target = data.standardization, frame.iloc[:, :-1], frame.iloc[:, -1]
    raw = data.inputs * s.input_scale[:, None] + s.input_mean[:, None]
    np.testing.assert_allclose(raw, inputs.to_numpy().T, rtol=1e-9, atol=1e-12 * np.abs(inputs.to_numpy()).max())
    found = data.targets * s.target_scale[:, None] + s.target_mean[:, None]
    if target.dtype.kind == "f":
        np.testing.assert_allclose(found[0], target, rtol=1e-9, atol=1e-12 * np.abs(target.to_numpy()).max())
    else:
        assert data.labels is not None
        assert [data.class_names[label] for label in data.labels] == [str(word).strip() for word in target]


@settings(derandomize=True, deadline=None, max_examples=150)
@given(frame=tables(), dialect=dialects())
def test_a_table_is_read_back_whatever_its_dialect(
    frame: pd.DataFrame, dialect: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.getbasetemp() / "dialect.csv"
    frame.to_csv(file, **dialect)
    is_the_table(from_csv(file), frame)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(frame=tables(), dialect=dialects())
def test_without_a_header_no_sample_is_lost(
    frame: pd.DataFrame, dialect: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.getbasetemp() / "headless.csv"
    frame.to_csv(file, header=False, **dialect)
    data, line = loaded(lambda: from_csv(file))
    if data is not None:
        is_the_table(data, frame)
    else:
        assert "put a line of column names first" in line
        assert "\n" not in line


@settings(derandomize=True, deadline=None, max_examples=300)
@given(frame=tables(), data=st.data(), cell=st.sampled_from(SPELLINGS + MISSING), header=st.booleans())
def test_a_cell_that_is_no_value_is_named(
    frame: pd.DataFrame, data: st.DataObject, cell: str, header: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rows = [list(map(str, row)) for row in frame.itertuples(index=False)]
    column = data.draw(st.integers(0, len(rows[0]) - 1))
    words_there = frame.iloc[:, column].dtype.kind != "f"
    place = data.draw(st.integers(0, len(rows) - 1))
    rows[place][column] = cell
    text = io.StringIO()
    csv.writer(text).writerows([list(frame.columns), *rows] if header else rows)
    file = tmp_path_factory.getbasetemp() / "cell.csv"
    file.write_text(text.getvalue(), encoding="utf-8")
    if words_there and cell in ("1_1", "0x1F"):
        if header:
            assert cell in from_csv(file).class_names  # no number, so a word like any other
        return
    with pytest.raises(ValidationError) as caught:
        from_csv(file)
    message = str(caught.value)
    assert "\n" not in message
    if header and not words_there:
        assert f"{cell!r} in column {frame.columns[column]}, row {place + 2}" in message


@settings(derandomize=True, deadline=None, max_examples=150)
@given(
    frame=tables(),
    corruption=st.sampled_from(
        ["short", "long", "twice", "unnamed", "empty", "cut quote", "latin", "one column", "one row"]
    ),
    place=st.integers(0, 99),
)
def test_a_damaged_table_is_refused_in_one_line(
    frame: pd.DataFrame, corruption: str, place: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rows = [list(frame.columns), *(list(map(str, row)) for row in frame.itertuples(index=False))]
    row = place % len(rows)
    if corruption == "short":
        rows[row] = rows[row][:-1]
    elif corruption == "long":
        rows[row] = [*rows[row], "7"]
    elif corruption == "twice":
        rows[0][1] = rows[0][0]
    elif corruption == "unnamed":
        rows[0][place % len(rows[0])] = ""
    elif corruption == "one column":
        rows = [cells[:1] for cells in rows]
    elif corruption == "one row":
        rows = rows[:2]
    text = "\n".join(",".join(cells) for cells in rows)
    text = "" if corruption == "empty" else text + '\n"' if corruption == "cut quote" else text
    file = tmp_path_factory.getbasetemp() / "damaged.csv"
    file.write_bytes(f"{text}é\n".encode("latin-1") if corruption == "latin" else text.encode())
    with pytest.raises(ValidationError) as caught:
        from_csv(file)
    assert "\n" not in str(caught.value)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(
    frame=tables(),
    corruption=st.sampled_from(
        ["none", "nan", "inf", "1e200", "complex", "text", "dates", "bigint", "objects", "half"]
    ),
    place=st.integers(0, 99),
)
def test_arrays_in_a_file_are_what_they_were_or_refused(
    frame: pd.DataFrame, corruption: str, place: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    inputs: Any = frame.iloc[:, :-1].to_numpy(dtype=float).T.copy()
    where = np.unravel_index(place % inputs.size, inputs.shape)
    if corruption in ("nan", "inf", "1e200"):
        inputs[where] = float(corruption)
    elif corruption == "half":
        inputs = inputs.clip(-6e4, 6e4).astype(np.float16)
    elif corruption != "none":
        kinds = {"complex": complex, "text": str, "dates": "M8[s]", "bigint": np.int64, "objects": object}
        inputs = inputs.astype(kinds[corruption])
        if corruption == "complex":
            inputs[where] += 1j
        if corruption == "bigint":
            inputs[where] = 2**53 + 1
    file = tmp_path_factory.getbasetemp() / "arrays.npz"
    np.savez(file, inputs=inputs, targets=np.arange(float(len(frame)))[None])
    if corruption in ("none", "half"):
        data, line = loaded(lambda: from_npz(file))
        if data is None:
            assert corruption == "half"  # few digits may leave a constant
            assert "constant" in line
            return
        s = data.standardization
        raw = data.inputs * s.input_scale[:, None] + s.input_mean[:, None]
        np.testing.assert_allclose(raw, inputs.astype(float), rtol=1e-9, atol=1e-9)
        return
    with pytest.raises(ValidationError) as caught:
        from_npz(file)
    message = str(caught.value)
    assert "\n" not in message
    if corruption in ("nan", "inf", "1e200", "bigint"):
        row, sample = map(int, where)
        assert f"({row}, {sample})" in message or f"row {row}, sample {sample}" in message
