"""Leaky ResNets and their training: many networks in one module, on the CPU or a GPU, with PyTorch and NumPy alone.

- argument_checks, errors: what a user gives, and the one error where it cannot be used.
- devices: which device to compute on, and how precisely.
- shapes: shapes of tensors that recur, by name.
- network/: LeakyResNet, its activations, layer steps, projections, initial weights, units and files.
- calculus/: derivatives of the objective: adjoint, Hessian products, Gauss-Newton.
- training/: first-order training: `train`, its configuration, result, optimizers, checkpoint and reporting.
- newton/: training to stationarity by trust-region Newton.
"""

from .devices import resolve_device
from .errors import NetworkError
from .network.activations import Activation, resolve_activation
from .network.adaptive_steps import AdaptiveSteps, adaptive
from .network.architecture import Architecture
from .network.layer_steps import equidistant, irregular
from .network.leaky_resnet import LeakyResNet, load_network, save_network
from .network.rediscretization import rediscretize, weights_at
from .network.units import Scaling
from .newton.configuration import NewtonConfig
from .newton.train_to_stationarity import NewtonResult, train_to_stationarity
from .training.configuration import TrainingConfig
from .training.result import TrainingResult
from .training.train import train

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
