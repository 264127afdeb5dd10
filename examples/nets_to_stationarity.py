"""From a trained network to a stationary point: where Adam stalls, Newton's method goes on.

At a stationary point W_ℓ = L̃ B_ℓ σ(A_{ℓ−1})ᵀ holds exactly, B_ℓ being the momenta. The relative residual of this
identity says how far a network is from one. We train with Adam, then with trust-region Newton on a smoothed ReLU, and
evaluate the identity with NumPy alone: forward recursion, backward recursion, one product a layer.
"""

from __future__ import annotations

import numpy as np
import torch

from geodepth.nets import LeakyResNet, NewtonConfig, TrainingConfig, train, train_to_stationarity

LAYERS, DEPTH, WEIGHT_DECAY = 10, 2.0, 1e-2
X = np.array([[0.9, -0.4], [-0.7, 1.1], [0.3, 0.8], [-1.2, -0.5], [0.6, -1.3]])
Y = np.stack([np.abs(X[:, 0]) - 0.5, np.maximum(X[:, 1], X[:, 0])], 1)


def residual(weights: np.ndarray, smoothing: float) -> float:
    """‖W − L̃Bσ(A)ᵀ‖/‖W‖ for equal steps, with σ(a) = (a + √(a² + ε²))/2 over a row of ones."""
    step, keep = 1 / LAYERS, 1 - DEPTH / LAYERS
    states = [np.vstack([X.T, np.zeros((1, len(X)))])]
    features = []
    for matrix in weights:
        a = states[-1]
        features.append(np.vstack([(a + np.sqrt(a**2 + smoothing**2)) / 2, np.ones(len(X))]))
        states.append(keep * a + step * matrix @ features[-1])
    momentum = np.vstack([Y.T - states[-1][:2], np.zeros((1, len(X)))]) * 2 / (WEIGHT_DECAY * len(X))
    missing = 0.0
    for layer in range(LAYERS - 1, -1, -1):
        missing += float(np.sum((weights[layer] - DEPTH * momentum @ features[layer].T) ** 2))
        a = states[layer]
        slope = (1 + a / np.sqrt(a**2 + smoothing**2)) / 2
        momentum = keep * momentum + slope * (step * weights[layer][:, :3].T @ momentum)
    return float(np.sqrt(missing / np.sum(weights**2)))


def main() -> list[float]:
    network = LeakyResNet(
        inputs=2,
        outputs=2,
        width=3,
        layers=LAYERS,
        effective_depth=DEPTH,
        members=4,
        dtype=torch.float64,
        generator=torch.Generator().manual_seed(3),
    )
    adam = train(network, X, Y, TrainingConfig(WEIGHT_DECAY, epochs=300))
    # A tiny smoothing: the ReLU itself has no slope at the kink, where the unused third neuron starts.
    before = [residual(weights, 1e-9) for weights in network.weights.detach().numpy()]
    newton = train_to_stationarity(network, X, Y, NewtonConfig(WEIGHT_DECAY))
    after = [residual(weights, newton.smoothing) for weights in network.weights.detach().numpy()]
    print("member   J after Adam   residual   J after Newton   residual")
    for i in range(4):
        print(f"{i:6} {adam.objective[i]:14.6f} {before[i]:10.1e} {newton.objective[i]:16.12f} {after[i]:10.1e}")
    print(f"{newton.iterations} Newton iterations; the last residuals are of the smoothed ReLU, ε = {newton.smoothing}")
    assert max(after) < 1e-8
    assert np.all(newton.objective < adam.objective)
    return after


if __name__ == "__main__":
    main()
