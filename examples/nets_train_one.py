"""Train one network whose best objective is known: a chain of linear neurons.

One neuron, one sample, no bias: L layers multiply x by Π(1 − L̃/L + W_ℓ/L). By symmetry all W_ℓ are equal at the
minimum of J = (y − Πx)² + λ/(2L̃) · mean W², so J is a function of one number, which SciPy minimizes. Adam and then
gradient descent on all L weights have to find the same value.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.optimize import minimize_scalar

from geodepth.nets import LeakyResNet, TrainingConfig, train

X, Y, LAYERS, DEPTH, WEIGHT_DECAY = 1.5, 2.5, 8, 2.0, 0.05


def objective(weight: float) -> float:
    factor = (1 - DEPTH / LAYERS + weight / LAYERS) ** LAYERS
    return float((Y - factor * X) ** 2 + WEIGHT_DECAY / (2 * DEPTH) * weight**2)


def main() -> float:
    exact = minimize_scalar(objective, bracket=(0.0, 3.0), tol=1e-12)
    print(f"closed form:  J = {exact.fun:.12f} with all weights {exact.x:.6f}")

    network = LeakyResNet(
        inputs=1,
        outputs=1,
        width=1,
        layers=LAYERS,
        effective_depth=DEPTH,
        activation="linear",
        bias=False,
        dtype=torch.float64,
        generator=torch.Generator().manual_seed(0),
    )
    config = TrainingConfig(WEIGHT_DECAY, epochs=400, sgd_epochs=400)
    result = train(network, [[X]], [[Y]], config)
    weights = network.weights.detach().numpy().ravel()
    for epoch, value in list(zip(result.epochs, result.objectives[:, 0], strict=True))[::4]:
        print(f"epoch {epoch:4}:   J = {value:.12f}")
    excess = float(result.objective[0] / exact.fun - 1)
    print(f"trained:      J = {result.objective[0]:.12f} with weights {weights.min():.6f} to {weights.max():.6f}")
    print(f"excess {excess:.1e}, relative residual of stationarity {result.stationarity[0]:.1e}")
    assert -1e-12 < excess < 1e-8
    assert np.allclose(weights, exact.x, rtol=1e-3)
    return excess


if __name__ == "__main__":
    main()
