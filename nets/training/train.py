"""Training of Leaky ResNets by first-order methods: Adam, then gradient descent with a small rate.

`train` is the whole interface: a network, data and a `TrainingConfig` in, a `TrainingResult` out. What is done in which
epoch is in `loop.py`.
"""

from __future__ import annotations

from numpy.typing import ArrayLike
from torch import Tensor

from geodepth.foundation.argument_checks import shown
from geodepth.nets.network.argument_checks import check_pairs
from geodepth.nets.network.devices import resolve_device
from geodepth.nets.network.errors import NetworkError
from geodepth.nets.network.leaky_resnet import LeakyResNet

from .configuration import TrainingConfig
from .loop import TrainingLoop
from .result import TrainingResult


def train(
    network: LeakyResNet, inputs: ArrayLike | Tensor, targets: ArrayLike | Tensor, config: TrainingConfig
) -> TrainingResult:
    """Minimize J over the weights (and the projections, if they are learned) of every member of `network`.

    Parameters
    ----------
    network : LeakyResNet
        Moved to the device and changed in place, at the end: an interrupted training leaves its numbers as they were.
    inputs : (samples, network.inputs)
        Arrays or tensors, one row per sample.
    targets : (samples, network.outputs)
        The same.
    config : TrainingConfig
        How to train.

    Returns
    -------
    TrainingResult
        The trained network, and what was recorded on the way.

    Raises
    ------
    NetworkError
        Before any work, for data that do not fit the network, steps that its effective depth forbids, a device that is
        missing, or a checkpoint of another training.
    KeyboardInterrupt
        After Ctrl-C, when the current epoch is finished and the state saved, if a checkpoint is configured.

    Notes
    -----
    Losses of members are summed, so their gradients never mix and members stay independent.
    """
    if not isinstance(network, LeakyResNet):
        raise NetworkError(f"network is {shown(network)}; expected a LeakyResNet; build one first")
    if not isinstance(config, TrainingConfig):
        raise NetworkError(f"config is {shown(config)}; expected a TrainingConfig; build one first")
    config.starting_steps(network)
    device = resolve_device(config.device)
    x, y = check_pairs(inputs, targets, (network.inputs, network.outputs), network.weights.dtype, device)
    if config.batch_size is not None and config.batch_size > x.shape[0]:
        raise NetworkError(
            f"batch_size is {config.batch_size} and there are {x.shape[0]} samples; expected at most as many; "
            "lower it, or leave it None for full batches"
        )
    network.to(device)
    return TrainingLoop(network, x, y, config).run()
