from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.phases import find_phases
from geodepth.validation.theory.check import Status
from geodepth.validation.theory.growing_depth import (
    negative_share,
    nonnegative_bottleneck,
    separation_of_time_scales,
    time_scales_with_depth,
)


def decaying(depth: float) -> RepresentationPath:
    """A path whose negative entries decay freely while positive ones are kept: W = L on the positive part."""
    layers = 40
    weights = np.tile(depth * np.eye(2), (layers, 1, 1))
    data = np.array([[1.0, 0.5], [-0.5, 1.0]])
    return RepresentationPath.from_weights(
        weights, np.full(layers, 1 / layers), data, data, np.eye(2), np.eye(2), depth, 1.0, False
    )


def test_negative_parts_vanish_as_depth_grows() -> None:
    paths = [decaying(depth) for depth in (8.0, 2.0, 4.0)]
    # Half way a negative entry is (1 - L/40)^20 of its start; the rest, of norm 1.5, stays.
    kept = 0.5 * (1 - 2.0 / 40) ** 20
    assert negative_share(paths[1]) == pytest.approx(kept / np.hypot(1.5, kept), rel=1e-12)
    assert nonnegative_bottleneck(paths).status is Status.HOLDS
    assert nonnegative_bottleneck(paths[:2]).status is Status.NOT_APPLICABLE
    still = [replace(path, representations=paths[1].representations) for path in paths]
    assert nonnegative_bottleneck(still).status is Status.FAILS


def waiting(depth: float, rest: float = 0.8) -> RepresentationPath:
    """Two directions of four decay at once, the others wait for `rest` of the way and then grow at a rate of 2 L̃."""
    layers = 60
    diagonal = np.full((layers, 4), depth)
    diagonal[: layers // 10, 2:] = 0.0
    diagonal[int(rest * layers) :, :2] = 3.0 * depth
    data = np.eye(4) + 0.01
    return RepresentationPath.from_weights(
        np.stack([np.diag(row) for row in diagonal]), np.full(layers, 1 / layers), data, data, np.eye(4), np.eye(4),
        depth, 1e-3, False, activation="linear",
    )  # fmt: skip


def test_time_scales_are_told_apart() -> None:
    path = waiting(20.0)
    phases = find_phases(path)
    agreeing = replace(phases, has_bottleneck=True, evidence=replace(phases.evidence, agrees=True))
    check = separation_of_time_scales(path, agreeing)
    assert check.status is (Status.HOLDS if phases.slow <= 0.5 * phases.fast else Status.FAILS)
    slow_as_fast = replace(agreeing, slow=agreeing.fast)
    assert separation_of_time_scales(path, slow_as_fast).status is Status.FAILS
    none = replace(agreeing, has_bottleneck=False)
    assert separation_of_time_scales(path, none).status is Status.NOT_APPLICABLE
    slow, fast = time_scales_with_depth([waiting(depth) for depth in (5.0, 20.0, 10.0)])
    assert slow.status is fast.status is Status.HOLDS
    steady = [replace(waiting(5.0), effective_depth=depth) for depth in (5.0, 10.0, 20.0)]
    assert time_scales_with_depth(steady)[1].status is Status.FAILS  # a speed that does not grow with the depth
    assert time_scales_with_depth(steady[:2])[0].status is Status.NOT_APPLICABLE
