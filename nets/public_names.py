"""What `geodepth.nets` hands on. Importing it loads PyTorch."""

from .adaptive_options import AdaptiveSteps
from .devices import resolve_device
from .errors import NetworkError
from .network.activations import Activation, resolve_activation
from .network.adaptive_steps import adaptive
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
