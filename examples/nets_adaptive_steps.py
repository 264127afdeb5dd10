"""Adaptive layer steps at work: every layer is made to change the representations by the same relative amount.

With equidistant steps the first and the last layers change the data more than those in the middle. The adaptive rule
makes the steps of busy layers smaller and those of idle ones larger, until ‖A_ℓ − A_{ℓ−1}‖/‖A_ℓ‖ is the same for all ℓ.
The bars below are computed from the weights with NumPy alone.
"""

from __future__ import annotations

import numpy as np
import torch

from geodepth.nets import LeakyResNet, TrainingConfig, train

LAYERS, DEPTH = 12, 4.0


def relative_changes(network: LeakyResNet, x: np.ndarray) -> np.ndarray:
    """‖A_ℓ − A_{ℓ−1}‖/‖A_ℓ‖ by the recursion A_ℓ = (1 − ρ_ℓL̃)A_{ℓ−1} + ρ_ℓ W_ℓ σ(A_{ℓ−1}), columns are samples."""
    weights, steps = network.weights.detach()[0].numpy(), network.layer_steps[0].numpy()
    state = np.vstack([x.T, np.zeros((network.width - x.shape[1], len(x)))])
    changes = []
    for matrix, step in zip(weights, steps, strict=True):
        active = np.vstack([np.maximum(state, 0), np.ones(len(x))])
        after = (1 - step * DEPTH) * state + step * matrix @ active
        changes.append(np.linalg.norm(after - state) / np.linalg.norm(after))
        state = after
    return np.array(changes)


def main() -> dict[str, float]:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((60, 4))
    hidden = x @ rng.standard_normal((4, 2)) / 2
    y = np.abs(hidden) @ rng.standard_normal((2, 4))
    x, y = (x - x.mean(0)) / x.std(0), (y - y.mean(0)) / y.std()

    spread = {}
    for scheme in ("equidistant", "adaptive"):
        network = LeakyResNet(
            inputs=4,
            outputs=4,
            width=6,
            layers=LAYERS,
            effective_depth=DEPTH,
            dtype=torch.float64,
            generator=torch.Generator().manual_seed(2),
        )
        result = train(network, x, y, TrainingConfig(weight_decay=1e-3, epochs=1500, layer_steps=scheme))
        changes = relative_changes(network, x)
        spread[scheme] = float(changes.std() / changes.mean())
        print(f"{scheme}: J = {result.objective[0]:.4f}, coefficient of variation {spread[scheme]:.3f}")
        for step, change in zip(network.layer_steps[0].tolist(), changes, strict=True):
            print(f"  step {step:.3f}  change {change:.3f} " + "#" * round(60 * change / changes.max()))
    assert spread["adaptive"] < 0.1 < spread["equidistant"]
    return spread


if __name__ == "__main__":
    main()
