from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.energies import compute_energies
from geodepth.validation.physics.phases import find_phases
from geodepth.validation.theory.check import Status, equality, inequality, not_applicable
from geodepth.validation.theory.identity_minima import (
    constant_cost_path,
    constant_cost_to_saddle,
    cost_of_identity,
    descent_by_a_neuron,
    stable_minimum,
)
from geodepth.validation.theory.one_neuron import one_neuron
from geodepth.validation.theory.statements import (
    balancedness,
    check_all,
    conservation,
    errata,
    leakage_symmetry,
    negative_share,
    nonnegative_bottleneck,
    scaling_symmetry,
    separation_of_time_scales,
    stable_rank_bound,
    stable_rank_counterexample,
    time_scales_with_depth,
)
from geodepth.validation.theory.theorem_four import theorem_4, theorem_table

Maker = Callable[..., RepresentationPath]


def test_balancedness_holds_with_factor_two_and_fails_with_one() -> None:
    # Trapezoids between 2001 Gauss nodes, at most 8e-4 apart, err by h^2/12 times derivatives of order 100: 1e-5.
    energy = one_neuron(0.5, 1.5, 3.0, points=2001).energies
    two, one = (balancedness(energy, 3.0, factor, tolerance=1e-5) for factor in (2.0, 1.0))
    assert two.status is Status.HOLDS
    assert one.status is Status.FAILS
    assert one.margin < -0.1
    assert "2" in two.reason


def test_conservation_on_the_exact_path_and_not_on_another() -> None:
    energy = one_neuron(0.5, 1.5, 3.0, points=2001).energies
    assert conservation(energy, 1e-10).status is Status.HOLDS
    other = replace(energy, hamiltonian=energy.hamiltonian + 0.2 * energy.positions)
    assert conservation(other, 1e-3).status is Status.FAILS


def test_stable_rank_bound_without_bias(make_path: Maker) -> None:
    for seed in range(5):
        linear = make_path(seed=seed, bias=False, activation="linear")
        assert stable_rank_bound(linear).status is Status.HOLDS
        relu = stable_rank_bound(make_path(seed=seed, bias=False, samples=3, width=6))
        assert relu.status is Status.HOLDS
    assert stable_rank_bound(make_path()).status is Status.NOT_APPLICABLE


def test_stable_rank_bound_is_sharp_for_orthogonal_rows() -> None:
    # Linear, A with orthogonal rows of equal length: both sides are the rank.
    path = RepresentationPath.from_weights(
        np.zeros((1, 2, 2)), [1.0], np.eye(2), np.eye(2), np.eye(2), np.eye(2), 0.5, 1.0, False, activation="linear"
    )
    check = stable_rank_bound(path)
    np.testing.assert_allclose(check.left, 2.0, rtol=1e-14)
    np.testing.assert_allclose(check.right, 2.0, rtol=1e-14)


def test_proposition_1_fails_with_a_bias() -> None:
    check = stable_rank_counterexample(2.0)
    assert check.status is Status.FAILS
    assert check.right[0] == pytest.approx(4.0 / 5.0, rel=1e-14)  # a^2/(1 + a^2)
    assert check.left[0] == 1.0


def test_proposition_2_on_both_kinds_of_matrices() -> None:
    generator = np.random.default_rng(4)
    low = np.abs(generator.standard_normal((5, 2))) @ np.abs(generator.standard_normal((2, 4)))
    check = stable_minimum(low)
    assert check.status is Status.HOLDS
    assert check.right[0] == 2.0
    for _ in range(20):
        mixed = generator.standard_normal((9, 2))
        check = stable_minimum(mixed)
        assert check.status is Status.HOLDS
        assert check.left[0] < check.right[0]
        assert check.right[0] == pytest.approx(cost_of_identity(mixed), rel=1e-12)
    assert stable_minimum([[1.0, -1.0]]).status is Status.NOT_APPLICABLE  # infinite cost


def test_descent_has_the_rate_that_it_names() -> None:
    A = np.random.default_rng(1).standard_normal((8, 3))
    descent, e = descent_by_a_neuron(A), 1e-3
    change = cost_of_identity(np.vstack([A, e * descent.row])) - cost_of_identity(A)
    # The next order is e^4 against e^2: a millionth, times a condition number of about a hundred.
    assert change / e**2 == pytest.approx(-descent.rate, rel=1e-3)


def test_proposition_3_moves_at_constant_cost_to_a_silent_neuron() -> None:
    A = np.random.default_rng(0).standard_normal((7, 2))  # 7 > N(N + 1) = 6
    path = constant_cost_path(A)
    assert path is not None
    np.testing.assert_allclose(path.representations[0], A, rtol=1e-14)
    np.testing.assert_array_equal(path.representations[-1, path.silent], 0.0)
    np.testing.assert_allclose(path.costs, cost_of_identity(A), rtol=1e-9)
    for point in path.representations:
        np.testing.assert_allclose(point.T @ point, A.T @ A, atol=1e-12)
    assert constant_cost_to_saddle(A).status is Status.HOLDS
    assert constant_cost_to_saddle(A[:5]).status is Status.NOT_APPLICABLE
    assert constant_cost_to_saddle(np.abs(A)).status is Status.NOT_APPLICABLE  # a stable minimum


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("gamma", [None, 1e-4, 1.0])
def test_theorem_4_holds_on_stationary_networks(make_stationary: Maker, bias: bool, gamma: float | None) -> None:
    for seed in range(3):
        for depth in (0.5, 1.0, 2.0):
            path = make_stationary(seed=seed, depth=depth, bias=bias, size=0.03)
            for check in theorem_4(path, gamma):
                assert check.status is Status.HOLDS, check.sentence
                assert check.tolerance < 1e-3  # the square root of rounding, in numbers of order L sqrt(gamma c)


def test_theorem_4_is_sharp_enough_to_fail() -> None:
    # Momenta of another path break the identity behind it: the statement is no tautology of the code.
    path = RepresentationPath.from_weights([[[2.0, 0.0]]], [1.0], [[1.0]], [[2.5]], [[1.0]], [[1.0]], 0.5, 0.1)
    wrong = replace(path, momenta=path.stationary_weights[:, :, :1].repeat(2, axis=0) * 0.0 + 1e-6)
    assert theorem_4(wrong)[0].status is Status.NOT_APPLICABLE
    assert "not stationary" in theorem_4(wrong)[0].reason
    energy = compute_energies(path, gamma=1e-6)
    broken = inequality("first", "", -energy.scaled_hamiltonian - 100.0, energy.constant.cost_of_identity - 200.0, 0.0)
    assert broken.status is Status.FAILS


def test_the_table_says_when_theorem_4_is_informative(make_stationary: Maker) -> None:
    paths = [make_stationary(depth=depth, size=0.03) for depth in (2.0, 1.0)]
    rows = theorem_table(paths)
    assert [row["effective_depth"] for row in rows] == [1.0, 2.0]
    assert all(row["holds"] for row in rows)
    assert all(row["informative"] == (row["width"] < 1.0) for row in rows)
    with pytest.raises(ValidationError, match="effective_depth is 0"):
        theorem_table([make_stationary(depth=0.0)])


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


@pytest.mark.parametrize("activation", ["relu", "linear"])
def test_symmetries(make_path: Maker, activation: str) -> None:
    path = make_path(bias=False, depth=1.0, activation=activation)
    for shift in (-1.0, 0.5, 1.5):
        assert leakage_symmetry(path, shift).status is Status.HOLDS
    assert scaling_symmetry(path, 3.7).status is Status.HOLDS
    biased = make_path(bias=True)
    assert leakage_symmetry(biased, 0.1).status is Status.NOT_APPLICABLE
    assert scaling_symmetry(biased, 2.0).status is Status.NOT_APPLICABLE
    with pytest.raises(ValidationError, match=r"shift is -2\.0"):
        leakage_symmetry(path, -2.0)


def test_every_check_of_a_path_says_something(make_stationary: Maker, make_path: Maker) -> None:
    checks = check_all(make_stationary(layers=60))
    assert len({check.name for check in checks}) == len(checks) == 9
    for check in checks:
        assert check.status is not Status.FAILS, check.sentence
        assert "\n" not in check.sentence
    statuses = {check.name: check.status for check in checks}
    assert statuses["Conservation"] is Status.HOLDS
    coarse = {check.name: check for check in check_all(make_stationary(layers=3))}
    assert "too coarse" in coarse["Conservation"].reason
    moving = {check.name: check for check in check_all(make_path(layers=60))}
    assert "not stationary" in moving["Conservation"].reason


@pytest.mark.parametrize(
    ("left", "right", "holds"), [(1.0, 1.0, True), (1.1, 1.0, False), (np.nan, 1.0, False), (1.0, np.inf, True)]
)
def test_inequalities_never_pass_on_nan(left: Any, right: Any, holds: bool) -> None:
    assert (inequality("", "", left, right, 1e-12).status is Status.HOLDS) is holds


def test_equalities_and_their_margins() -> None:
    check = equality("name", "", [1.0, np.inf], [1.5, np.inf], 0.1)
    assert check.status is Status.FAILS
    assert check.margin == -0.5
    assert equality("", "", np.nan, np.nan, 1.0).status is Status.FAILS
    assert "because" in not_applicable("name", "", "because").sentence


def test_errata_hold_as_corrected_and_fail_as_printed() -> None:
    two, one, constant, biased = errata()
    assert [check.status for check in (two, one, constant, biased)] == [
        Status.HOLDS, Status.FAILS, Status.HOLDS, Status.FAILS,
    ]  # fmt: skip
    assert one.margin < -100 * one.tolerance  # no matter of rounding


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
