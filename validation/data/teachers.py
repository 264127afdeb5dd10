"""Teachers: random networks through an inner dimension, so that the bottleneck rank behind the data is known."""

from collections.abc import Sequence

import numpy as np

from geodepth.foundation.argument_checks import shown
from geodepth.foundation.machine_limits import refuse_absurd_size
from geodepth.foundation.shapes import Float
from geodepth.validation.argument_checks import check_choice, check_count
from geodepth.validation.errors import ValidationError

from .dataset import Dataset
from .standardization import Standardization, mean_and_deviation

_CROWD = 1000
"""Samples over which the stages of a teacher are normalized; chosen by hand, so that a mean is known to about 3 %."""


def teacher(
    dimensions: Sequence[int] = (3, 1, 3),
    samples: int = 8,
    test_samples: int | None = None,
    seed: int = 0,
    kind: str = "fully-connected",
    hidden: int = 30,
) -> Dataset:
    """Draw a random network that passes through every one of `dimensions`, and samples of it.

    Parameters
    ----------
    dimensions : sequence of int
        Sizes from the input to the output; the least is the bottleneck rank of the teacher.
    samples, test_samples : int
        Training samples N and test samples M; `test_samples` is by default as many as `samples`.
    seed : int
        One seed is one function, and fewer samples of it are the first of more.
    kind : {"fully-connected", "residual", "linear"}
        Each stage from one dimension to the next is a random network with ReLU. "fully-connected" has two hidden
        layers of width `hidden`, "residual" four residual blocks of that width between linear maps, and "linear" is
        a random linear map.
    hidden : int
        Width of the hidden layers.

    Returns
    -------
    Dataset
        Inputs are standard normal, standardized by the training part. Outputs are centred and divided by one common
        scale, so that their mean square is one and no direction is blown up. `teacher_rank` is min(dimensions).

    Raises
    ------
    ValidationError
        Sizes that are no positive whole numbers, an unknown kind, or a draw whose units are dead.

    Notes
    -----
    From few samples of a curved teacher a cheaper path through fewer dimensions may exist. A linear teacher asks for
    its rank at any number of samples. Between stages the signal is centred and scaled to unit deviation.
    Source: Jacot and Kaiser, arXiv:2405.17573, the experiments' teachers.
    """
    check_choice("kind", kind, ("fully-connected", "residual", "linear"))
    if isinstance(dimensions, str) or not isinstance(dimensions, Sequence) or len(dimensions) < 2:
        raise ValidationError(f"dimensions is {dimensions!r}; give at least an input and an output, such as (3, 1, 3)")
    sizes = [check_count("every one of dimensions", size) for size in dimensions]
    train = check_count("samples", samples, 2)
    test = train if test_samples is None else check_count("test_samples", test_samples, 0)
    width = check_count("hidden", hidden, 2)
    drawn = (_CROWD + train + test) * max(*sizes, width)
    what = f"a teacher of samples {shown(train)}, test_samples {shown(test)}, dimensions {shown(sizes)} and hidden "
    refuse_absurd_size(f"{what}{shown(width)}", 8 * drawn, error=ValidationError)
    # Weights and data are drawn apart, and the stages are normalized over a crowd of their own, so that one seed is
    # one function, and fewer samples of it are the first of more.
    seeded = check_count("seed", seed, 0)
    weights, data = np.random.default_rng([seeded, 0]), np.random.default_rng([seeded, 1])
    signal = data.standard_normal((_CROWD + train + test, sizes[0])).T
    raw = signal[:, _CROWD:]
    for out in sizes[1:]:
        signal = _stage(signal, out, width, kind, weights)
        crowd = signal[:, :_CROWD]
        if (crowd.std(axis=1) == 0.0).any():
            raise ValidationError(
                f"the teacher of seed {seeded} has dead units (hidden={width}); raise hidden or change seed"
            )
        signal = (signal - crowd.mean(axis=1, keepdims=True)) / crowd.std(axis=1, keepdims=True)
    outputs = signal[:, _CROWD:]
    X, Y = raw[:, :train], outputs[:, :train]
    mean, deviation = mean_and_deviation("outputs of the teacher", Y)
    common = np.full(Y.shape[0], np.sqrt(np.mean(deviation**2)))
    scaling = Standardization(*mean_and_deviation("inputs", X), mean, common)
    route = " → ".join(str(size) for size in sizes)
    return Dataset(
        name="teacher",
        inputs=scaling.scaled_inputs(X),
        targets=scaling.scaled_targets(Y),
        labels=None,
        test_inputs=scaling.scaled_inputs(raw[:, train:]),
        test_targets=scaling.scaled_targets(outputs[:, train:]),
        standardization=scaling,
        teacher_rank=min(sizes),
        description=f"{kind} teacher {route}, {train} samples, seed {seed}; bottleneck rank {min(sizes)}",
    )


def _stage(
    signal: Float[np.ndarray, "d N"], out: int, width: int, kind: str, generator: np.random.Generator
) -> Float[np.ndarray, "out N"]:
    def linear(rows: int, columns: int, gain: float) -> Float[np.ndarray, "rows columns"]:
        return np.asarray(generator.standard_normal((rows, columns)) * np.sqrt(gain / columns))

    def bias(rows: int) -> Float[np.ndarray, "rows 1"]:
        return 0.5 * generator.standard_normal((rows, 1))

    if kind == "linear":
        return np.asarray(linear(out, signal.shape[0], 1.0) @ signal)
    if kind == "fully-connected":
        hidden = np.maximum(linear(width, signal.shape[0], 2.0) @ signal + bias(width), 0.0)
        hidden = np.maximum(linear(width, width, 2.0) @ hidden + bias(width), 0.0)
    else:
        hidden = linear(width, signal.shape[0], 1.0) @ signal
        for _ in range(4):
            hidden = hidden + 0.5 * linear(width, width, 2.0) @ np.maximum(hidden + bias(width), 0.0)
    return np.asarray(linear(out, width, 1.0) @ hidden)
