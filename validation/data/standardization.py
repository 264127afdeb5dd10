"""Standardization: how raw rows of data become the centred and scaled numbers of a data set, and what leads back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geodepth.foundation.shapes import Float
from geodepth.validation.errors import ValidationError


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
    name: str, rows: Float[np.ndarray, "d N"]
) -> tuple[Float[np.ndarray, " d"], Float[np.ndarray, " d"]]:
    """Measure the mean and the standard deviation of every row.

    Parameters
    ----------
    name : str
        What the rows are, for the message.
    rows : (d, N)
        Raw numbers, one column per sample.

    Raises
    ------
    ValidationError
        A row never changes.
    """
    mean, deviation = rows.mean(axis=1), rows.std(axis=1)
    # A constant row of large numbers leaves rounding in its deviation, never more than N units in the last place.
    constant = deviation <= rows.shape[1] * np.finfo(float).eps * np.abs(rows).max(axis=1)
    if constant.any():
        row = int(np.argmax(constant))
        raise ValidationError(
            f"{name} are constant ({rows[row, 0]:g}) in row {row} over all {rows.shape[1]} samples; "
            "remove that row, or give samples in which it changes"
        )
    return mean, deviation


def _scaled(
    raw: Float[np.ndarray, "d M"], mean: Float[np.ndarray, " d"], scale: Float[np.ndarray, " d"]
) -> Float[np.ndarray, "d M"]:
    array = np.asarray((raw - mean[:, None]) / scale[:, None])
    array.flags.writeable = False
    return array
