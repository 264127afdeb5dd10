"""Leaky ResNets and their training: many networks in one module, on the CPU or a GPU, with PyTorch and NumPy alone."""

from __future__ import annotations

from .activations import Activation, resolve_activation
from .checkpoint import load_network, save_network
from .continuous import rediscretize, weights_at
from .devices import resolve_device
from .errors import NetworkError
from .layer_steps import AdaptiveSteps, adaptive, equidistant, irregular
from .leaky_resnet import Architecture, LeakyResNet
from .newton import NewtonConfig, NewtonResult, train_to_stationarity
from .scaling import Scaling
from .training import TrainingConfig, TrainingResult, train

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
