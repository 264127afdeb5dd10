"""Data sets by name: real ones, teachers of known rank, and the user's own files."""

import difflib
import inspect
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
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
INPUTS: Mapping[str, int] = MappingProxyType({"iris": 4, "wine": 13, "diabetes": 10})
"""Inputs of real data sets, known before scikit-learn is. Of digits their number depends on the samples drawn."""


def check_width(width: int, name: str | Path) -> None:
    """Raise ValidationError for a width below the inputs of a real data set, without the second that loading takes."""
    if width < (rows := INPUTS.get(str(name), 0)):
        raise ValidationError(width_below(width, rows, "inputs", str(name)))


def width_below(width: int, rows: int, side: str, name: str) -> str:
    """What to say of a width that is smaller than so many rows of the inputs or targets of a data set."""
    return f"width is {width}, smaller than the {rows} rows of the {side} of {name}; give a width of at least {rows}"


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
        Handed on to `teacher` (dimensions, test_samples, kind, hidden) or to `from_csv` (targets, names of columns);
        those that are None are as good as not given.

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
    options = {option: value for option, value in options.items() if value is not None}
    if text == "teacher":
        if samples is not None:
            options["samples"] = samples
        return _call(teacher, "teacher", seed=seed, **options)
    if text.lower().endswith(".npz"):
        return _call(from_npz, text, path=text, samples=samples, seed=seed, **options)
    if text.lower().endswith(".csv"):
        return _call(from_csv, text, path=text, samples=samples, seed=seed, **options)
    if text not in _REAL:
        raise ValidationError(_unknown(text))
    if options:
        raise ValidationError(f"data set {text} takes no option {', '.join(sorted(options))}; leave it out")
    return _real(text, samples, seed)


def _unknown(text: str) -> str:
    """What is wrong with a name that is none, and what may have been meant."""
    path = Path(text)
    if os.path.isdir(path):
        return f"{text} is a folder, and no data set; name a .csv or .npz file in it"
    if os.path.isfile(path):
        return f"{text} is a file whose name ends neither in .csv nor in .npz; rename it if it holds a table"
    if path.suffix:
        return f"there is no file {text}, and the name of a data file ends in .csv or .npz; correct it"
    choose = f"choose {', '.join(_REAL)}, teacher, or a .npz or .csv file"
    files = [f"{text}{ending}" for ending in (".csv", ".npz") if os.path.isfile(f"{text}{ending}")]
    near = files or difflib.get_close_matches(text, (*_REAL, "teacher"), 1)
    guess = f" (did you mean {near[0]}?)" if near else ""
    return f"data set {text!r} is unknown; {choose}{guess}"


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
