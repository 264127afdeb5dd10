"""Data sets by name: real ones, teachers of known rank, and the user's own files."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from geodepth.foundation.optional_parts import require
from geodepth.validation.errors import ValidationError

from .arrays import from_arrays
from .classes import one_hot
from .dataset import Dataset
from .files import from_csv, from_npz
from .splits import split
from .teachers import teacher

_REAL = ("iris", "wine", "diabetes", "digits")


def load_dataset(name: str | Path, samples: int | None = None, seed: int = 0, **options: Any) -> Dataset:
    """Load a data set by its name, or from a file.

    Parameters
    ----------
    name : str or Path
        "iris", "wine", "diabetes" or "digits"; "teacher"; or a path to a .npz or .csv file.
    samples : int, optional
        How many samples to train on, stratified where there are classes; the rest is for testing. None takes all.
    seed : int
        Picks which samples.
    **options
        Handed on to `teacher` (dimensions, test_samples, kind, hidden) or to `from_csv` (targets).

    Returns
    -------
    Dataset
        Classes become centred one-hot targets. Real targets and inputs are standardized by the training part's mean
        and deviation.

    Raises
    ------
    ValidationError
        An unknown name or option, a number of samples that does not fit, an unreadable file or unusable numbers.
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
    if text not in _REAL:
        raise ValidationError(
            f"data set {text!r} is unknown; choose {', '.join(_REAL)}, teacher, or a .npz or .csv file"
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
    require("sklearn", f"the data set {name}")
    from sklearn import datasets as library

    source = getattr(library, f"load_{name}")()
    inputs = np.asarray(source.data, dtype=np.float64).T
    words = f"{name} of scikit-learn: {inputs.shape[0]} inputs"
    if name == "diabetes":
        targets = np.asarray(source.target, dtype=np.float64)[None]
        about = f"{words}, one standardized target"
        return from_arrays(inputs, targets, samples=samples, seed=seed, name=name, description=about)
    labels = np.asarray(source.target)
    train, _ = split(inputs.shape[1], samples, labels, seed)
    changing = inputs[:, train].std(axis=1) > 0.0  # corner pixels of the digits never change
    if not changing.all():
        words += f", of which {int((~changing).sum())} that never change in this part are left out"
    names = tuple(str(n) for n in source.target_names)
    return from_arrays(
        inputs[changing],
        one_hot(labels, len(names)),
        labels=labels,
        samples=samples,
        seed=seed,
        name=name,
        description=f"{words}, {len(names)} centred one-hot targets",
        class_names=names,
    )
