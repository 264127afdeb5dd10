"""Data sets from files that the user brings: .npz arrays and .csv tables."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from geodepth.validation.errors import ValidationError

from .dataset import Dataset, from_arrays


def from_npz(path: str | Path, samples: int | None = None, seed: int = 0) -> Dataset:
    """A data set from a .npz file with arrays inputs (d_in, N) and targets (d_out, N), and where there are any labels,
    test_inputs and test_targets. Nothing in the file may execute code. Raises ValidationError."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
    except (OSError, ValueError, EOFError, KeyError) as error:
        raise ValidationError(f"{path} is no readable .npz file ({' '.join(str(error).split())})") from None
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
    """A data set from a .csv file with a header line, one row a sample.

    targets names the columns to predict, by default the last. One column of words is taken as classes and becomes
    one-hot targets; every other column must be numbers. Raises ValidationError with the line where it is not.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = [[cell.strip() for cell in row] for row in csv.reader(file) if any(cell.strip() for cell in row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ValidationError(f"{path} is no readable .csv file ({' '.join(str(error).split())})") from None
    if len(rows) < 2:
        raise ValidationError(f"{path} holds {len(rows)} lines; it needs a header and at least one row")
    header, body = rows[0], rows[1:]
    if all(_is_number(cell) for cell in header):
        raise ValidationError(f"{path} starts with numbers ({', '.join(header)}); put a line of column names first")
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        raise ValidationError(f"{path} has more than one column named {twice[0]!r}; rename them apart")
    ragged = [number for number, row in enumerate(body, 2) if len(row) != len(header)]
    if ragged:
        raise ValidationError(f"{path} has {len(header)} columns, but row {ragged[0]} does not; mend that row")
    wanted = [targets] if isinstance(targets, str) else list(targets) if targets else [header[-1]]
    unknown = [column for column in wanted if column not in header]
    if unknown or len(wanted) == len(header):
        raise ValidationError(f"targets are {', '.join(wanted)}; choose some, not all, of {', '.join(header)}")
    chosen = [header.index(column) for column in wanted]
    others = [column for column in range(len(header)) if column not in chosen]
    inputs = np.array([_numbers(path, header[column], [row[column] for row in body]) for column in others])
    labels, names = None, np.array([])
    words = [row[chosen[0]] for row in body]
    if len(chosen) == 1 and not any(_is_number(word) for word in words):
        names, numbers = np.unique(np.array(words), return_inverse=True)
        labels, goal = numbers, np.eye(len(names))[:, numbers]
    else:
        goal = np.array([_numbers(path, header[column], [row[column] for row in body]) for column in chosen])
    return from_arrays(
        inputs, goal, labels=labels, samples=samples, seed=seed, name=Path(path).stem,
        description=f"from {Path(path).name}, targets {', '.join(wanted)}", class_names=tuple(str(n) for n in names),
    )  # fmt: skip


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _numbers(path: Any, column: str, words: Sequence[str]) -> list[float]:
    for row, word in enumerate(words, 2):
        if not _is_number(word):
            raise ValidationError(f"{path} has {word!r} in column {column}, row {row}; give a number there")
    return [float(word) for word in words]
