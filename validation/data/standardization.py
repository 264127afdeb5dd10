"""Standardization: how raw rows of data become the centred and scaled numbers of a data set, and what leads back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geodepth.foundation.shapes import Float
from geodepth.validation.errors import ValidationError

LARGEST_VALUE, SMALLEST_CHANGE = 1e150, 1e-150
"""Of raw numbers, in their unit: between them, squares and quotients stay within double precision (1e308, 1e-308)."""


@dataclass(frozen=True, slots=True, eq=False)
class Standardization:
    """How raw data became the data set's numbers: (raw − mean)/scale, row by row.

    Attributes
    ----------
    input_mean, input_scale : (d_in,)
        Mean and scale of every row of the inputs, in the raw data's units.
    target_mean, target_scale : (d_out,)
        The same of the targets.
    """

    input_mean: Float[np.ndarray, " d_in"]
    input_scale: Float[np.ndarray, " d_in"]
    target_mean: Float[np.ndarray, " d_out"]
    target_scale: Float[np.ndarray, " d_out"]

    @classmethod
    def none(cls, inputs: int, targets: int) -> Standardization:
        """The standardization that changes nothing, for d_in = `inputs` and d_out = `targets` rows."""
        return cls(np.zeros(inputs), np.ones(inputs), np.zeros(targets), np.ones(targets))

    def scaled_inputs(self, raw: Float[np.ndarray, "d_in M"]) -> Float[np.ndarray, "d_in M"]:
        """Raw inputs (d_in, M) in the data set's numbers, read-only."""
        return _scaled(raw, self.input_mean, self.input_scale)

    def scaled_targets(self, raw: Float[np.ndarray, "d_out M"]) -> Float[np.ndarray, "d_out M"]:
        """Raw targets (d_out, M) in the data set's numbers, read-only."""
        return _scaled(raw, self.target_mean, self.target_scale)


def mean_and_deviation(
    name: str, rows: Float[np.ndarray, "d N"], row_names: Sequence[str] = ()
) -> tuple[Float[np.ndarray, " d"], Float[np.ndarray, " d"]]:
    """Measure the mean and the standard deviation of every row.

    Parameters
    ----------
    name : str
        What the rows are, for the message.
    rows : (d, N)
        Raw numbers, one column per sample.
    row_names : sequence of d str
        What to call each row in the message; by default "row 0", "row 1", ….

    Raises
    ------
    ValidationError
        A row never changes, or by too little for double precision.
    """
    called = list(row_names) or [f"row {row}" for row in range(len(rows))]
    mean, deviation = rows.mean(axis=1), rows.std(axis=1)
    change = rows.max(axis=1) - rows.min(axis=1)
    # A constant row of large numbers leaves rounding in its deviation, never more than N units in the last place.
    constant = deviation <= rows.shape[1] * np.finfo(float).eps * np.abs(rows).max(axis=1)
    tiny = (change > 0.0) & (change < SMALLEST_CHANGE)
    if tiny.any():
        row = int(np.argmax(tiny))
        raise ValidationError(
            f"{name} change by {change[row]:g} alone in {called[row]}; give them in a smaller unit, in which they "
            f"change by {SMALLEST_CHANGE:g} or more"
        )
    if constant.any():
        row = int(np.argmax(constant))
        raise ValidationError(
            f"{name} are constant ({rows[row, 0]:g}) in {called[row]} over all {rows.shape[1]} samples; "
            "remove it, or give samples in which it changes"
        )
    return mean, deviation


def check_size(name: str, rows: Float[np.ndarray, "d M"]) -> None:
    """Refuse numbers that the standardization does not carry.

    Parameters
    ----------
    name : str
        What the rows are, for the message.
    rows : (d, M)
        Raw numbers, one column per sample.

    Raises
    ------
    ValidationError
        One is above `LARGEST_VALUE` in size.
    """
    large = np.abs(rows) > LARGEST_VALUE
    if large.any():
        row, sample = np.argwhere(large)[0]
        raise ValidationError(
            f"{name} hold {rows[row, sample]:g} in row {row}, sample {sample}; give numbers up to {LARGEST_VALUE:g} in "
            "size, in a larger unit"
        )


def _scaled(
    raw: Float[np.ndarray, "d M"], mean: Float[np.ndarray, " d"], scale: Float[np.ndarray, " d"]
) -> Float[np.ndarray, "d M"]:
    array = np.asarray((raw - mean[:, None]) / scale[:, None])
    array.flags.writeable = False
    return array
