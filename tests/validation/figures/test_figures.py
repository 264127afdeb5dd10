"""Figures are tested by the data that they draw, not by their pixels."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geodepth.validation.errors import ValidationError
from geodepth.validation.figures import style as styles
from geodepth.validation.figures.costs.cost_of_depth import cost_of_depth
from geodepth.validation.figures.costs.excess_by_scheme import excess_by_scheme
from geodepth.validation.figures.energies import energies
from geodepth.validation.figures.kernel_heatmap import kernel_gaps, kernel_heatmap
from geodepth.validation.figures.paths_2d import paths_2d
from geodepth.validation.figures.phase_diagram import phase_diagram
from geodepth.validation.figures.search_course import search_course
from geodepth.validation.figures.spectra import spectra
from geodepth.validation.figures.step_densities import step_densities
from geodepth.validation.figures.training_curves import training_curves
from geodepth.validation.figures.waterfall import waterfall
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.path_energies import compute_energies
from geodepth.validation.physics.phases import find_phases

Maker = Callable[..., RepresentationPath]


def lines(axis: Any) -> list[Any]:
    return [np.asarray(line.get_ydata(), dtype=float) for line in axis.get_lines()]


def test_waterfall_repeats_each_minimum_as_often_as_it_was_found() -> None:
    figure = waterfall({"equidistant": ([3.0, 1.0, 2.0], [1, 4, 2])}, {"equidistant": [2.5, 1.5]})
    starts, _, networks, _ = lines(figure.axes[0])
    np.testing.assert_array_equal(starts, [1, 1, 1, 1, 2, 2, 3])
    np.testing.assert_array_equal(networks, [1.5, 2.5])
    assert "3 minima of 7 starts,\nthe best found by 4" in figure.axes[0].get_title()


def test_the_course_of_a_search_shows_who_found_what_and_when() -> None:
    courses = [[(1.0, 3.0), (4.0, 2.0)], [(2.0, 2.5)], []]
    panels: list[Any] = search_course(courses, [(2.0, (0,)), (2.5, (0, 1))], 2.0).axes
    left, right = panels
    first, _, second, _ = left.get_lines()
    np.testing.assert_array_equal(first.get_xdata(), [1.0, 4.0, 4.0])
    np.testing.assert_allclose(lines(left)[0], [0.5, 1e-8, 1e-8])  # the best itself stands on the edge
    np.testing.assert_array_equal(second.get_xdata(), [2.0, 4.0])  # what is known lasts as long as any search
    marked = [
        (np.round(line.get_xdata()).tolist(), np.asarray(line.get_ydata()).tolist()) for line in right.get_lines()
    ]
    assert marked == [([1.0, 2.0], [1e-8, 0.25]), ([2.0], [0.25]), ([], [])]
    assert "2 distinct minima" in right.get_title()
    with pytest.raises(ValidationError, match="courses is empty"):
        search_course([], [], 1.0)


def test_losses_show_costs_and_their_excess() -> None:
    costs = np.array([[4.0, 8.0], [2.0, 4.0], [1.0, 2.0]])
    figure = training_curves({"adaptive": costs}, {"adaptive": [1.0, 2.0]}, {"adaptive": np.array([0, 10, 20])})
    above, below = figure.axes
    drawn = lines(above)
    np.testing.assert_array_equal(drawn[0], costs[:, 0])
    assert sorted(float(line[0]) for line in drawn[2:]) == [1.0, 2.0]  # one dashed level a truth
    for line in lines(below):
        np.testing.assert_array_equal(line, [3.0, 1.0, np.nan])  # at the truth there is nothing to draw
    np.testing.assert_array_equal(below.get_lines()[0].get_xdata(), [0, 10, 20])


def test_what_comes_after_the_last_epoch_is_a_mark_behind_it() -> None:
    costs = np.array([[4.0], [2.0], [1.0]])
    above, _ = training_curves({"a": costs}, {"a": 0.5}, {"a": np.array([0, 10, 10])}).axes
    curve, _, mark = above.get_lines()
    np.testing.assert_array_equal(curve.get_ydata(), [4.0, 2.0])
    np.testing.assert_array_equal(mark.get_ydata(), [1.0])
    assert float(np.asarray(mark.get_xdata())[0]) > 10.0


def test_ticks_count_starts_and_networks_have_room_beside_many() -> None:
    axis = waterfall({"a": ([1.0, 2.0], [60, 40])}, {"a": [1.5, 1.6]}).axes[0]
    ticks = np.asarray(axis.get_xticks())
    assert np.array_equal(ticks, np.round(ticks))
    assert ticks.max() <= 100
    networks = np.asarray(axis.get_lines()[2].get_xdata(), dtype=float)
    assert networks.min() > 100
    assert np.ptp(networks) >= 10


def test_excess_keeps_tiny_values_on_the_edge() -> None:
    figure = excess_by_scheme({"a": [1e-2, -1e-12, 1e-4], "b": [1e-1]}, 1e-3)
    drawn = lines(figure.axes[0])
    np.testing.assert_array_equal(drawn[0], [1e-2, 1e-4])
    np.testing.assert_array_equal(drawn[1], [1e-8])
    np.testing.assert_array_equal(drawn[2], [1e-4, 1e-4])  # the median


def test_the_cost_of_depth_is_drawn_beside_its_expansion() -> None:
    truths = [(10, -0.2), (20, -0.1), (40, -1e-12)]
    figure = cost_of_depth(truths, lambda count: 2.0 / count, {"trained": [(10, 0.3)]})
    line, found, trained, one, tenth = lines(figure.axes[0])
    np.testing.assert_allclose(line, 2.0 / np.geomspace(10, 160, 200), rtol=1e-12)
    np.testing.assert_array_equal(found, [0.2, 0.1, 1e-8])
    np.testing.assert_array_equal(trained, [0.3])
    assert (one[0], tenth[0]) == (0.01, 0.001)


def test_spectra_are_singular_values(make_path: Maker) -> None:
    path = make_path()
    figure = spectra([path, path])
    assert len(figure.axes) == 4
    above, below = np.array(lines(figure.axes[0])), np.array(lines(figure.axes[2]))
    np.testing.assert_allclose(above[:, 3], np.linalg.svd(path.representations[3], compute_uv=False), rtol=1e-12)
    np.testing.assert_allclose(below[:, 5], np.linalg.svd(path.weights[5], compute_uv=False), rtol=1e-12)


def test_energies_draw_what_was_measured(make_path: Maker) -> None:
    energy = compute_energies(make_path())
    figure = energies({"truth": energy})
    kinetic, potential = lines(figure.axes[0])
    (hamiltonian,) = lines(figure.axes[1])
    identity, scaled = lines(figure.axes[2])
    np.testing.assert_array_equal(kinetic, energy.relative.kinetic)
    np.testing.assert_array_equal(potential, -energy.relative.potential)
    np.testing.assert_array_equal(hamiltonian, energy.hamiltonian)
    np.testing.assert_array_equal(identity, energy.relative.cost_of_identity)
    np.testing.assert_array_equal(scaled, energy.scaled_hamiltonian)


def test_a_small_hamiltonian_is_seen_beside_large_energies(make_path: Maker) -> None:
    """A first layer a hundred times the rest hides neither them nor H, and nothing is cut."""
    energy = compute_energies(make_path(layers=8))
    kinetic = np.array([4900.0, *np.linspace(20.0, 30.0, 7)])
    drifting = np.linspace(5.0, 6.0, 8)
    terms = replace(energy.relative, kinetic=kinetic, potential=5.5 - kinetic, cost_of_identity=kinetic)
    figure = energies({"a": replace(energy, relative=terms, hamiltonian=drifting, scaled_hamiltonian=-drifting)})
    for axis in figure.axes:
        low, high = axis.get_ylim()
        assert all(low <= value <= high for line in lines(axis) for value in line)
    heights = [
        axis.transAxes.inverted().transform(axis.transData.transform((0.0, y)))[1]
        for axis, y in (
            (figure.axes[0], 20.0),
            (figure.axes[0], 30.0),
            (figure.axes[1], 5.0),
            (figure.axes[1], 6.0),
            (figure.axes[1], 0.0),
        )
    ]
    assert heights[1] - heights[0] > 0.05
    assert heights[3] - heights[2] > 0.1
    assert 0.0 <= heights[4] < heights[2]


def test_a_negative_hamiltonian_has_the_whole_axis(make_path: Maker) -> None:
    energy = compute_energies(make_path(layers=8))
    low, high = energies({"a": replace(energy, hamiltonian=np.linspace(-0.02, -0.01, 8))}).axes[1].get_ylim()
    assert low <= -0.02
    assert 0.0 <= high <= 0.01


def test_without_leakage_there_is_no_potential_to_draw(make_path: Maker) -> None:
    energy = compute_energies(make_path())
    free = replace(energy, relative=replace(energy.relative, potential=np.zeros_like(energy.positions)))
    assert len(lines(energies({"a": free}).axes[0])) == 1


def test_a_hamiltonian_without_meaning_does_not_set_the_scale(make_path: Maker) -> None:
    energy = compute_energies(make_path())
    wild = replace(energy, hamiltonian=energy.hamiltonian + 1e9, scaled_hamiltonian=energy.scaled_hamiltonian - 1e9)
    calm, both = energies({"a": energy}), energies({"a": energy, "b": wild})
    # Zero is on every axis, and the side that the wild one leaves by ends at twice the truth's.
    for row in (1, 2):
        assert np.abs(both.axes[2 * row].get_ylim()).max() <= 2.0 * np.abs(calm.axes[row].get_ylim()).max() + 1e-12
    assert [[text.get_text() for text in axis.texts] for axis in both.axes[2:4]] == [[], ["from 1e+09 to 1e+09"]]


def test_paths_share_one_projection_that_keeps_distances_in_the_plane(make_path: Maker) -> None:
    # Two neurons: the projection is a rotation about the mean, so all distances between points survive.
    path = make_path(width=2)
    figure = paths_2d([path, path], labels=[0, 0, 1, 1, 2], class_names=("x", "y"))
    x, y = (np.array([getattr(line, f"get_{k}data")() for line in figure.axes[0].get_lines()]) for k in "xy")
    drawn = np.stack([x, y]).reshape(2, -1)
    given = path.representations.transpose(1, 2, 0).reshape(2, -1)
    for points in (drawn, given):
        points -= points.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(drawn.T @ drawn, given.T @ given, atol=1e-12)
    np.testing.assert_array_equal(figure.axes[1].get_lines()[0].get_xdata(), x[0])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["x", "y", "class 2"]


def test_permutations_bring_a_permuted_network_back(make_path: Maker) -> None:
    path = make_path(width=5)
    order = np.array([0, 1, 4, 2, 3])
    shuffled = RepresentationPath.from_weights(
        path.weights[:, order][:, :, [*order, 5]],
        path.layer_steps,
        path.inputs,
        path.targets,
        path.embedding,
        path.readout,
        path.effective_depth,
        path.weight_decay,
    )
    figure = paths_2d([path, shuffled], permutations=[np.arange(5), np.argsort(order)])
    np.testing.assert_allclose(lines(figure.axes[0]), lines(figure.axes[1]), atol=1e-12)


def test_one_neuron_can_be_drawn_too() -> None:
    path = RepresentationPath.from_weights(
        [[[1.0, 0.5]]], [1.0], [[1.0, 2.0]], [[2.0, 3.0]], [[1.0]], [[1.0]], 0.5, 0.1
    )
    for line in paths_2d([path]).axes[0].get_lines():
        np.testing.assert_array_equal(line.get_ydata(), 0.0)


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


def test_phase_diagram_frames_the_bottleneck(planted: Maker) -> None:
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


def test_the_same_figure_is_the_same_file(make_path: Maker) -> None:
    first, second = (styles.to_svg(spectra([make_path()])) for _ in range(2))
    assert first == second
    assert first.startswith("<?xml")
    assert styles.to_png(spectra([make_path()])).startswith(b"\x89PNG")


def test_pyplot_is_not_involved() -> None:
    waterfall({"a": ([1.0], [1])})
    import subprocess

    code = (
        "import sys; from geodepth.validation.figures.waterfall import waterfall;"
        "waterfall({'a': ([1.0], [1])});"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_palette_is_told_apart_by_lightness_of_neighbours() -> None:
    # Neighbouring series differ in relative luminance or in the blue-yellow axis that colour-blind readers keep.
    def channels(code: str) -> Any:
        return np.array([int(code[k : k + 2], 16) for k in (1, 3, 5)]) / 255.0

    colours = np.array([channels(code) for code in styles.PALETTE])
    luminance = colours @ [0.2126, 0.7152, 0.0722]
    yellowness = 0.5 * (colours[:, 0] + colours[:, 1]) - colours[:, 2]
    gap = np.hypot(np.diff(luminance), np.diff(yellowness))
    assert gap.min() > 0.1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda path: waterfall({}), "landscapes is empty"),
        (lambda path: spectra([]), "paths is empty"),
        (lambda path: training_curves({"a": np.ones((2, 1))}, {}), "no cost for the scheme 'a'"),
        (lambda path: paths_2d([path], labels=[1]), "labels have shape (1,)"),
    ],
)
def test_bad_calls(make_path: Maker, call: Any, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        call(make_path())
    assert message in str(caught.value)
