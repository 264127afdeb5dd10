from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from geodepth.validation.comparison.comparison import compare
from geodepth.validation.comparison.verdicts import Verdict
from geodepth.validation.path.representation_path import RepresentationPath

from .variants import distances, permuted, turned, with_weights

Maker = Callable[..., RepresentationPath]


@pytest.mark.parametrize("bias", [True, False])
def test_a_permuted_copy_of_the_truth_is_the_truth(make_path: Maker, bias: bool) -> None:
    truth = make_path(width=6, bias=bias)
    order = np.array([0, 1, 4, 2, 5, 3])  # the first two neurons carry inputs and outputs
    other = permuted(truth, order)
    assert not np.allclose(other.representations, truth.representations)
    comparison = compare(truth, other)
    assert max(distances(comparison)) < 1e-12
    assert comparison.verdict is Verdict.BEST_KNOWN
    assert comparison.alignment.tied
    np.testing.assert_array_equal(order[comparison.alignment.permutation], np.arange(6))


def test_neurons_tied_to_data_keep_their_place(make_path: Maker) -> None:
    # Exchanging the two input neurons is no symmetry: the distance must see it although the rows are the same.
    truth = make_path(width=5)
    order = np.array([1, 0, 2, 3, 4])
    swapped = replace(
        truth, representations=truth.representations[:, order], weights=truth.weights[:, order][:, :, [*order, 5]],
    )  # fmt: skip
    comparison = compare(truth, swapped)
    np.testing.assert_array_equal(comparison.alignment.permutation[:2], [0, 1])
    assert comparison.alignment.representation_distance > 0.1
    assert comparison.alignment.kernel_distance < 1e-14


def test_learned_projections_free_all_neurons(make_path: Maker) -> None:
    truth = make_path(width=5)
    order = np.random.default_rng(0).permutation(5)
    other = RepresentationPath.from_weights(
        truth.weights[:, order][:, :, [*order, 5]], truth.layer_steps, truth.inputs, truth.targets,
        truth.embedding[order], truth.readout[:, order], truth.effective_depth, truth.weight_decay,
    )  # fmt: skip
    # Here projections move with the neurons, so signatures still match one to one ...
    assert max(distances(compare(truth, other))) < 1e-12
    # ... and where they do not match at all, every neuron may be matched with every other.
    learned = replace(other, embedding=other.embedding * 1.5)
    comparison = compare(truth, learned)
    assert not comparison.alignment.tied
    assert comparison.alignment.representation_distance < 1e-12


def test_orthogonal_maps_of_a_linear_network(make_path: Maker) -> None:
    truth = make_path(width=5, bias=False, activation="linear")
    comparison = compare(truth, turned(truth, 0.8))
    assert comparison.alignment.representation_distance > 0.01
    assert comparison.alignment.orthogonal_distance is not None
    assert comparison.alignment.orthogonal_distance < 1e-12
    assert comparison.alignment.gram_distance < 1e-12
    assert comparison.alignment.kernel_distance < 1e-12
    assert compare(make_path(), make_path()).alignment.orthogonal_distance is None


def test_paths_on_other_steps_are_compared_in_p(make_path: Maker) -> None:
    # Splitting a layer of a network without features in two keeps A piecewise linear and W piecewise constant in p.
    truth = with_weights(make_path(layers=1, depth=0.0, bias=True), np.zeros((1, 4, 5)))
    weights = np.zeros((1, 4, 5))
    weights[0, :, -1] = [1.0, -1.0, 0.5, 0.0]  # the bias alone: A moves on a straight line
    whole = with_weights(truth, weights)
    split = RepresentationPath.from_weights(
        np.repeat(weights, 3, axis=0), [0.2, 0.5, 0.3], truth.inputs, truth.targets, truth.embedding, truth.readout,
        0.0, truth.weight_decay,
    )  # fmt: skip
    comparison = compare(whole, split)
    assert not comparison.same_steps
    assert max(distances(comparison)) < 1e-12
    assert comparison.relative_excess == pytest.approx(0.0, abs=1e-12)


def test_wider_networks_are_padded_with_silent_neurons(make_path: Maker) -> None:
    truth = make_path(width=4)
    weights = np.zeros((6, 6, 7))
    weights[:, :4, :4], weights[:, :4, 6] = truth.weights[:, :, :4], truth.weights[:, :, 4]
    wide = RepresentationPath.from_weights(
        weights, truth.layer_steps, truth.inputs, truth.targets, np.eye(6, 2), np.eye(2, 6), truth.effective_depth,
        truth.weight_decay,
    )  # fmt: skip
    assert max(distances(compare(truth, wide))) < 1e-12
