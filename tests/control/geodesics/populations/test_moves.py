"""Moves: what each leaves alone, and that copies of one network are taken as one."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.control import RepresentationGeodesic
from geodepth.control.geodesics.populations.alignment import aligned, free_neurons
from geodepth.control.geodesics.populations.moves import (
    FINE_MOVES,
    MOVES,
    Draw,
    Move,
    Parent,
    depth_crossover,
    has_idle_neuron,
    redrawn_neuron,
    split_neuron,
)
from geodepth.control.geodesics.populations.moves import neuron_crossover as crossover

LAYERS, WIDTH = 6, 7
STEPS = np.full(LAYERS, 1.0 / LAYERS)


@pytest.fixture
def wide() -> RepresentationGeodesic:
    """Inputs and targets on the first two neurons: five are free."""
    rng = np.random.default_rng(0)
    return RepresentationGeodesic(rng.normal(size=(2, 5)), rng.normal(size=(1, 5)), WIDTH, 2.0, 1e-2)


def parent(geodesic: RepresentationGeodesic, seed: int) -> Parent:
    weights = np.random.default_rng(seed).normal(size=(LAYERS, WIDTH, geodesic.columns))
    return Parent(weights, geodesic.propagate(weights, STEPS))


def permuted(geodesic: RepresentationGeodesic, known: Parent, seed: int) -> Parent:
    """The same network, its free neurons in another order."""
    free = free_neurons(geodesic)
    order = np.arange(geodesic.columns)
    order[free] = np.random.default_rng(seed).permutation(free)
    weights = known.weights[:, order[:WIDTH]][:, :, order]
    return Parent(weights, geodesic.propagate(weights, STEPS))


@pytest.mark.parametrize("move", [*MOVES, *FINE_MOVES], ids=lambda move: move.name)
def test_a_move_keeps_the_shape_and_its_parents_and_draws_from_its_generator_alone(
    wide: RepresentationGeodesic, move: Move
) -> None:
    parents = [parent(wide, seed) for seed in range(move.parents)]
    before = [p.weights.copy() for p in parents]
    first, again = (move.change(Draw(wide, STEPS, parents, np.random.default_rng(3))) for _ in range(2))
    assert first.shape == parents[0].weights.shape
    assert np.isfinite(first).all()
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - parents[0].weights).max() > 0
    for known, untouched in zip(parents, before, strict=True):
        np.testing.assert_array_equal(known.weights, untouched)


def test_alignment_undoes_a_permutation(wide: RepresentationGeodesic) -> None:
    known = parent(wide, 0)
    copy = permuted(wide, known, 1)
    assert np.abs(copy.weights - known.weights).max() > 0.1
    np.testing.assert_array_equal(aligned(wide, known.path, copy.weights, copy.path), known.weights)


@pytest.mark.parametrize("mix", [crossover, depth_crossover])
def test_a_crossover_with_a_permuted_copy_changes_nothing(wide: RepresentationGeodesic, mix: object) -> None:
    known = parent(wide, 0)
    draw = Draw(wide, STEPS, [known, permuted(wide, known, 1)], np.random.default_rng(2))
    assert callable(mix)
    np.testing.assert_array_equal(mix(draw), known.weights)


def test_a_neuron_split_into_an_idle_one_is_the_same_network_at_the_same_cost(wide: RepresentationGeodesic) -> None:
    """To rounding: a sum of some hundred squares."""
    known = parent(wide, 0)
    assert not has_idle_neuron(wide, known.path)
    idle = free_neurons(wide)[2]
    known.weights[:, idle] = known.weights[:, :, idle] = 0.0
    known = Parent(known.weights, wide.propagate(known.weights, STEPS))
    assert has_idle_neuron(wide, known.path)
    split = split_neuron(0.0)(Draw(wide, STEPS, [known], np.random.default_rng(3)))
    assert np.abs(wide.propagate(split, STEPS)[1:, idle]).max() > 0.1
    assert wide.objective(split, STEPS) == pytest.approx(wide.objective(known.weights, STEPS), rel=1e-13)


def test_where_a_neuron_is_redrawn_the_others_stay_nearer_their_paths_than_under_the_same_change_alone(
    wide: RepresentationGeodesic,
) -> None:
    """Of 20 draws, which move a neuron of their own each, the sum of all other neurons' distances."""
    known, answered, alone = parent(wide, 0), 0.0, 0.0
    for seed in range(20):
        redrawn = redrawn_neuron(Draw(wide, STEPS, [known], np.random.default_rng(seed)))
        neuron = int(np.argmax(np.abs(redrawn - known.weights).sum(axis=(0, 2))))
        changed = known.weights.copy()
        changed[:, neuron] = redrawn[:, neuron]
        others = [i for i in range(WIDTH) if i != neuron]
        answered += float(np.linalg.norm((wide.propagate(redrawn, STEPS) - known.path)[:, others]))
        alone += float(np.linalg.norm((wide.propagate(changed, STEPS) - known.path)[:, others]))
    assert 0.0 < answered < 0.5 * alone
