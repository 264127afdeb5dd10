from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geodepth.validation.errors import ValidationError
from geodepth.validation.figures.kernel_heatmap import kernel_gaps, kernel_heatmap
from geodepth.validation.figures.phase_diagram import phase_diagram
from geodepth.validation.figures.step_densities import step_densities
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.phases import find_phases

Maker = Callable[..., RepresentationPath]


def planted(rank: int, width: int = 5, layers: int = 30, depth: float = 10.0, before: int = 6, after: int = 4) -> Any:
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


@pytest.mark.parametrize("rank", [1, 2, 3, 4])
def test_planted_ranks_and_boundaries(rank: int) -> None:
    found = find_phases(planted(rank))
    assert found.rank == rank
    assert found.has_bottleneck
    assert found.start == pytest.approx(6 / 30, abs=1e-12)
    assert found.end == pytest.approx(26 / 30, abs=1e-12)
    np.testing.assert_array_equal(found.evidence.counts, [5] * 6 + [rank] * 20 + [5] * 4)
    assert found.evidence.gap == np.inf
    assert f"rank {rank} for 0.20 ≤ p ≤ 0.87" in found.sentence


def test_a_dip_of_one_layer_is_no_bottleneck() -> None:
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


def test_speeds_of_a_planted_path() -> None:
    # Compression: three directions with dA = -0.4 L A each, so |dA|_K = 0.4 L sqrt(3), up to gamma_0 = 1e-4. The
    # expansion at 3L finds nothing left above gamma, and nothing that is kept moves.
    found = find_phases(planted(2, depth=20.0))
    assert found.fast_ratio == pytest.approx(0.4 * np.sqrt(3), rel=1e-3)
    assert found.slow_ratio < 0.1 * found.fast_ratio


def test_one_rank_throughout_is_no_bottleneck() -> None:
    found = find_phases(planted(5))
    assert found.rank == 5
    assert not found.has_bottleneck
    assert (found.start, found.end) == pytest.approx((0.0, 1.0), abs=1e-12)
    assert found.slow_ratio < 1e-12  # nothing moves
    assert "throughout" in found.sentence


def test_ranks_ignore_the_order_of_neurons_and_samples() -> None:
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


def test_kernel_gaps_vanish_on_the_diagonal_of_a_permuted_copy(make_path: Maker) -> None:
    path = make_path(width=5)
    order = np.array([0, 1, 4, 2, 3])
    other = RepresentationPath.from_weights(
        path.weights[:, order][:, :, [*order, 5]], path.layer_steps, path.inputs, path.targets, path.embedding,
        path.readout, path.effective_depth, path.weight_decay,
    )  # fmt: skip
    gaps = kernel_gaps(path, other)
    np.testing.assert_allclose(np.diag(gaps), 0.0, atol=1e-13)
    left, right = (path.features[layer].T @ path.features[layer] for layer in (1, 4))
    size = max(np.linalg.norm(left), np.linalg.norm(right))
    assert gaps[1, 4] == pytest.approx(np.linalg.norm(left - right) / size, rel=1e-12)
    drawn = kernel_heatmap(path, [other]).axes[0].collections[0].get_array()
    np.testing.assert_array_equal(np.asarray(drawn).reshape(gaps.shape), gaps)
    with pytest.raises(ValidationError, match="5 and 6 samples"):
        kernel_gaps(path, make_path(samples=6))


def test_step_densities_average_to_one_over_layers(make_path: Maker) -> None:
    path = make_path()
    stairs: Any = step_densities([path]).axes[0].patches[0]
    density, edges, _ = stairs.get_data()
    np.testing.assert_allclose(density * np.diff(edges), 1.0 / path.layers, rtol=1e-12)


def test_phase_diagram_frames_the_bottleneck() -> None:
    path = planted(2)
    figure = phase_diagram({"planted": (path, find_phases(path))})
    framed = [patch for patch in figure.axes[0].patches if not patch.get_fill()]
    assert len(framed) == find_phases(path).evidence.agrees
    agreeing = replace(find_phases(path), evidence=replace(find_phases(path).evidence, agrees=True))
    frame: Any = phase_diagram({"planted": (path, agreeing)}).axes[0].patches[-1]
    assert frame.get_x() == pytest.approx(0.2)
    assert frame.get_width() == pytest.approx(20 / 30)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["0", "1", "2", "3", "4", "5"]
    with pytest.raises(ValidationError, match="paths is empty"):
        kernel_heatmap(path, [])
    with pytest.raises(ValidationError, match="paths is empty"):
        step_densities([])
