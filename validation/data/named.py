"""Data sets by name: real ones, teachers of known rank, and the user's own files."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from geodepth.validation.argument_checks import check_count
from geodepth.validation.errors import ValidationError

from .dataset import Dataset, Standardization, from_arrays, split
from .files import from_csv, from_npz
from .teachers import teacher

__all__ = ["REAL", "Dataset", "Standardization", "from_arrays", "from_csv", "from_npz", "load_dataset", "teacher"]

REAL = ("iris", "wine", "diabetes", "digits")


def load_dataset(name: str | Path, samples: int | None = None, seed: int = 0, **options: Any) -> Dataset:
    """A data set by name: "iris", "wine", "diabetes", "digits", "teacher", or a path to a .npz or .csv file.

    samples picks that many of them for training (stratified where there are classes), the rest is for testing;
    None takes all. seed picks which. options go on to `teacher` (dimensions, test_samples, kind) or to
    `from_csv` (targets). Classes become centred one-hot targets; real targets and inputs are standardized by the
    training part's mean and deviation. Raises ValidationError for an unknown name, a number of samples that does not
    fit, an unreadable file or unusable numbers.
    """
    text = str(name)
    if text == "teacher":
        if samples is not None:
            options["samples"] = samples
        return _call(teacher, "teacher", seed=seed, **options)
    if text.lower().endswith(".npz"):
        return _call(from_npz, text, path=text, samples=samples, seed=seed, **options)
    if text.lower().endswith(".csv"):
        return _call(from_csv, text, path=text, samples=samples, seed=seed, **options)
    if text not in REAL:
        raise ValidationError(
            f"data set {text!r} is unknown; choose {', '.join(REAL)}, teacher, or a .npz or .csv file"
        )
    if options:
        raise ValidationError(f"data set {text} takes no option {', '.join(sorted(options))}; leave it out")
    return _real(text, samples, seed)


def _call(function: Callable[..., Dataset], name: str, **options: Any) -> Dataset:
    known = inspect.signature(function).parameters
    unknown = sorted(options.keys() - known.keys())
    if unknown:
        offered = ", ".join(key for key in known if key not in ("path", "seed", "samples"))
        raise ValidationError(f"data set {name} takes no option {', '.join(unknown)}; it takes {offered or 'none'}")
    return function(**options)


def _real(name: str, samples: int | None, seed: int) -> Dataset:
    from sklearn import datasets as library

    source = getattr(library, f"load_{name}")()
    inputs = np.asarray(source.data, dtype=np.float64).T
    words = f"{name} of scikit-learn: {inputs.shape[0]} inputs"
    if name == "diabetes":
        return from_arrays(
            inputs, np.asarray(source.target, dtype=np.float64)[None], samples=samples, seed=seed, name=name,
            description=f"{words}, one standardized target",
        )  # fmt: skip
    labels = np.asarray(source.target)
    train, _ = split(inputs.shape[1], samples, labels, check_count("seed", seed, 0))
    changing = inputs[:, train].std(axis=1) > 0.0  # corner pixels of the digits never change
    if not changing.all():
        words += f", of which {int((~changing).sum())} that never change in this part are left out"
    names = tuple(str(n) for n in source.target_names)
    return from_arrays(
        inputs[changing], np.eye(len(names))[:, labels], labels=labels, samples=samples, seed=seed, name=name,
        description=f"{words}, {len(names)} centred one-hot targets", class_names=names,
    )  # fmt: skip
