"""From results to tables: tidy rows, their CSV, and medians over seeds."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geodepth.foundation.atomic_files import write_atomically
from geodepth.validation.errors import ValidationError

from .outcome import Row
from .results import Result, Store
from .statistics import Interval, median_interval, present
from .sweep import Sweep


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A sweep with the results that are there, each with its task's parameters."""

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
    """The results of a sweep that are there."""
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
    """Rows as CSV, columns in order of appearance, None as empty. Atomic."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return write_atomically(path, text.getvalue().encode(), ValidationError)


def over_seeds(rows: Iterable[Row], by: Sequence[str], value: str) -> dict[tuple[Any, ...], Interval]:
    """The median of a column and its interval over seeds, for each combination of the columns `by`, in order."""
    groups = grouped(rows, by)
    found = {}
    for key, members in groups.items():
        values = [row.get(value) for row in members]
        if len(present(values)):
            found[key] = median_interval(values)
    return found


def grouped(rows: Iterable[Row], by: Sequence[str]) -> dict[tuple[Any, ...], list[Row]]:
    """Rows by the values of some columns, in order of appearance."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row.get(name) for name in by), []).append(row)
    return groups


def summary(rows: Sequence[Row], by: Sequence[str], values: Sequence[str]) -> list[Row]:
    """A row a combination and value: median, interval, number of seeds: the numbers behind a figure's points."""
    found = []
    for name in values:
        for key, interval in over_seeds(rows, by, name).items():
            found.append({
                **dict(zip(by, key, strict=True)), "quantity": name, "median": interval.estimate, "low": interval.low,
                "high": interval.high, "seeds": interval.count, "coverage": interval.coverage,
            })  # fmt: skip
    return found


def select(rows: Iterable[Row], test: Callable[[Row], bool]) -> list[Row]:
    """The rows that pass."""
    return [row for row in rows if test(row)]
