"""Dataset: standardized inputs and targets, made from raw arrays, with the way back to their units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geodepth.foundation.shapes import Float, Int
from geodepth.validation.argument_checks import check_array, check_count
from geodepth.validation.errors import ValidationError


@dataclass(frozen=True, slots=True, eq=False)
class Standardization:
    """How raw data became the data set's numbers: (raw − mean)/scale, one entry a row, in the raw data's units."""

    input_mean: Float[np.ndarray, " d_in"]
    input_scale: Float[np.ndarray, " d_in"]
    target_mean: Float[np.ndarray, " d_out"]
    target_scale: Float[np.ndarray, " d_out"]


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Inputs (d_in, N) and targets (d_out, N), one column a sample, and test data alike (maybe none: M = 0).

    Numbers are standardized, thus without units; `standardization` leads back. labels (N,) are class numbers where
    there are classes; teacher_rank is the bottleneck rank of the function behind the targets, where that is known.
    """

    name: str
    inputs: Float[np.ndarray, "d_in N"]
    targets: Float[np.ndarray, "d_out N"]
    labels: Int[np.ndarray, " N"] | None
    test_inputs: Float[np.ndarray, "d_in M"]
    test_targets: Float[np.ndarray, "d_out M"]
    standardization: Standardization
    teacher_rank: int | None
    description: str
    class_names: tuple[str, ...] = ()

    @property
    def samples(self) -> int:
        """N."""
        return int(self.inputs.shape[1])


def from_arrays(
    inputs: Any,
    targets: Any,
    *,
    labels: Any = None,
    test_inputs: Any = None,
    test_targets: Any = None,
    samples: int | None = None,
    seed: int = 0,
    standardize: bool = True,
    name: str = "arrays",
    description: str = "given as arrays",
    class_names: Sequence[str] = (),
) -> Dataset:
    """A data set from raw arrays: inputs (d_in, N), targets (d_out, N), labels (N,) whole numbers, one column a sample.

    samples and seed draw a training part (stratified by labels), the rest becomes test data; or give test_inputs and
    test_targets. Inputs are centred and scaled to unit deviation row by row; targets too, except that one-hot
    targets (where labels are given) are only centred. standardize=False keeps all numbers as they are.
    Raises ValidationError: not finite, text, empty, lengths that differ, a row that never changes.
    """
    X = check_array("inputs", inputs, (None, None), "(d_in, N), one column a sample")
    Y = check_array("targets", targets, (None, None), "(d_out, N), one column a sample")
    if X.shape[1] != Y.shape[1]:
        raise ValidationError(
            f"inputs hold {X.shape[1]} samples and targets {Y.shape[1]}; give both one column a sample, in one order"
        )
    classes = None if labels is None else _labels(labels, X.shape[1])
    if (test_inputs is None) != (test_targets is None):
        raise ValidationError("test_inputs and test_targets come together; give both or neither")
    if test_inputs is None:
        train, rest = split(X.shape[1], samples, classes, check_count("seed", seed, 0))
        Xt, Yt = X[:, rest], Y[:, rest]
        X, Y, classes = X[:, train], Y[:, train], None if classes is None else classes[train]
    elif samples is not None:
        raise ValidationError("samples draws test data from the rest, but test_inputs are given; leave one out")
    else:
        Xt = check_array("test_inputs", test_inputs, (X.shape[0], None), "(d_in, M), one column a sample")
        Yt = check_array("test_targets", test_targets, (Y.shape[0], Xt.shape[1]), "(d_out, M), one column a sample")
    if standardize:
        scaling = Standardization(
            *moments("inputs", X), *moments("targets", Y, unit_scale=classes is not None and _one_hot(Y))
        )
    else:
        scaling = Standardization(np.zeros(X.shape[0]), np.ones(X.shape[0]), np.zeros(Y.shape[0]), np.ones(Y.shape[0]))
    return assemble(name, X, Y, classes, Xt, Yt, scaling, None, description, tuple(class_names))


def assemble(
    name: str, X: Any, Y: Any, labels: Any, Xt: Any, Yt: Any, scaling: Standardization, rank: int | None,
    description: str, class_names: tuple[str, ...],
) -> Dataset:  # fmt: skip
    def scaled(raw: Any, mean: Any, scale: Any) -> Any:
        array = (raw - mean[:, None]) / scale[:, None]
        array.flags.writeable = False
        return array

    s = scaling
    return Dataset(
        name, scaled(X, s.input_mean, s.input_scale), scaled(Y, s.target_mean, s.target_scale), labels,
        scaled(Xt, s.input_mean, s.input_scale), scaled(Yt, s.target_mean, s.target_scale), scaling, rank,
        description, class_names,
    )  # fmt: skip


def moments(name: str, rows: Float[np.ndarray, "d N"], unit_scale: bool = False) -> tuple[Any, Any]:
    mean, scale = rows.mean(axis=1), rows.std(axis=1)
    # A constant row of large numbers leaves rounding in its deviation, never more than N units in the last place.
    constant = scale <= rows.shape[1] * np.finfo(float).eps * np.abs(rows).max(axis=1)
    if constant.any():
        row = int(np.argmax(constant))
        raise ValidationError(
            f"{name} are constant ({rows[row, 0]:g}) in row {row} over all {rows.shape[1]} samples; "
            "remove that row, or give samples in which it changes"
        )
    return mean, np.ones_like(scale) if unit_scale else scale


def split(total: int, samples: int | None, labels: Any, seed: int) -> tuple[Any, Any]:
    if samples is None:
        return np.arange(total), np.arange(0)
    classes = np.zeros(total, dtype=np.int64) if labels is None else np.unique(labels, return_inverse=True)[1]
    counts = np.bincount(classes)
    least = max(2, len(counts)) if labels is not None else 2
    if check_count("samples", samples) < least or samples > total:
        reason = f"its {len(counts)} classes need at least {least}" if labels is not None else "give at least 2"
        raise ValidationError(f"samples is {samples}; the data set holds {total}, and {reason}")
    generator = np.random.default_rng(seed)
    order = generator.permutation(total)
    # One of every class first, then largest remainders, so that shares follow the whole set's to within one sample.
    quota = np.maximum(1, np.floor(samples * counts / total)).astype(int)
    while quota.sum() != samples:
        short = samples * counts / total - quota
        if quota.sum() < samples:
            quota[np.argmax(np.where(quota < counts, short, -np.inf))] += 1
        else:
            quota[np.argmin(np.where(quota > 1, short, np.inf))] -= 1
    chosen = np.concatenate([order[classes[order] == number][:count] for number, count in enumerate(quota)])
    train = np.sort(chosen)
    return train, np.setdiff1d(np.arange(total), train)


def _one_hot(targets: Float[np.ndarray, "d_out N"]) -> bool:
    return bool(np.isin(targets, (0.0, 1.0)).all() and (targets.sum(axis=0) == 1.0).all())


def _labels(labels: Any, samples: int) -> Int[np.ndarray, " N"]:
    given = check_array("labels", labels, (samples,), "(N,), one whole number a sample")
    if (given != np.round(given)).any():
        raise ValidationError(f"labels hold {given[given != np.round(given)][0]:g}; give whole class numbers")
    classes: Int[np.ndarray, " N"] = given.astype(np.int64)
    return classes
