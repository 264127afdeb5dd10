from __future__ import annotations

import numpy as np
import pytest

from geodepth.validation.theory.check import Status
from geodepth.validation.theory.identity_minima import (
    constant_cost_path,
    constant_cost_to_saddle,
    cost_of_identity,
    descent_by_a_neuron,
    stable_minimum,
)


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
