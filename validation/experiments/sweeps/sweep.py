"""Sweeps as data: a frozen specification, and the tasks that it stands for."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from geodepth.validation.argument_checks import CHECKS
from geodepth.validation.errors import ValidationError
from geodepth.validation.record_checks import Name, Whole, checked_record, read_toml

from .known_measures import MEASURES, measure_name
from .outcome import Measure
from .tasks import Task

MOST_TASKS = 1_000_000
"""More are a slip of the hand: their list alone would not fit into memory (chosen by hand)."""


def _values(given: Any) -> Any:
    if isinstance(given, str) or not isinstance(given, Sequence) or not given:
        raise ValueError("give a list of at least one value")
    return given


def _seeds(given: Any) -> tuple[int, ...]:
    seeds = tuple(given) if isinstance(given, Sequence) else ()
    if not seeds or any(isinstance(seed, bool) or not isinstance(seed, int) or seed < 0 for seed in seeds):
        raise ValueError("give whole numbers of at least 0")
    if len(set(seeds)) < len(seeds):
        raise ValueError("a seed counts once, so give distinct ones")
    return seeds


@checked_record
class Sweep:
    """A grid of parameters times seeds.

    Attributes
    ----------
    name : str
        Of the sweep. The CSV rows of its tasks carry it.
    measure : str or function
        A name in MEASURES, "module:function", or an importable function.
    fixed : mapping
        Parameters that all tasks share.
    grid : mapping of str to sequence
        Parameter → its values. The tasks are the product, the last parameter fastest.
    seeds : tuple of int
        The seeds of every point of the grid.
    batch : int, optional
        How many seeds a task measures together, as members of one ensemble. None: all of a point.
    effort : function, optional
        A task's time relative to that of others, from its parameters; for the time left.
    revision : int, optional
        Of a measure of your own. Raise it when the function computes something else, and results are made anew.

    Raises
    ------
    ValidationError
        For what cannot be used.

    Notes
    -----
    A task gets the fixed parameters, one value of each of the grid's, and "seeds", a list. The batch is part of the
    identity, because batched arithmetic may round differently.
    """

    name: Name
    measure: str | Measure
    fixed: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    grid: Mapping[str, Annotated[Any, AfterValidator(_values)]] = dataclasses.field(default_factory=dict)
    seeds: Annotated[tuple[int, ...], BeforeValidator(_seeds)] = tuple(range(10))
    batch: Whole | None = 1
    effort: Callable[[Mapping[str, Any]], float] | None = None
    revision: Whole | None = None

    def __post_init__(self) -> None:
        twice = ({*self.fixed} & {*self.grid}) | ({"seeds"} & {*self.fixed, *self.grid})
        if twice:
            raise ValidationError(f"{min(twice)} is given twice; name it in fixed or in grid, and seeds in neither")
        count = math.prod(map(len, self.grid.values())) * len(self.seeds)
        if count > MOST_TASKS:
            raise ValidationError(f"grid and seeds make {count} tasks; give at most {MOST_TASKS}, or several sweeps")
        measure_name(self.measure)

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All tasks, in the order of the grid."""
        size = len(self.seeds) if self.batch is None else self.batch
        groups = [list(self.seeds[start : start + size]) for start in range(0, len(self.seeds), size)]
        found = []
        for values in itertools.product(*self.grid.values()):
            for seeds in groups:
                parameters = {**self.fixed, **dict(zip(self.grid, values, strict=True)), "seeds": seeds}
                effort = 1.0 if self.effort is None else self.effort(parameters)
                found.append(Task.of(self.measure, parameters, effort, self.revision))
        return tuple(found)

    @staticmethod
    def from_toml(path: str | Path) -> Sweep:
        """Read a sweep from a TOML file.

        Parameters
        ----------
        path : path
            A file with the fields' names: measure (one of MEASURES), seeds (a list, or how many), and the tables fixed
            and grid. The name is the file's by default.

        Raises
        ------
        ValidationError
            For a file that cannot be used.
        """
        table = {"name": CHECKS.path("path", path).stem, "seeds": 10, **read_toml(path, Sweep)}
        if table.get("measure") not in list(MEASURES):
            raise ValidationError(f"{path}: measure is {table.get('measure')!r}; choose one of {', '.join(MEASURES)}")
        if isinstance(table["seeds"], int) and not isinstance(table["seeds"], bool):
            table["seeds"] = range(CHECKS.count("seeds", table["seeds"], 1, MOST_TASKS))
        return Sweep(**table)


def distinct(sweeps: Sequence[Sweep]) -> tuple[Task, ...]:
    """The tasks of several sweeps, each once: figures share what they have in common."""
    return tuple(dict.fromkeys(task for sweep in sweeps for task in sweep.tasks))


def shard(tasks: Sequence[Task], text: str | None) -> tuple[Task, ...]:
    """The i-th of n parts of the tasks.

    Parameters
    ----------
    tasks : sequence of Task
        Every n-th of them is taken, so that parts cost about the same.
    text : str, optional
        "i/n". None: all tasks.

    Raises
    ------
    ValidationError
        Unless 1 ≤ i ≤ n.
    """
    if text is None:
        return tuple(tasks)
    number, _, total = text.partition("/")
    if not (number.isdecimal() and total.isdecimal() and 1 <= int(number) <= int(total)):
        raise ValidationError(f"shard is {text!r}; give i/n with 1 ≤ i ≤ n, such as 2/8")
    return tuple(tasks)[int(number) - 1 :: int(total)]
