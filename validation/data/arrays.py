"""A data set from raw arrays that the user holds."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from geodepth.validation.argument_checks import check_array
from geodepth.validation.errors import ValidationError

from .classes import class_numbers, is_one_hot
from .dataset import Dataset
from .splits import split
from .standardization import Standardization, check_size, mean_and_deviation


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
    row_names: Sequence[str] = (),
) -> Dataset:
    """Make a data set from raw arrays, one column per sample.

    Parameters
    ----------
    inputs : (d_in, N)
    targets : (d_out, N)
    labels : (N,), optional
        Whole class numbers.
    test_inputs, test_targets : (d_in, M), (d_out, M), optional
        Data to hold back; both or neither.
    samples : int, optional
        How many samples to train on, stratified by labels; the rest becomes test data. Not together with test_inputs.
    seed : int
        Picks which samples.
    standardize : bool
        Centre every row and scale it to unit deviation, measured on the training part. One-hot targets (where labels
        are given) are only centred. False keeps all numbers as they are.
    name, description : str
        What reports call the data.
    class_names : sequence of str
    row_names : sequence of d_in + d_out str
        What messages call the rows of the inputs, then those of the targets; by default "row 0", "row 1", ….

    Raises
    ------
    ValidationError
        Numbers that are not finite or whose squares are not, text, masked entries, nothing at all, lengths that differ,
        or a row that never changes.
    """
    X = check_array("inputs", inputs, (None, None), "(d_in, N), one column per sample")
    Y = check_array("targets", targets, (None, None), "(d_out, N), one column per sample")
    if X.shape[1] != Y.shape[1]:
        raise ValidationError(
            f"inputs hold {X.shape[1]} samples and targets {Y.shape[1]}; give both one column per sample, in one order"
        )
    classes = None if labels is None else class_numbers(labels, X.shape[1])
    if (test_inputs is None) != (test_targets is None):
        raise ValidationError("test_inputs and test_targets come together; give both or neither")
    if test_inputs is None:
        train, rest = split(X.shape[1], samples, classes, seed)
        Xt, Yt = X[:, rest], Y[:, rest]
        X, Y, classes = X[:, train], Y[:, train], None if classes is None else classes[train]
    elif samples is not None:
        raise ValidationError("samples draws test data from the rest, but test_inputs are given; leave one out")
    else:
        Xt = check_array("test_inputs", test_inputs, (X.shape[0], None), "(d_in, M), one column per sample")
        Yt = check_array("test_targets", test_targets, (Y.shape[0], Xt.shape[1]), "(d_out, M), one column per sample")
    scaling = Standardization.none(X.shape[0], Y.shape[0])
    if standardize:
        for what, rows in (("inputs", X), ("targets", Y), ("test inputs", Xt), ("test targets", Yt)):
            check_size(what, rows)
        of_inputs = mean_and_deviation("inputs", X, row_names[: len(X)])
        mean, scale = mean_and_deviation("targets", Y, row_names[len(X) :])
        only_centred = classes is not None and is_one_hot(Y)
        scaling = Standardization(*of_inputs, mean, np.ones_like(scale) if only_centred else scale)
    return Dataset(
        name=name,
        inputs=scaling.scaled_inputs(X),
        targets=scaling.scaled_targets(Y),
        labels=classes,
        test_inputs=scaling.scaled_inputs(Xt),
        test_targets=scaling.scaled_targets(Yt),
        standardization=scaling,
        teacher_rank=None,
        description=description,
        class_names=tuple(class_names),
    )
