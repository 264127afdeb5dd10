"""What a measure returns: rows of numbers, and arrays."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Row = dict[str, Any]
"""Names, and numbers or text."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a task measured.

    Attributes
    ----------
    rows : sequence of dict
        Names and numbers or text; one row per seed, for example.
    arrays : mapping of str to array
        Whatever does not fit a row.
    seconds : mapping of str to float
        Durations. They go to the circumstances and not into the result.
    """

    rows: Sequence[Row]
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)


Measure = Callable[[Mapping[str, Any]], Outcome]
"""A function of a task's parameters."""
