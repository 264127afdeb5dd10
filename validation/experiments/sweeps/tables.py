"""From results to tables: tidy rows, their CSV, and medians over seeds."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geodepth.foundation.files.atomic_files import write_atomically
from geodepth.validation.errors import ValidationError

from .outcome import Row
from .results import Result, Store
from .statistics import Interval, median_interval, present
from .sweep import Sweep


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A sweep with the results that are there.

    Attributes
    ----------
    sweep : Sweep
        The specification.
    results : tuple of Result
        Each with its task's parameters.
    missing : int
        Tasks without a result.
    """

    sweep: Sweep
    results: tuple[Result, ...]
    missing: int

    @property
    def rows(self) -> list[Row]:
        """All rows, with the sweep's name and the grid's parameters in front, nested ones joined by dots."""
        return [
            {"sweep": self.sweep.name, **{k: v for k, v in flat(result.parameters) if k != "seeds"}, **row}
            for result in self.results
            for row in result.rows
        ]

    def where(self, **parameters: Any) -> list[Result]:
        """The results whose parameters have these values."""
        return [r for r in self.results if all(r.parameters.get(name) == value for name, value in parameters.items())]


def gather(sweep: Sweep, store: Store) -> Measured:
    """Gather the results of a sweep that are there in a store."""
    found = tuple(store.load(task) for task in sweep.tasks if store.has(task))
    return Measured(sweep, found, len(sweep.tasks) - len(found))


def flat(parameters: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Names and plain values; what is nested gets its names joined by dots, lists become text."""
    for name, value in parameters.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, " ".join(str(v) for v in value) if isinstance(value, list) else value


def write_csv(path: Path, rows: Sequence[Row]) -> Path:
    """Write rows as CSV to a path, whole or not at all; columns in order of appearance, None as empty."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return write_atomically(path, text.getvalue().encode(), ValidationError)


def over_seeds(rows: Iterable[Row], by: Sequence[str], value: str) -> dict[tuple[Any, ...], Interval]:
    """The median of a column and its interval over seeds.

    Parameters
    ----------
    rows : iterable of dict
        One per seed and combination.
    by : sequence of str
        The columns whose combinations are told apart.
    value : str
        The column.

    Returns
    -------
    dict
        Values of the columns `by` → interval, in order of appearance; combinations without a value are left out.
    """
    columns = {key: [row.get(value) for row in members] for key, members in grouped(rows, by).items()}
    return {key: median_interval(values) for key, values in columns.items() if len(present(values))}


def grouped(rows: Iterable[Row], by: Sequence[str]) -> dict[tuple[Any, ...], list[Row]]:
    """Rows by the values of some columns, in order of appearance."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row.get(name) for name in by), []).append(row)
    return groups
