"""Networks whose fate is known, beside a real truth with its landscape: each is recognized, and no symmetry of the
question, nor the order of any sum, changes an answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from geodepth.control import GeodesicSolution, RepresentationGeodesic, solve_geodesic
from geodepth.nets import LeakyResNet, TrainingConfig, train
from geodepth.validation import (
    Comparison,
    RepresentationPath,
    ValidationError,
    Verdict,
    compare,
    load_dataset,
    save_path,
)

WIDTH, LAYERS, DEPTH, DECAY = 5, 8, 2.0, 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """The solved problem."""

    solution: GeodesicSolution
    truth: RepresentationPath
    landscape: list[tuple[float, np.ndarray]]

    def path(self, weights: Any, order: Any = slice(None)) -> RepresentationPath:
        t = self.truth
        return RepresentationPath.from_weights(
            weights, t.layer_steps, t.inputs[:, order], t.targets[:, order], t.embedding, t.readout, DEPTH, DECAY
        )

    def judge(self, weights: Any, order: Any = slice(None)) -> Comparison:
        return compare(self.truth, self.path(weights, order), self.landscape)


@pytest.fixture(scope="module")
def case() -> Case:
    data = load_dataset("teacher", samples=8, seed=1)
    geodesic = RepresentationGeodesic(data.inputs, data.targets, WIDTH, DEPTH, DECAY)
    solution = solve_geodesic(geodesic, layers=LAYERS, starts=8, progress=False)
    truth = RepresentationPath.from_weights(
        solution.weights, solution.layer_steps, data.inputs, data.targets, geodesic.embedding, geodesic.readout, DEPTH,
        DECAY, label="truth",
    )  # fmt: skip
    return Case(solution, truth, [(m.cost, m.weights[:, 0]) for m in solution.minima])


def numbers(comparison: Comparison) -> dict[str, float]:
    """All that must not depend on the order of neurons, samples or sums."""
    a = comparison.alignment
    return {
        "cost": comparison.cost, "excess": comparison.excess, "fit": comparison.excess_fit,
        "penalty": comparison.excess_penalty, "path": a.representation_distance, "weights": a.weight_distance,
        "kernel": a.kernel_distance, "gram": a.gram_distance, "spectrum A": a.representation_spectrum,
        "spectrum W": a.weight_spectrum, "hamiltonian": comparison.physics.hamiltonian,
        "basin distance": comparison.basin_distance or 0.0,
    }  # fmt: skip


def noisy(case: Case) -> np.ndarray:
    noise = np.random.default_rng(0).standard_normal(case.solution.weights.shape)
    return np.asarray(case.solution.weights * (1 + 0.01 * noise))


def test_the_truth_itself(case: Case) -> None:
    found = case.judge(case.solution.weights)
    assert found.verdict is Verdict.BEST_KNOWN
    assert max(found.alignment.representation_distance, found.alignment.kernel_distance) == 0.0
    assert found.stationarity < 1e-6
    assert found.physics.rank == 0


def test_a_permuted_copy_of_the_truth(case: Case) -> None:
    order = [0, 1, 2, 4, 3]  # the first three neurons carry inputs and outputs
    found = case.judge(case.solution.weights[:, order][:, :, [*order, WIDTH]])
    assert found.verdict is Verdict.BEST_KNOWN
    assert found.alignment.representation_distance <= 1e-10
    assert found.alignment.weight_distance <= 1e-10


def test_every_local_minimum_of_the_landscape(case: Case) -> None:
    named = [case.judge(weights) for cost, weights in case.landscape if cost > 1.01 * case.truth.cost]
    assert len(named) >= 3
    assert {found.verdict for found in named} == {Verdict.LOCAL_MINIMUM}
    assert len({found.basin for found in named}) == len(named)
    assert all(found.basin_distance == pytest.approx(0.0, abs=1e-12) for found in named)


def test_a_half_trained_network(case: Case) -> None:
    network = LeakyResNet(3, 3, WIDTH, LAYERS, DEPTH, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    config = TrainingConfig(weight_decay=DECAY, epochs=150, layer_steps="equidistant", device="cpu")
    train(network, case.truth.inputs.T, case.truth.targets.T, config)
    found = case.judge(network.weights[0].detach().numpy())
    assert found.verdict is Verdict.ON_ITS_WAY
    assert found.stationarity > 0.1
    assert "not stationary" in found.sentence


def test_one_per_cent_of_noise(case: Case) -> None:
    found = case.judge(noisy(case))
    assert found.verdict is Verdict.NEAR_MINIMUM
    assert found.basin == 1
    assert found.phrase == "near the best path known, but not settled in it"
    assert found.relative_excess > found.tolerance
    assert 0.003 < found.alignment.weight_distance < 0.03


def test_a_network_below_a_deliberately_worse_truth(case: Case) -> None:
    worse = case.path(case.landscape[-1][1])
    found = compare(worse, case.path(case.solution.weights))
    assert found.verdict is Verdict.BELOW_TRUTH
    assert found.excess < 0.0
    # On other layer steps "below" may be discretization alone, and the verdict says so.
    finer = RepresentationPath.from_weights(
        np.repeat(case.solution.weights, 2, axis=0), np.full(2 * LAYERS, 0.5 / LAYERS), worse.inputs, worse.targets,
        worse.embedding, worse.readout, DEPTH, DECAY,
    )  # fmt: skip
    dearer = replace(worse, targets=worse.targets)
    below = compare(replace(dearer, weights=3.0 * worse.weights), finer)
    assert below.verdict is Verdict.BELOW_TRUTH
    assert "other layer steps" in below.phrase


def test_a_collapsed_network(case: Case) -> None:
    assert case.judge(0.0 * case.solution.weights).verdict is Verdict.COLLAPSED


def test_a_network_of_another_data_set_is_refused(case: Case) -> None:
    other = load_dataset("teacher", samples=8, seed=2)
    t = case.truth
    path = RepresentationPath.from_weights(
        t.weights, t.layer_steps, other.inputs, other.targets, t.embedding, t.readout, DEPTH, DECAY
    )
    with pytest.raises(ValidationError, match="other samples than the truth"):
        compare(t, path)


def test_permuting_neurons_and_samples_changes_nothing(case: Case) -> None:
    weights, generator = noisy(case), np.random.default_rng(3)
    plain = case.judge(weights)
    free = [0, 1, 2, 4, 3]
    for _ in range(3):
        mixed = case.judge(weights[:, free][:, :, [*free, WIDTH]], generator.permutation(8))
        assert mixed.verdict is plain.verdict
        assert mixed.basin == plain.basin
        for name, value in numbers(plain).items():
            assert numbers(mixed)[name] == pytest.approx(value, rel=1e-10, abs=1e-12), name


def test_memory_order_and_threads_change_nothing(case: Case, tmp_path: Path) -> None:
    weights = noisy(case)
    plain = numbers(case.judge(weights))
    fortran = numbers(case.judge(np.asfortranarray(weights)))
    for name, value in plain.items():
        assert fortran[name] == pytest.approx(value, rel=1e-10, abs=1e-12), name
    save_path(case.truth, tmp_path / "truth.npz")
    save_path(case.path(weights), tmp_path / "noisy.npz")
    script = (
        "import json, sys; from geodepth.validation import compare, load_path; "
        "c = compare(*(load_path(name) for name in sys.argv[1:])); a = c.alignment; "
        "print(json.dumps([c.verdict.value, c.excess, a.representation_distance, a.weight_distance, "
        "a.kernel_distance, a.weight_spectrum, c.physics.hamiltonian]))"
    )
    answers = []
    for threads in ("1", "2"):
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        done = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / "truth.npz"), str(tmp_path / "noisy.npz")],
            env=os.environ | dict.fromkeys(names, threads), capture_output=True, text=True, check=True,
        )  # fmt: skip
        answers.append(json.loads(done.stdout))
    assert answers[0][0] == answers[1][0] == Verdict.NEAR_MINIMUM.value
    np.testing.assert_allclose(answers[0][1:], answers[1][1:], rtol=1e-10)
