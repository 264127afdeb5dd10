"""How class labels are encoded: words to numbers, numbers to one-hot targets."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from geodepth.foundation.shapes import Float, Int
from geodepth.validation.argument_checks import check_array
from geodepth.validation.errors import ValidationError


def numbered(words: Iterable[str]) -> tuple[tuple[str, ...], Int[np.ndarray, " N"]]:
    """The names of the classes, in alphabetical order, and the number of each word's class (N,)."""
    names, labels = np.unique(np.array(words, dtype=str), return_inverse=True)
    return tuple(str(name) for name in names), labels


def class_numbers(labels: Any, samples: int) -> Int[np.ndarray, " N"]:
    """Check labels (N,) of N = `samples` samples. Raises ValidationError unless they are whole numbers from 0 on."""
    given = check_array("labels", labels, (samples,), "(N,), one whole number per sample")
    if (given != np.round(given)).any():
        raise ValidationError(f"labels hold {given[given != np.round(given)][0]:g}; give whole class numbers")
    if (given < 0).any():
        raise ValidationError(f"labels hold {given.min():g}; number the classes from 0")
    classes: Int[np.ndarray, " N"] = given.astype(np.int64)
    return classes


def one_hot(labels: Int[np.ndarray, " N"], classes: int) -> Float[np.ndarray, "classes N"]:
    """Targets with a one in the row of each sample's class, zeros elsewhere."""
    return np.eye(classes)[:, labels]


def is_one_hot(targets: Float[np.ndarray, "d_out N"]) -> bool:
    """Whether every column holds a single one, and zeros."""
    return bool(np.isin(targets, (0.0, 1.0)).all() and (targets.sum(axis=0) == 1.0).all())
