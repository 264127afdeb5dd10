"""Paths whose every quantity is known, shared by the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from geodepth.validation.path.representation_path import RepresentationPath


@pytest.fixture(scope="session")
def make_path() -> Callable[..., RepresentationPath]:
    """A random network of the given sizes: make_path(seed=0, width=4, samples=5, layers=6, ...)."""

    def make(
        seed: int = 0, width: int = 4, samples: int = 5, layers: int = 6, depth: float = 2.0, decay: float = 1e-2,
        bias: bool = True, size: float = 1.0, **options: Any,
    ) -> RepresentationPath:  # fmt: skip
        generator = np.random.default_rng(seed)
        steps = generator.uniform(0.5, 1.5, layers)
        columns = width + int(bias)
        return RepresentationPath.from_weights(
            size * generator.standard_normal((layers, width, columns)),
            steps / steps.sum(),
            generator.standard_normal((2, samples)),
            generator.standard_normal((2, samples)),
            np.eye(width, 2),
            np.eye(2, width),
            depth,
            decay,
            bias,
            "network",
            f"random {seed}",
            **options,
        )

    return make


@pytest.fixture(scope="session")
def make_stationary() -> Callable[..., RepresentationPath]:
    """A network at a stationary point of J to rounding, without optimization.

    Any A_0, W of a chain and momenta B with W_ℓ = L̃B_ℓσ(A_{ℓ−1})ᵀ will do: choose a small B_0 and A_0, step both
    recursions forwards (B_ℓ solves a fixed point, contracting for small steps), and at the end choose the targets
    that the final momentum asks for, Y = PA_L + (λN/2)B_L with P = I.
    """

    def make(
        seed: int = 0, width: int = 3, samples: int = 4, layers: int = 8, depth: float = 1.0, decay: float = 1e-2,
        bias: bool = True, size: float = 0.05,
    ) -> RepresentationPath:  # fmt: skip
        generator = np.random.default_rng(seed)
        rho = 1.0 / layers
        A = generator.standard_normal((width, samples))
        B = size * generator.standard_normal((width, samples))
        inputs, weights = A.copy(), []
        for _ in range(layers):
            features = np.vstack([np.maximum(A, 0.0), np.ones((1, samples))]) if bias else np.maximum(A, 0.0)
            after = B
            for _ in range(60):
                pulled = (depth * after @ features.T)[:, :width].T @ after
                after = (B - rho * (A > 0.0) * pulled) / (1.0 - rho * depth)
            matrix = depth * after @ features.T
            weights.append(matrix)
            A, B = (1.0 - rho * depth) * A + rho * matrix @ features, after
        return RepresentationPath.from_weights(
            np.stack(weights), np.full(layers, rho), inputs, A + 0.5 * decay * samples * B, np.eye(width),
            np.eye(width), depth, decay, bias, "constructed", f"stationary {seed}",
        )  # fmt: skip

    return make


@pytest.fixture(scope="session")
def planted() -> Callable[..., RepresentationPath]:
    """A linear network of a known bottleneck rank: planted(rank, width=5, layers=30, depth=10.0, ...)."""

    def make(rank: int, width: int = 5, layers: int = 30, depth: float = 10.0, before: int = 6, after: int = 4) -> Any:
        """A linear network that keeps all directions for `before` layers, `rank` of them, and all for `after` layers.

        Kept directions have W_ii = L, so they do not move; the others have W_ii = 0 and decay, then W_ii = 4L and grow.
        """
        diagonal = np.zeros((layers, width))
        diagonal[:, :rank] = depth
        diagonal[:before] = 0.6 * depth
        diagonal[:before, :rank] = depth
        diagonal[layers - after :, rank:] = 4.0 * depth
        weights = np.stack([np.diag(row) for row in diagonal])
        data = np.eye(width) + 0.01
        return RepresentationPath.from_weights(
            weights, np.full(layers, 1.0 / layers), data, data, np.eye(width), np.eye(width), depth, 1e-3, False,
            activation="linear", label=f"rank {rank}",
        )  # fmt: skip

    return make


@pytest.fixture(scope="session")
def given_path() -> Callable[..., RepresentationPath]:
    """Any motion as a path: given_path(representations, positions, weights=None, bias=False, ...), momenta zero."""

    def make(
        representations: Any, positions: Any, depth: float = 1.0, weights: Any = None, readout: Any = None,
        bias: bool = False, activation: str = "linear",
    ) -> RepresentationPath:  # fmt: skip
        A = np.asarray(representations, dtype=float)
        width, steps = A.shape[1], np.diff(positions)
        W = np.zeros((len(steps), width, width + int(bias))) if weights is None else weights
        P = np.eye(width) if readout is None else readout
        return RepresentationPath.from_arrays(
            A, W, steps, A[0], P @ A[-1], np.eye(width), P, depth, 1e-2, bias, "constructed",
            activation=activation, momenta=np.zeros_like(A), recursion="none",
        )  # fmt: skip

    return make
