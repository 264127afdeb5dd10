"""A row says what the path says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geodepth.validation import Dataset, RepresentationPath, compute_energies
from geodepth.validation.bridge.paths import path_of_member
from geodepth.validation.experiments.measures.networks import ensemble
from geodepth.validation.experiments.measures.path_numbers import curves, measure_path
from geodepth.validation.experiments.measures.problems import Problem

DATA = {"name": "teacher", "dimensions": [3, 1, 3], "samples": 8, "test_samples": 20, "seed": 0}
SMALL: dict[str, Any] = {
    "data": DATA, "width": 4, "layers": 6, "effective_depth": 2.0, "weight_decay": 0.01, "epochs": 40,
    "dtype": "float64", "seeds": [3, 5],
}  # fmt: skip


def untrained_path() -> tuple[RepresentationPath, Dataset]:
    """Of one network, and its data."""
    problem = Problem.of(SMALL)
    data = problem.dataset(0)
    return path_of_member(ensemble(problem, data, [3]), 0, data, problem.decay), data


def test_a_row_says_what_the_path_says() -> None:
    path, data = untrained_path()
    row, energy = measure_path(path, data), compute_energies(path)
    assert row["cost"] == pytest.approx(path.fit + path.penalty)
    assert row["test_error"] == pytest.approx(path.error(data.test_inputs, data.test_targets))
    assert row["hamiltonian"] == pytest.approx(np.median(energy.scaled_hamiltonian))
    # The stable estimate is COI − ‖∂A‖²/L̃² in the geometry of K + γ_pI, MATH's Hamiltonian where it is finite.
    stable = energy.relative.cost_of_identity - 2.0 * energy.relative.kinetic / path.effective_depth
    assert (row["stable_min"], row["stable"], row["stable_max"]) == pytest.approx(
        (stable.min(), np.median(stable), stable.max())
    )
    assert row["theorem_lower"] <= 0.0 <= row["theorem_upper"]
    shapes = {name: values.shape for name, values in curves(path).items()}
    assert shapes["positions"] == (7,)
    assert shapes["representation_values"] == (7, 4)
    assert shapes["weight_values"] == (6, 4)
