"""Sweeps as data: a frozen specification, and the tasks with stable identities that it stands for."""

from __future__ import annotations

import hashlib
import importlib
import itertools
import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from geodepth.validation.errors import ValidationError

from .results import Outcome

Measure = Callable[[Mapping[str, Any]], Outcome]

# What a file may name. A specification in TOML thus runs nothing but these; one in Python may name any function.
MEASURES: Mapping[str, str] = MappingProxyType(
    {
        "networks": "geodepth.validation.experiments.measures.networks:networks",
        "truth": "geodepth.validation.experiments.measures.truths:truth",
        "beside-truth": "geodepth.validation.experiments.measures.truths:beside_truth",
    }
)

IDENTITIES: Mapping[str, str] = MappingProxyType({path: path.replace(".measures.", ".") for path in MEASURES.values()})
"""A measure's name in the identity of its tasks: where it stood first, so that moving a file orphans no result."""

REVISIONS: Mapping[str, int] = MappingProxyType(
    {
        # 2: the share of starts in the best minimum is that of the best one known, not of the best of those starts.
        "geodepth.validation.experiments.measures.truths:truth": 2,
        "geodepth.validation.experiments.measures.truths:beside_truth": 2,
    }
)
"""The revision of what a measure computes, 1 where it is not named here. Raise it whenever the same parameters begin to
give other numbers: results of an older revision then count as missing. A test that pins numbers says when."""


@dataclass(frozen=True, slots=True)
class Task:
    """One measurement: the function, as "module:function", its parameters, as canonical JSON text, and its revision.

    The identity is a digest of the three, so equal work has one name on every machine, and one file, and a result of
    an older revision is not taken for one of this.
    """

    measure: str
    text: str
    effort: float = field(default=1.0, compare=False)
    revision: int = 1

    @classmethod
    def of(
        cls, measure: str | Measure, parameters: Mapping[str, Any], effort: float = 1.0, revision: int | None = None
    ) -> Task:
        """A task from plain values: numbers, text, truth values, None, and lists and mappings of them.

        revision: that of REVISIONS where it is None. Raises ValidationError for a function that another process could
        not import, and for other values.
        """
        try:
            text = json.dumps(dict(parameters), sort_keys=True, allow_nan=False, ensure_ascii=False)
        except (TypeError, ValueError) as error:
            raise ValidationError(f"parameters of a task must be plain finite values ({error}); convert them") from None
        name = measure_name(measure)
        return cls(name, text, effort, REVISIONS.get(name, 1) if revision is None else revision)

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters, anew."""
        found: dict[str, Any] = json.loads(self.text)
        return found

    @property
    def identity(self) -> str:
        """The name of the task's file: the function's name, and a digest of all that the result depends on."""
        # Results from before there were revisions are of the first.
        later = f"\nrevision {self.revision}" if self.revision > 1 else ""
        name = IDENTITIES.get(self.measure, self.measure)
        digest = hashlib.sha256(f"{name}\n{self.text}{later}".encode()).hexdigest()[:16]
        return f"{self.measure.split(':')[1]}-{digest}"

    def run(self) -> Outcome:
        """Measure. Raises what the function raises, and TypeError when it returns anything but an Outcome."""
        module, name = self.measure.split(":")
        outcome = getattr(importlib.import_module(module), name)(self.parameters)
        if not isinstance(outcome, Outcome):
            raise TypeError(f"{self.measure} returned {type(outcome).__name__}; expected an Outcome")
        return outcome


@dataclass(frozen=True, slots=True)
class Sweep:
    """A grid of parameters times seeds.

    name     of the sweep; the CSV rows of its tasks carry it
    measure  the function: a name in MEASURES, "module:function", or an importable function
    fixed    parameters that all tasks share
    grid     parameter → its values; the tasks are the product, the last parameter fastest
    seeds    the seeds of every point of the grid
    batch    how many seeds a task measures together (as members of one ensemble); None: all of a point
    effort   of a task relative to others, for the time left: a function of its parameters
    revision of a measure of your own: raise it when the function computes something else, and results are made anew

    A task gets the fixed parameters, one value of each of the grid's, and "seeds", a list. The batch is part of the
    identity, because batched arithmetic may round differently. Raises ValidationError for what cannot be used.
    """

    name: str
    measure: str | Measure
    fixed: Mapping[str, Any] = field(default_factory=dict)
    grid: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    seeds: tuple[int, ...] = tuple(range(10))
    batch: int | None = 1
    effort: Callable[[Mapping[str, Any]], float] | None = None
    revision: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise ValidationError(f"name is {self.name!r}; give the sweep a name")
        seeds = tuple(self.seeds)
        object.__setattr__(self, "seeds", seeds)
        if not seeds or any(isinstance(s, bool) or not isinstance(s, int) or s < 0 for s in seeds):
            raise ValidationError(f"seeds is {seeds}; give whole numbers of at least 0")
        if len(set(seeds)) < len(seeds):
            raise ValidationError(f"seeds is {seeds}; a seed counts once, so give distinct ones")
        if self.batch is not None and (not isinstance(self.batch, int) or self.batch < 1):
            raise ValidationError(f"batch is {self.batch!r}; give a whole number of at least 1, or None for all seeds")
        if self.revision is not None and (not isinstance(self.revision, int) or self.revision < 1):
            raise ValidationError(f"revision is {self.revision!r}; give a whole number of at least 1, or None")
        twice = ({*self.fixed} & {*self.grid}) | ({"seeds"} & {*self.fixed, *self.grid})
        if twice:
            raise ValidationError(f"{min(twice)} is given twice; name it in fixed or in grid, and seeds in neither")
        for name, values in self.grid.items():
            if isinstance(values, str) or not isinstance(values, Sequence) or not values:
                raise ValidationError(f"grid of {name} is {values!r}; give a list of at least one value")
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
        """A sweep of a TOML file: name, measure (one of MEASURES), seeds (a list or how many), batch, and the tables
        fixed and grid. Raises ValidationError for a file that cannot be used."""
        try:
            table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise ValidationError(f"{path} cannot be read ({type(error).__name__}); give a TOML file") from None
        except tomllib.TOMLDecodeError as error:
            raise ValidationError(f"{path} is not TOML: {error}") from None
        unknown = sorted(set(table) - {"name", "measure", "fixed", "grid", "seeds", "batch"})
        if unknown:
            raise ValidationError(f"{path} sets {unknown[0]!r}; a sweep has name, measure, fixed, grid, seeds, batch")
        if table.get("measure") not in MEASURES:
            raise ValidationError(f"{path}: measure is {table.get('measure')!r}; choose one of {', '.join(MEASURES)}")
        seeds = table.pop("seeds", 10)
        if isinstance(seeds, int) and not isinstance(seeds, bool):
            seeds = range(seeds)
        return Sweep(**{"name": Path(path).stem, **table}, seeds=tuple(seeds))


def distinct(sweeps: Sequence[Sweep]) -> tuple[Task, ...]:
    """The tasks of several sweeps, each once: figures share what they have in common."""
    return tuple(dict.fromkeys(task for sweep in sweeps for task in sweep.tasks))


def shard(tasks: Sequence[Task], text: str | None) -> tuple[Task, ...]:
    """The i-th of n parts of the tasks, from "i/n"; every n-th task, so that parts cost about the same.

    Raises ValidationError unless 1 ≤ i ≤ n.
    """
    if text is None:
        return tuple(tasks)
    number, _, total = text.partition("/")
    if not (number.isdecimal() and total.isdecimal() and 1 <= int(number) <= int(total)):
        raise ValidationError(f"shard is {text!r}; give i/n with 1 ≤ i ≤ n, such as 2/8")
    return tuple(tasks)[int(number) - 1 :: int(total)]


def measure_name(measure: str | Measure) -> str:
    """ "module:function" of a measure. Raises ValidationError where it has no such name."""
    if isinstance(measure, str):
        name = MEASURES.get(measure, measure)
        if name.count(":") != 1:
            raise ValidationError(f"measure is {measure!r}; give {', '.join(MEASURES)}, or module:function")
        return name
    name = getattr(measure, "__qualname__", "")
    if not name.isidentifier():
        raise ValidationError(
            f"measure is {measure!r}; give a function at the top of a module, which other processes can import"
        )
    return f"{measure.__module__}:{name}"
