from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.path_energies import compute_energies
from geodepth.validation.theory.check import Statement, Status
from geodepth.validation.theory.theorem_four import theorem_4, theorem_table

Maker = Callable[..., RepresentationPath]


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
    broken = Statement("first", "").inequality(
        -energy.scaled_hamiltonian - 100.0, energy.constant.cost_of_identity - 200.0, 0.0
    )
    assert broken.status is Status.FAILS


def test_the_table_says_when_theorem_4_is_informative(make_stationary: Maker) -> None:
    paths = [make_stationary(depth=depth, size=0.03) for depth in (2.0, 1.0)]
    rows = theorem_table(paths)
    assert [row["effective_depth"] for row in rows] == [1.0, 2.0]
    assert all(row["holds"] for row in rows)
    assert all(row["informative"] == (row["width"] < 1.0) for row in rows)
    with pytest.raises(ValidationError, match="effective_depth is 0"):
        theorem_table([make_stationary(depth=0.0)])
