"""Bounds: what is a range, and what stands for no bound at all."""

import math
from typing import Any

import numpy as np

NO_BOUND = 1e19
"""Bounds of this magnitude and more mean "none", in any unit; solvers of nonlinear programs agree on this number."""


def without_far(lower: Any, upper: Any) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper bounds (numbers or arrays) as arrays, infinite where their magnitude says that there is none."""
    sides = (np.asarray(side, dtype=float) for side in (lower, upper))
    first, second = (np.where(np.abs(side) >= NO_BOUND, np.copysign(math.inf, side), side) for side in sides)
    return first, second


def bound(side: Any) -> float:
    """One of them, a number."""
    number = float(side)
    return math.copysign(math.inf, number) if abs(number) >= NO_BOUND else number


def is_range(lower: Any, upper: Any) -> bool:
    """Whether finite numbers fit between the bounds (arrays likewise); NaN makes it false."""
    return bool(np.all((lower <= upper) & (lower < math.inf) & (upper > -math.inf)))


def drawn(
    generator: np.random.Generator, lower: np.ndarray, upper: np.ndarray, center: np.ndarray | float = 0.0
) -> list[float]:
    """A number for each pair of bounds: uniform where both are finite, else normal around the center, clipped."""
    found = []
    for low, high, middle in zip(lower, upper, np.broadcast_to(center, np.shape(lower)), strict=True):
        bounded = np.isfinite(low) and np.isfinite(high)
        value = generator.uniform(low, high) if bounded else np.clip(middle + generator.normal(), low, high)
        found.append(float(value))
    return found
