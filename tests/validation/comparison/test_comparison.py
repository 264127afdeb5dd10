from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize, minimize_scalar

from geodepth.validation.comparison.comparison import compare
from geodepth.validation.comparison.verdicts import Verdict
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath

Maker = Callable[..., RepresentationPath]


def with_weights(path: RepresentationPath, weights: Any) -> RepresentationPath:
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
    a = comparison.alignment
    return [a.representation_distance, a.weight_distance, a.kernel_distance, a.gram_distance]


def test_the_truth_is_at_the_global_optimum(make_stationary: Maker) -> None:
    truth = make_stationary()
    comparison = compare(truth, truth)
    assert comparison.verdict is Verdict.GLOBAL_OPTIMUM
    assert comparison.excess == 0.0
    assert distances(comparison) == [0.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize("bias", [True, False])
def test_a_permuted_copy_of_the_truth_is_the_truth(make_path: Maker, bias: bool) -> None:
    truth = make_path(width=6, bias=bias)
    order = np.array([0, 1, 4, 2, 5, 3])  # the first two neurons carry inputs and outputs
    other = permuted(truth, order)
    assert not np.allclose(other.representations, truth.representations)
    comparison = compare(truth, other)
    assert max(distances(comparison)) < 1e-12
    assert comparison.verdict is Verdict.GLOBAL_OPTIMUM
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


def test_invariance_under_the_order_of_samples(make_path: Maker) -> None:
    truth = make_path(samples=8)
    other = with_weights(truth, truth.weights + 0.02 * np.random.default_rng(1).standard_normal(truth.weights.shape))
    order = np.random.default_rng(2).permutation(8)
    shuffled = RepresentationPath.from_weights(
        other.weights, other.layer_steps, other.inputs[:, order], other.targets[:, order], other.embedding,
        other.readout, other.effective_depth, other.weight_decay,
    )  # fmt: skip
    plain, mixed = compare(truth, other), compare(truth, shuffled)
    np.testing.assert_allclose(distances(mixed), distances(plain), rtol=1e-10)
    assert mixed.excess == pytest.approx(plain.excess, rel=1e-10)
    assert mixed.verdict is plain.verdict


def test_orthogonal_maps_of_a_linear_network(make_path: Maker) -> None:
    truth = make_path(width=5, bias=False, activation="linear")
    comparison = compare(truth, turned(truth, 0.8))
    assert comparison.alignment.representation_distance > 0.01
    assert comparison.alignment.orthogonal_distance is not None
    assert comparison.alignment.orthogonal_distance < 1e-12
    assert comparison.alignment.gram_distance < 1e-12
    assert comparison.alignment.kernel_distance < 1e-12
    assert compare(make_path(), make_path()).alignment.orthogonal_distance is None


def test_excess_is_the_sum_of_its_shares(make_path: Maker) -> None:
    truth = make_path()
    comparison = compare(truth, with_weights(truth, 1.1 * truth.weights))
    assert comparison.excess == pytest.approx(comparison.excess_fit + comparison.excess_penalty, rel=1e-12)
    # The penalty alone grows by 1.1^2 - 1.
    assert comparison.excess_penalty == pytest.approx(0.21 * truth.penalty, rel=1e-12)
    assert comparison.alignment.weight_distance == pytest.approx(0.1 / 1.1, rel=1e-12)


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


def minimum_beside(truth: RepresentationPath, factor: float) -> RepresentationPath:
    """Another network of higher cost, to stand for a local minimum."""
    return with_weights(truth, truth.weights + factor * np.random.default_rng(5).standard_normal(truth.weights.shape))


def test_verdicts_of_planted_cases(make_stationary: Maker) -> None:
    truth = make_stationary(width=4, samples=6)
    local = minimum_beside(truth, 0.5)
    assert local.cost > 1.2 * truth.cost
    landscape = [(local.cost, local.weights), (truth.cost, truth.weights)]  # in any order

    def verdict(path: RepresentationPath) -> Any:
        return compare(truth, path, landscape)

    at_local = verdict(local)
    assert at_local.verdict is Verdict.LOCAL_MINIMUM
    assert at_local.basin == 2
    assert at_local.basin_distance == 0.0
    assert "local minimum number 2" in at_local.sentence
    assert verdict(truth).basin == 1
    half = verdict(with_weights(truth, 0.5 * truth.weights))
    assert half.verdict is Verdict.ON_ITS_WAY
    noise = np.random.default_rng(1).standard_normal(truth.weights.shape)
    noisy = with_weights(truth, truth.weights * (1 + 0.01 * noise))
    found = verdict(noisy)
    assert found.basin == 1
    assert 0 < found.relative_excess < 0.05
    assert 0.001 < found.alignment.weight_distance < 0.03
    collapsed = verdict(with_weights(truth, np.zeros_like(truth.weights)))
    assert collapsed.verdict is Verdict.COLLAPSED
    below = compare(local, truth)
    assert below.verdict is Verdict.BELOW_TRUTH
    assert "solve the truth again" in below.sentence


def test_a_saddle_is_stationary_but_not_listed() -> None:
    # Two linear layers of a plain ResNet with one neuron: output (1 + u/2)(1 + v/2), target -4. By symmetry the best
    # point with u = v is stationary, yet the minima have one factor positive and one negative.
    def network(u: float, v: float) -> RepresentationPath:
        return RepresentationPath.from_weights(
            [[[u]], [[v]]], [0.5, 0.5], [[1.0]], [[-4.0]], [[1.0]], [[1.0]], 0.0, 0.1, False, activation="linear"
        )

    saddle = minimize_scalar(lambda u: network(u, u).cost, bounds=(-6.0, 2.0), options={"xatol": 1e-12}).x
    u, v = minimize(lambda w: network(*w).cost, [2.0, -6.0], tol=1e-14).x
    truth, there = network(u, v), network(saddle, saddle)
    assert truth.cost < there.cost
    comparison = compare(truth, there, [(truth.cost, truth.weights)])
    assert comparison.verdict is Verdict.STATIONARY_ELSEWHERE
    assert comparison.basin_distance is not None
    # And the mirror image of the truth costs the same to a rounding, by another path.
    mirror = compare(truth, network(v, u))
    assert mirror.verdict is Verdict.GLOBAL_OPTIMUM
    assert mirror.phrase == "at the global optimum in cost, by another path"


def test_nearly_equal_minima_are_told_apart_by_their_path(make_path: Maker) -> None:
    truth = make_path(width=5)
    other = permuted(truth, np.array([0, 1, 3, 2, 4]))
    near = with_weights(other, other.weights + 1e-4)
    gap = compare(truth, near, tolerance=1.0)
    assert gap.verdict in (Verdict.GLOBAL_OPTIMUM, Verdict.BELOW_TRUTH)
    assert gap.alignment.representation_distance < 1e-2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"effective_depth": 2.5}, "effective_depth of the path is 2.5, of the truth 2.0"),
        ({"weight_decay": 0.5}, "weight_decay of the path is 0.5"),
        ({"activation": "linear"}, "activation of the path is linear, of the truth relu"),
        ({"smoothing": 0.1}, "smoothing of the path is 0.1"),
    ],
)
def test_paths_of_another_objective_are_refused(make_path: Maker, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        compare(make_path(), replace(make_path(), **change))


def test_paths_of_other_data_are_refused(make_path: Maker) -> None:
    with pytest.raises(ValidationError, match="other samples than the truth"):
        compare(make_path(seed=0), make_path(seed=1))
    with pytest.raises(ValidationError, match="compare one data set"):
        compare(make_path(samples=5), make_path(samples=6))


def test_the_truth_before_its_last_polish_is_no_minimum_of_its_own(make_stationary: Maker) -> None:
    # A solver may list the truth's basin at a cost above the tolerance: a network there must not count as local.
    truth = make_stationary(width=4, samples=6)
    rough = with_weights(truth, truth.weights * 1.02)
    assert rough.cost > 1.0001 * truth.cost
    other = minimum_beside(truth, 0.5)
    landscape = [(rough.cost, rough.weights), (other.cost, other.weights)]
    there = compare(truth, rough, landscape, tolerance=1e-5)
    assert there.basin == 1
    assert there.verdict is not Verdict.LOCAL_MINIMUM
    assert there.basin_excess == pytest.approx(there.relative_excess, rel=1e-12)
    # And a network polished beyond the listed local minimum still sits in it.
    polished = with_weights(other, other.weights * 0.999)
    assert compare(truth, polished, landscape).basin == 2


def test_a_landscape_that_does_not_fit_is_refused(make_path: Maker) -> None:
    with pytest.raises(ValidationError, match="landscape minimum 1: weights has shape"):
        compare(make_path(), make_path(), [(1.0, np.zeros((2, 2, 2)))])
    with pytest.raises(ValidationError, match="landscape costs holds nan"):
        compare(make_path(), make_path(), [(float("nan"), make_path().weights)])
