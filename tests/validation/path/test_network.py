from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from geodepth.validation.path.representation_path import RepresentationPath

Maker = Callable[..., RepresentationPath]


def rebuild(path: RepresentationPath, weights: Any = None, **options: Any) -> RepresentationPath:
    return RepresentationPath.from_weights(
        path.weights if weights is None else weights, path.layer_steps, path.inputs, path.targets, path.embedding,
        path.readout, path.effective_depth, path.weight_decay, path.bias, **options,
    )  # fmt: skip


def test_zero_network_decays(make_path: Maker) -> None:
    path = rebuild(make_path(), np.zeros((6, 4, 5)))
    decay = np.prod(1.0 - path.layer_steps * path.effective_depth)
    np.testing.assert_allclose(path.representations[-1], decay * path.representations[0], rtol=1e-14)
    assert path.parameter_norm == 0.0


def test_leakage_shifts_a_path_by_a_scalar(make_path: Maker) -> None:
    # Without bias, (1 - rho L) factors out of the linear recursion: each layer's map is W/(1 - rho L) up to scale.
    path = make_path(bias=False, depth=2.0)
    factors = 1.0 - path.layer_steps * 2.0
    other = RepresentationPath.from_weights(
        path.weights / factors[:, None, None], path.layer_steps, path.inputs, path.targets, path.embedding,
        path.readout, 0.0, path.weight_decay, False,
    )  # fmt: skip
    np.testing.assert_allclose(other.representations[-1] * factors.prod(), path.representations[-1], rtol=1e-12)
