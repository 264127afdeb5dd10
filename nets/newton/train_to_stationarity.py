"""Training to stationarity: Newton's method through ever sharper activations.

1. For a ReLU network, take σ_ε(a) = (a + √(a² + ε²))/2 with the first ε. At the optimum of the ReLU itself many
   activations sit exactly on the kink, where it has no Hessian. Other activations have one stage, with their own σ.
2. Descend to the tolerance of the stage, by the trust-region method of `trust_region.py`, or for large data by the
   quasi-Newton method of `quasi_newton.py`.
3. Take the next, smaller ε and go on from there.
4. Give the network its own activation back, and say how far it came.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from geodepth.foundation.shapes import Bool, Float
from geodepth.nets.errors import NetworkError
from geodepth.nets.network.activations import ReLU, SmoothedReLU
from geodepth.nets.network.leaky_resnet import LeakyResNet
from geodepth.nets.tensor_checks import check_samples

from .configuration import NewtonConfig
from .quasi_newton import QuasiNewtonDescent
from .trust_region import TrustRegionDescent, has_small_kernel


@dataclass(frozen=True, slots=True)
class NewtonResult:
    """Where Newton's method ended. Arrays are NumPy's.

    Attributes
    ----------
    network : LeakyResNet
        The network that was given, with the final weights and its own activation.
    smoothing : float
        ε of the last stage, 0 where the activation is smooth already.
    objective : (members,)
        J of `network`, with its own activation.
    smoothed_objective : (members,)
        J with the activation of the last stage.
    stationarity : (members,)
        The stationarity residual with the activation of the last stage.
    converged : (members,)
        Whether that is within the tolerance.
    iterations, products : int
        Iterations and Hessian-vector products, over all stages, of the slowest member.
    """

    network: LeakyResNet
    smoothing: float
    objective: Float[np.ndarray, " members"]
    smoothed_objective: Float[np.ndarray, " members"]
    stationarity: Float[np.ndarray, " members"]
    converged: Bool[np.ndarray, " members"]
    iterations: int
    products: int


def train_to_stationarity(
    network: LeakyResNet, inputs: ArrayLike | Tensor, targets: ArrayLike | Tensor, config: NewtonConfig
) -> NewtonResult:
    """Take every member of `network` to a stationary point of J in what it penalizes, on its own layer steps.

    Parameters
    ----------
    network : LeakyResNet
        In double precision; changed in place: its weights, and its projections where they are penalized. Others stay
        as they are, learned or not.
    inputs : (samples, network.inputs)
        Arrays or tensors, one row per sample.
    targets : (samples, network.outputs)
        The same.
    config : NewtonConfig
        How to train.

    Returns
    -------
    NewtonResult
        A member that stops short is reported by `converged`, not by an error.

    Raises
    ------
    NetworkError
        For data that do not fit, and for a network that is not in double precision.
    """
    if network.weights.dtype != torch.float64:
        raise NetworkError(
            f"network has type {network.weights.dtype}; expected torch.float64 for second-order training; "
            "call network.double() first"
        )
    samples = check_samples(inputs, targets, (network.inputs, network.outputs), torch.float64, network.weights.device)
    own = network.activation
    smoothings = config.smoothings if isinstance(own, ReLU) else (0.0,)
    quickly = config.method == "newton" or (config.method == "auto" and has_small_kernel(samples))
    kind = TrustRegionDescent if quickly else QuasiNewtonDescent
    iterations = products = 0
    residual = smoothed = torch.zeros(network.members)
    try:
        with torch.inference_mode():
            for stage, smoothing in enumerate(smoothings):
                network.activation = SmoothedReLU(smoothing) if smoothing else own
                tolerance = config.tolerance if stage == len(smoothings) - 1 else config.stage_tolerance
                descent = kind(network, samples, config, tolerance)
                residual, smoothed = descent.run()
                iterations += descent.iterations
                products += descent.products
    finally:
        network.activation = own
    with torch.no_grad():
        objective = network.objective(*samples, config.weight_decay)
    stationarity = residual.cpu().numpy()
    return NewtonResult(
        network=network,
        smoothing=smoothings[-1],
        objective=objective.cpu().numpy(),
        smoothed_objective=smoothed.cpu().numpy(),
        stationarity=stationarity,
        converged=stationarity <= config.tolerance,
        iterations=iterations,
        products=products,
    )
