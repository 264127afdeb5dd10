"""Variants of a path, for the tests of this folder."""

from __future__ import annotations

from typing import Any

import numpy as np

from geodepth.validation.path.representation_path import RepresentationPath


def with_weights(path: RepresentationPath, weights: Any) -> RepresentationPath:
    """The network with these weights, of the same objective and steps."""
    return RepresentationPath.from_weights(
        weights, path.layer_steps, path.inputs, path.targets, path.embedding, path.readout, path.effective_depth,
        path.weight_decay, path.bias, activation=path.activation,
    )  # fmt: skip


def permuted(path: RepresentationPath, order: Any) -> RepresentationPath:
    """The same network with its neurons in another order."""
    columns = np.append(order, path.width) if path.bias else order
    return with_weights(path, path.weights[:, order][:, :, columns])


def turned(path: RepresentationPath, angle: float) -> RepresentationPath:
    """A linear network turned in the plane of its last two neurons."""
    Q = np.eye(path.width)
    Q[-2:, -2:] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return with_weights(path, Q @ path.weights @ Q.T)


def distances(comparison: Any) -> list[float]:
    """The four distances between representations, weights, kernels and Gram matrices."""
    a = comparison.alignment
    return [a.representation_distance, a.weight_distance, a.kernel_distance, a.gram_distance]


def minimum_beside(truth: RepresentationPath, factor: float) -> RepresentationPath:
    """Another network of higher cost, to stand for a local minimum."""
    return with_weights(truth, truth.weights + factor * np.random.default_rng(5).standard_normal(truth.weights.shape))
