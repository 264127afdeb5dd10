from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.phases import find_phases

Maker = Callable[..., RepresentationPath]


@pytest.mark.parametrize("rank", [1, 2, 3, 4])
def test_planted_ranks_and_boundaries(rank: int, planted: Maker) -> None:
    found = find_phases(planted(rank))
    assert found.rank == rank
    assert found.has_bottleneck
    assert found.start == pytest.approx(6 / 30, abs=1e-12)
    assert found.end == pytest.approx(26 / 30, abs=1e-12)
    np.testing.assert_array_equal(found.evidence.counts, [5] * 6 + [rank] * 20 + [5] * 4)
    assert found.evidence.gap == np.inf
    assert f"rank {rank} for 0.20 ≤ p ≤ 0.87" in found.sentence


def test_a_dip_of_one_layer_is_no_bottleneck(planted: Maker) -> None:
    path = planted(3)
    weights = path.weights.copy()
    weights[0] = 0.0  # as in optimal paths whose first layer only lets directions decay
    dipped = RepresentationPath.from_weights(
        weights, path.layer_steps, path.inputs, path.targets, path.embedding, path.readout, path.effective_depth,
        path.weight_decay, False, activation="linear",
    )  # fmt: skip
    found = find_phases(dipped)
    assert found.evidence.counts[0] == 0
    assert found.rank == 3
    assert found.start == pytest.approx(6 / 30, abs=1e-12)


def test_speeds_of_a_planted_path(planted: Maker) -> None:
    # Compression: three directions with dA = -0.4 L A each, so |dA|_K = 0.4 L sqrt(3), up to gamma_0 = 1e-4. The
    # expansion at 3L finds nothing left above gamma, and nothing that is kept moves.
    found = find_phases(planted(2, depth=20.0))
    assert found.fast_ratio == pytest.approx(0.4 * np.sqrt(3), rel=1e-3)
    assert found.slow_ratio < 0.1 * found.fast_ratio


def test_one_rank_throughout_is_no_bottleneck(planted: Maker) -> None:
    found = find_phases(planted(5))
    assert found.rank == 5
    assert not found.has_bottleneck
    assert (found.start, found.end) == pytest.approx((0.0, 1.0), abs=1e-12)
    assert found.slow_ratio < 1e-12  # nothing moves
    assert "throughout" in found.sentence


def test_ranks_ignore_the_order_of_neurons_and_samples(planted: Maker) -> None:
    path = planted(2)
    order = np.array([3, 1, 4, 0, 2])
    moved = RepresentationPath.from_weights(
        path.weights[:, order][:, :, order], path.layer_steps, path.inputs[:, order], path.targets[:, order],
        path.embedding[order], path.readout[:, order], path.effective_depth, path.weight_decay, False,
        activation="linear",
    )  # fmt: skip
    first, second = find_phases(path), find_phases(moved)
    assert first.rank == second.rank
    assert second.fast == pytest.approx(first.fast, rel=1e-10)
    assert second.evidence.cost_of_identity == pytest.approx(first.evidence.cost_of_identity, rel=1e-10)


def test_a_plain_resnet_is_refused(make_path: Maker) -> None:
    with pytest.raises(ValidationError, match="effective_depth is 0"):
        find_phases(make_path(depth=0.0))
