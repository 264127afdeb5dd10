"""Data sets from files that the user brings: .npz arrays and .csv tables."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from geodepth.foundation.files.npz_files import read_arrays
from geodepth.foundation.files.opened_files import DamagedFileError
from geodepth.validation.errors import ValidationError

from .arrays import from_arrays
from .classes import numbered, one_hot
from .csv_tables import Table, read_table
from .dataset import Dataset

_TARGET = re.compile(r"targets?([\W\d_].*)?", re.IGNORECASE)
"""Names of columns that say themselves that they are targets."""
_MOST_NAMES = 12
"""Columns that a line names before it only counts them."""


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
    except FileNotFoundError:
        raise ValidationError(f"there is no file {path}; correct its name, or go to its folder") from None
    except DamagedFileError as error:
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
    """Read a data set from a .csv file, one row per sample; `read_table` says what such a file may look like.

    Parameters
    ----------
    path : str or Path
    samples, seed : int
        How many samples to train on, and which; see `from_arrays`.
    targets : str or sequence of str, optional
        The columns to predict. By default those named target, target_1, target cost and the like, else the last. One
        column of words is taken as classes and becomes one-hot targets; every other column must be numbers.

    Raises
    ------
    ValidationError
        The file cannot be read, its header or its rows do not fit, a value is missing, or a cell is no number, with
        its row and column.
    """
    table = read_table(path)
    header = list(table.columns)
    named = [column for column in header if _TARGET.fullmatch(column)] or header[-1:]
    wanted = named if targets is None else [targets] if isinstance(targets, str) else list(targets)
    inputs = [column for column in header if column not in wanted]
    if not wanted or not inputs or len(set(wanted)) < len(wanted) or not set(wanted) <= set(header):
        raise ValidationError(
            f"targets are {', '.join(map(str, wanted)) or 'none'}; choose some, not all, of {', '.join(header)}"
        )
    numbers = np.array([table.numbers(column) for column in inputs])
    names: tuple[str, ...] = ()
    labels = None
    if len(wanted) == 1 and table.are_words(wanted[0]):
        names, labels = numbered(table.columns[wanted[0]])
        if len(names) < 2:
            raise ValidationError(f"{path} has one class alone, {names[0]}, in column {wanted[0]}; give at least two")
        goal = one_hot(labels, len(names))
    else:
        goal = np.array([table.numbers(column) for column in wanted])
    return from_arrays(
        numbers,
        goal,
        labels=labels,
        samples=samples,
        seed=seed,
        name=Path(path).stem,
        description=_description(Path(path).name, inputs, wanted, names, table),
        class_names=names,
        row_names=[f"column {column}" for column in (*inputs, *(names or wanted))],
    )


def _description(file: str, inputs: Sequence[str], targets: Sequence[str], classes: Sequence[str], table: Table) -> str:
    """What was taken as what, in one line: who meant something else sees it here."""
    known = f"{len(classes)} classes in {targets[0]}" if classes else f"targets {_listed(targets)}"
    counting = [column for column in inputs if table.counts_rows(column)]
    remark = f"; {counting[0]} counts the rows: remove it unless it is meant as an input" if counting else ""
    return f"from {file}: inputs {_listed(inputs)}; {known}{remark}"


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(columns) if len(columns) <= _MOST_NAMES else f"{columns[0]} to {columns[-1]} ({len(columns)})"
