"""The units of a network's data: how raw inputs become its own, and how its outputs become raw targets."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from geodepth.foundation.shapes import Float
from geodepth.nets.errors import NetworkError
from geodepth.nets.tensor_checks import as_tensor, check_shape


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """Standardization: a network sees (raw − mean)/scale, and its outputs are (raw − mean)/scale too.

    Attributes
    ----------
    input_mean, input_scale : (inputs,)
        In the raw inputs' units. Array-likes are turned into float64 tensors.
    target_mean, target_scale : (outputs,)
        The same for the targets.

    Raises
    ------
    NetworkError
        For numbers that are not finite, scales that are not positive, or a mean and a scale that differ in length.
    """

    input_mean: Float[Tensor, " inputs"]
    input_scale: Float[Tensor, " inputs"]
    target_mean: Float[Tensor, " outputs"]
    target_scale: Float[Tensor, " outputs"]

    def __post_init__(self) -> None:
        for name in SCALING_NAMES:
            given: ArrayLike | Tensor = getattr(self, name)
            device = given.device if isinstance(given, Tensor) else torch.device("cpu")
            vector = as_tensor(name, given, torch.float64, device)
            object.__setattr__(self, name, check_shape(name, vector, ("dimensions",)))
        for side in ("input", "target"):
            mean, scale = getattr(self, f"{side}_mean"), getattr(self, f"{side}_scale")
            if mean.shape != scale.shape:
                raise NetworkError(
                    f"{side}_scale has {len(scale)} entries and {side}_mean {len(mean)}; expected as many; pass both"
                )
            if not bool((scale > 0.0).all()):
                raise NetworkError(
                    f"{side}_scale has the value {float(scale.min()):g}; expected positive numbers; leave out "
                    "dimensions that never change"
                )

    @staticmethod
    def none(inputs: int, outputs: int) -> Scaling:
        """The scaling of so many inputs and outputs whose raw data are the network's own."""
        return Scaling(torch.zeros(inputs), torch.ones(inputs), torch.zeros(outputs), torch.ones(outputs))

    def items(self) -> dict[str, Tensor]:
        """The four vectors by name, for buffers and files."""
        return {name: getattr(self, name) for name in SCALING_NAMES}


SCALING_NAMES = tuple(item.name for item in fields(Scaling))
