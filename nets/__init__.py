"""Leaky ResNets and their training: many networks in one module, on the CPU or a GPU, with PyTorch and NumPy alone."""

from __future__ import annotations

from .network.activations import Activation, resolve_activation
from .network.devices import resolve_device
from .network.errors import NetworkError
from .network.files import load_network, save_network
from .network.layer_steps import AdaptiveSteps, adaptive, equidistant, irregular
from .network.leaky_resnet import Architecture, LeakyResNet
from .network.rediscretization import rediscretize, weights_at
from .network.units import Scaling
from .newton.trust_region import NewtonConfig, NewtonResult, train_to_stationarity
from .training.configuration import TrainingConfig, TrainingResult, train

__all__ = [
    "Activation",
    "AdaptiveSteps",
    "Architecture",
    "LeakyResNet",
    "NetworkError",
    "NewtonConfig",
    "NewtonResult",
    "Scaling",
    "TrainingConfig",
    "TrainingResult",
    "adaptive",
    "equidistant",
    "irregular",
    "load_network",
    "rediscretize",
    "resolve_activation",
    "resolve_device",
    "save_network",
    "train",
    "train_to_stationarity",
    "weights_at",
]
