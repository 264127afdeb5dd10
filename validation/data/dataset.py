"""Dataset: standardized inputs and targets for training and testing, one column per sample."""

from dataclasses import dataclass

import numpy as np

from geodepth.foundation.shapes import Float, Int

from .standardization import Standardization


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Dataset:
    """Standardized samples of one question; the numbers have no units.

    Attributes
    ----------
    name : str
    inputs : (d_in, N)
    targets : (d_out, N)
    labels : (N,) or None
        Class numbers, where there are classes.
    test_inputs : (d_in, M)
        Data held back from training; maybe none, M = 0.
    test_targets : (d_out, M)
    standardization : Standardization
        Leads back to the raw data's units.
    teacher_rank : int or None
        The bottleneck rank of the function behind the targets, where that is known.
    description : str
        One line for reports.
    class_names : tuple of str
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

    def __repr__(self) -> str:
        """What it holds in one line, not its numbers."""
        sizes = f"{len(self.inputs)} inputs, {len(self.targets)} targets, {self.samples} samples"
        return f"Dataset({self.name!r}: {sizes}, {self.test_inputs.shape[1]} held back; {self.description})"

    @property
    def samples(self) -> int:
        """N."""
        return int(self.inputs.shape[1])

    @property
    def error_of_the_mean(self) -> float | None:
        """(1/M)‖Y − Ȳ‖² on the data held back, Ȳ the mean of the training part's targets; None where none is."""
        if self.test_targets.shape[1] == 0:
            return None
        gaps = self.test_targets - self.targets.mean(axis=1, keepdims=True)
        return float(np.sum(gaps**2) / gaps.shape[1])
