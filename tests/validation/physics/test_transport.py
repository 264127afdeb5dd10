from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from geodepth.foundation.numerics.one_neuron_geodesic import one_neuron_geodesic
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.transport import transport

Maker = Callable[..., RepresentationPath]

LAYERS = (50, 100)


def extrapolated(values: list[float]) -> float:
    """The limit of a quantity of second order in the step, from LAYERS."""
    return (4.0 * values[1] - values[0]) / 3.0


def test_a_straight_line_is_the_wasserstein_geodesic(given_path: Maker) -> None:
    # Shifted points: the shift is their best assignment. Uneven layers do not matter, even speed does.
    start, shift = np.random.default_rng(0).standard_normal((3, 8)), np.array([[1.0], [2.0], [-2.0]])
    p = np.array([0.0, 0.1, 0.15, 0.6, 1.0])
    found = transport(given_path(start + p[:, None, None] * shift, p))
    assert (found.action, found.displacement, found.wasserstein) == pytest.approx((9.0, 9.0, 9.0), rel=1e-12)
    assert (found.straightness, found.own_partners) == pytest.approx((1.0, 1.0), rel=1e-12)
    np.testing.assert_allclose(found.lengths, 3.0, rtol=1e-12)


def test_haste_costs_action_and_no_length(given_path: Maker) -> None:
    # Along p² in place of p the action grows by ∫(2p)²dp = 4/3.
    start = np.random.default_rng(0).standard_normal((2, 5))
    found = []
    for layers in LAYERS:
        p = np.linspace(0.0, 1.0, layers + 1)
        found.append(transport(given_path(start + (p**2)[:, None, None], p)))
    assert extrapolated([one.action_excess for one in found]) == pytest.approx(4.0 / 3.0, rel=1e-9)
    assert found[1].straightness == pytest.approx(1.0, rel=1e-12)


def test_a_symmetric_linear_path_ends_at_the_best_partners(given_path: Maker) -> None:
    # O2, M = diag(m) > 0: x → Mx is the gradient of a convex function, so W₂² is its displacement (Brenier). The action
    # is the integral of (log m)² m^{2p} a², that is log m (m² − 1)/2 · a² a coordinate.
    m, start = np.array([3.0, 0.3]), np.random.default_rng(1).standard_normal((2, 12))
    squares = np.mean(start**2, axis=1)
    found = []
    for layers in LAYERS:
        p = np.linspace(0.0, 1.0, layers + 1)
        found.append(transport(given_path(m[None, :, None] ** p[:, None, None] * start, p)))
    assert found[1].wasserstein == pytest.approx((m - 1.0) ** 2 @ squares, rel=1e-12)
    assert (found[1].assignment_excess, found[1].own_partners) == pytest.approx((1.0, 1.0), rel=1e-12)
    # What is left after extrapolation is of fourth order: 50⁻⁴.
    assert extrapolated([one.action for one in found]) == pytest.approx(
        np.log(m) * (m**2 - 1.0) / 2.0 @ squares, rel=1e-6
    )


def test_a_turned_ring_could_have_stayed_where_it_is(given_path: Maker) -> None:
    # O2, M a rotation that carries each of n points to its neighbour: W₂ = 0, chord 2 sin(π/n), arc 2π/n.
    n = 5
    angles = 2.0 * np.pi * (np.arange(n)[None] + np.linspace(0.0, 1.0, 201)[:, None]) / n
    found = transport(given_path(np.stack([np.cos(angles), np.sin(angles)], axis=1), np.linspace(0.0, 1.0, 201)))
    assert found.wasserstein == pytest.approx(0.0, abs=1e-15)
    assert (found.own_partners, found.assignment_excess > 1e12) == (0.0, True)
    assert found.displacement == pytest.approx(4.0 * np.sin(np.pi / n) ** 2, rel=1e-12)
    # Chords of 200 pieces: short by (2π/n/200)²/24 = 1.6e-6 relative.
    assert found.straightness == pytest.approx(np.sin(np.pi / n) / (np.pi / n), rel=4e-6)
    assert found.action == pytest.approx((2.0 * np.pi / n) ** 2, rel=8e-6)


@pytest.mark.parametrize(("start", "end", "depth"), [(0.5, 1.5, 3.0), (1.0, 1.0, 4.0), (2.0, 0.2, 2.0)])
def test_one_neuron_in_closed_form(start: float, end: float, depth: float, given_path: Maker) -> None:
    # O1: a' = κ[a₁ cosh κp − a₀ cosh κ(1−p)]/sinh κ, whose square is integrated by hand.
    geodesic = one_neuron_geodesic(start, end, depth)
    k = geodesic.kappa
    same, mixed = 0.5 + np.sinh(2.0 * k) / (4.0 * k), 0.5 * np.cosh(k) + 0.5 * np.sinh(k) / k
    action = (k / np.sinh(k)) ** 2 * ((start**2 + end**2) * same - 2.0 * start * end * mixed)
    found = []
    for layers in LAYERS:
        p = np.linspace(0.0, 1.0, layers + 1)
        found.append(transport(given_path(geodesic.at(p)[0].reshape(-1, 1, 1), p, depth)))
    assert extrapolated([one.action for one in found]) == pytest.approx(action, rel=1e-5)  # fourth order: (κ/50)⁴
    assert found[1].displacement == found[1].wasserstein == pytest.approx((end - start) ** 2, abs=1e-12)


def test_a_path_that_lets_go_moves_straight_and_unevenly(given_path: Maker) -> None:
    # O4: A_p = e^{−L̃p}A_0, action (L̃/2)(1 − e^{−2L̃}), displacement (1 − e^{−L̃})², a point each of unit norm.
    start, depth = np.eye(3), 4.0
    found = []
    for layers in LAYERS:
        p = np.linspace(0.0, 1.0, layers + 1)
        found.append(transport(given_path(np.exp(-depth * p)[:, None, None] * start, p, depth)))
    assert extrapolated([one.action for one in found]) == pytest.approx(
        0.5 * depth * (1.0 - np.exp(-2.0 * depth)), rel=1e-6
    )
    assert found[1].displacement == pytest.approx((1.0 - np.exp(-depth)) ** 2, rel=1e-12)
    assert found[1].straightness == pytest.approx(1.0, rel=1e-12)


def test_nothing_moves(given_path: Maker) -> None:
    found = transport(given_path(np.ones((4, 2, 3)), np.linspace(0.0, 1.0, 4)))
    assert (found.action, found.displacement, found.wasserstein, found.own_partners) == (0.0, 0.0, 0.0, 1.0)
    assert np.isnan([found.straightness, found.action_excess, found.assignment_excess]).all()
