"""What was verified of a solution, as a short table with a verdict in every line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked.

    Attributes
    ----------
    name : str
        In a word or two.
    value : float
        What was seen.
    limit : float or None
        What it must not exceed; None: noted only.
    meaning : str
        What the value is, in words.
    """

    name: str
    value: float
    limit: float | None
    meaning: str

    @property
    def passed(self) -> bool:
        """Whether the value keeps to the limit; NaN passes nothing."""
        return self.limit is None or bool(self.value <= self.limit)

    @property
    def verdict(self) -> str:
        """In a word: "holds", "FAILS" or "noted"."""
        return "noted" if self.limit is None else "holds" if self.passed else "FAILS"


@dataclass(frozen=True, slots=True)
class Certificate:
    """The checks of one solution.

    Attributes
    ----------
    problem_name : str
        Of the problem solved.
    accuracy : float
        What the discretization was asked to reach, relative.
    checks : tuple of Check
        In the order in which they were made.
    cost_error : float
        The largest estimate of the relative error of the cost among them, NaN where none was made.
    """

    problem_name: str
    accuracy: float
    checks: tuple[Check, ...]
    cost_error: float = math.nan

    @property
    def holds(self) -> bool:
        """Whether every check passed."""
        return all(check.passed for check in self.checks)

    @property
    def failures(self) -> tuple[str, ...]:
        """Names of the checks that fail."""
        return tuple(check.name for check in self.checks if not check.passed)

    @property
    def verdict(self) -> str:
        """In a line: what it is verified to, or which checks fail."""
        return f"verified to {self.accuracy:.0e}" if self.holds else f"DENIED: {', '.join(self.failures)}"

    def __getitem__(self, name: str) -> Check:
        """The check of this name. Raises KeyError when it was not made."""
        for check in self.checks:
            if check.name == name:
                return check
        raise KeyError(name)

    def __str__(self) -> str:
        width = max(len(check.name) for check in self.checks)
        lines = [f"certificate of {self.problem_name!r}: {self.verdict}"]
        for check in self.checks:
            limit = " " * 11 if check.limit is None else f" ≤ {check.limit:<8.0e}"
            lines.append(f"  {check.name:{width}}  {check.value:8.1e}{limit} {check.verdict:6} {check.meaning}")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """The certificate as JSON can hold it."""
        return asdict(self)

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> Certificate:
        """What `as_dict` wrote."""
        checks = tuple(Check(**check) for check in record["checks"])
        return Certificate(record["problem_name"], record["accuracy"], checks, record["cost_error"])
