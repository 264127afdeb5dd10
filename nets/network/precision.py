"""The precisions that networks are trained and saved in."""

import torch

from geodepth.nets.errors import NetworkError

TRAINABLE = (torch.float32, torch.float64)


def check_trainable(dtype: torch.dtype) -> None:
    """Refuse weights of half precision, in which updates of Adam round to nothing.

    Raises
    ------
    NetworkError
        For another type than single or double precision.
    """
    if dtype not in TRAINABLE:
        raise NetworkError(
            f"network has weights of type {dtype}; expected torch.float32 or torch.float64; call network.float() first"
        )
