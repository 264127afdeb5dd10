"""Data sets from files that the user brings: .npz arrays and .csv tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geodepth.foundation.files.npz_files import DamagedFileError, read_arrays
from geodepth.foundation.shapes import Float
from geodepth.validation.errors import ValidationError

from .arrays import from_arrays
from .classes import numbered, one_hot
from .dataset import Dataset

if TYPE_CHECKING:
    import pandas as pd


def from_npz(path: str | Path, samples: int | None = None, seed: int = 0) -> Dataset:
    """Read a data set from a .npz file. Nothing in the file may execute code.

    Parameters
    ----------
    path : str or Path
        A file with the arrays inputs (d_in, N) and targets (d_out, N), and where there are any labels, test_inputs
        and test_targets.
    samples, seed : int
        How many samples to train on, and which; see `from_arrays`.

    Raises
    ------
    ValidationError
        The file cannot be read, or holds other arrays.
    """
    try:
        arrays = read_arrays(path)
    except (FileNotFoundError, DamagedFileError) as error:
        raise ValidationError(f"{path} is no readable .npz file ({error})") from None
    missing = {"inputs", "targets"} - arrays.keys()
    unknown = arrays.keys() - {"inputs", "targets", "labels", "test_inputs", "test_targets"}
    if missing or unknown:
        raise ValidationError(
            f"{path} holds the arrays {', '.join(sorted(arrays)) or 'none'}; it needs inputs and targets, "
            "and may have labels, test_inputs and test_targets"
        )
    name = Path(path).stem
    return from_arrays(samples=samples, seed=seed, name=name, description=f"from {Path(path).name}", **arrays)


def from_csv(
    path: str | Path, samples: int | None = None, seed: int = 0, targets: Sequence[str] | str | None = None
) -> Dataset:
    """Read a data set from a .csv file with a header line, one row per sample.

    Parameters
    ----------
    path : str or Path
    samples, seed : int
        How many samples to train on, and which; see `from_arrays`.
    targets : str or sequence of str, optional
        The columns to predict, by default the last. One column of words is taken as classes and becomes one-hot
        targets; every other column must be numbers.

    Raises
    ------
    ValidationError
        The file cannot be read, its header or its rows do not fit, or a cell is no number, with its row.
    """
    table = _read_table(path)
    header = list(table.columns)
    wanted = [targets] if isinstance(targets, str) else list(targets) if targets else [header[-1]]
    if not set(wanted) < set(header):
        raise ValidationError(f"targets are {', '.join(wanted)}; choose some, not all, of {', '.join(header)}")
    inputs = _numbers(path, table.drop(columns=wanted))
    names: tuple[str, ...] = ()
    labels = None
    if len(wanted) == 1 and not any(_is_number(word) for word in table[wanted[0]]):
        names, labels = numbered(table[wanted[0]])
        goal = one_hot(labels, len(names))
    else:
        goal = _numbers(path, table[wanted])
    return from_arrays(
        inputs,
        goal,
        labels=labels,
        samples=samples,
        seed=seed,
        name=Path(path).stem,
        description=f"from {Path(path).name}, targets {', '.join(wanted)}",
        class_names=names,
    )


def _read_table(path: str | Path) -> pd.DataFrame:
    """The cells as stripped text under their column names; rows are numbered from 2, blank ones left out."""
    import pandas as pd

    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            # Rows that are too short come back with gaps, and so do here those that are too long.
            cells = pd.read_csv(
                file, header=None, dtype=str, keep_default_na=False, engine="python", on_bad_lines=lambda row: []
            )
    except pd.errors.EmptyDataError:
        cells = pd.DataFrame()
    except (OSError, ValueError) as error:
        raise ValidationError(f"{path} is no readable .csv file ({' '.join(str(error).split())})") from None
    cells = cells.apply(lambda column: column.str.strip())
    cells = cells[(cells != "").any(axis=1)]
    if len(cells) < 2:
        raise ValidationError(f"{path} holds {len(cells)} lines; it needs a header and at least one row")
    header = cells.iloc[0].tolist()
    if all(_is_number(cell) for cell in header):
        raise ValidationError(f"{path} starts with numbers ({', '.join(header)}); put a line of column names first")
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        raise ValidationError(f"{path} has more than one column named {twice[0]!r}; rename them apart")
    table = cells.iloc[1:].set_axis(header, axis=1).set_axis(range(2, len(cells) + 1), axis=0)
    ragged = table.index[table.isna().any(axis=1)]
    if len(ragged):
        raise ValidationError(f"{path} has {len(header)} columns, but row {ragged[0]} does not; mend that row")
    return table


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _numbers(path: str | Path, table: pd.DataFrame) -> Float[np.ndarray, "columns rows"]:
    """The numbers of a table, one row for each of its columns."""
    for column, words in table.items():
        for row, word in words.items():
            if not _is_number(word):
                raise ValidationError(f"{path} has {word!r} in column {column}, row {row}; give a number there")
    return np.array([[float(word) for word in words] for _, words in table.items()])
