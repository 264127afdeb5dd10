"""The layer steps with which a training starts."""

from geodepth.nets.errors import NetworkError
from geodepth.nets.network.layer_steps import equidistant, irregular
from geodepth.nets.network.leaky_resnet import LeakyResNet
from geodepth.nets.shapes import Steps

from .configuration import TrainingConfig


def starting_steps(config: TrainingConfig, network: LeakyResNet) -> Steps:
    """The steps with which the training of `network` as `config` says starts, in float64, on the network's device.

    Raises
    ------
    NetworkError
        Where they are not the network's own, and its effective depth forbids them: a step of 1/L̃ or more.
    """
    if config.layer_steps == "network":
        return network.layer_steps.clone()
    irregularly = config.layer_steps == "irregular"
    steps = irregular(network.layers, config.irregular_amplitude) if irregularly else equidistant(network.layers)
    largest = float(steps.max())
    if largest * network.effective_depth >= 1.0:
        raise NetworkError(
            f"layers is {network.layers} and effective_depth is {network.effective_depth:g}; expected a largest "
            f"step below 1/effective_depth, and {config.layer_steps} steps have {largest:g}; use more layers"
        )
    return steps.to(network.weights.device).expand(network.members, -1).clone()
