from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.optimize import minimize, minimize_scalar

from geodepth.validation.comparison.comparison import compare
from geodepth.validation.comparison.verdicts import Findings, Tolerances, Verdict, conditions, decide
from geodepth.validation.path.representation_path import RepresentationPath

from .variants import minimum_beside, permuted, with_weights

Maker = Callable[..., RepresentationPath]


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


def test_every_verdict_has_its_condition_with_the_thresholds_in_force() -> None:
    assert set(conditions()) == set(Verdict)
    told = conditions(Tolerances(cost=0.02, below=3e-5, stationarity=0.04, distance=0.5))
    assert "at most 2 %" in told[Verdict.BEST_KNOWN]
    assert "3e-05" in told[Verdict.BELOW_TRUTH]
    assert "at most 0.04" in told[Verdict.STATIONARY_ELSEWHERE]
    assert "within 0.5" in told[Verdict.LOCAL_MINIMUM]
    # In the order in which they are decided: findings that fit all of them get the first, and so on.
    order = list(conditions())
    fitting = Findings(excess=0.0, stationarity=0.0, collapsed=True, distance=0.05, basin=None, costlier=False)
    assert decide(replace(fitting, excess=-1.0), Tolerances()) is order[0]
    assert decide(fitting, Tolerances()) is order[1]
    assert decide(replace(fitting, excess=1.0), Tolerances()) is order[3]
    assert decide(replace(fitting, excess=1.0, collapsed=False), Tolerances()) is order[4]
    moving = replace(fitting, excess=1.0, collapsed=False, stationarity=1.0)
    assert decide(moving, Tolerances()) is order[5]
    assert decide(replace(moving, distance=1.0), Tolerances()) is order[6]


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
    assert mirror.verdict is Verdict.BEST_KNOWN
    assert mirror.phrase == "at the best path known in cost, by another path"


def test_nearly_equal_minima_are_told_apart_by_their_path(make_path: Maker) -> None:
    truth = make_path(width=5)
    other = permuted(truth, np.array([0, 1, 3, 2, 4]))
    near = with_weights(other, other.weights + 1e-4)
    gap = compare(truth, near, tolerance=1.0)
    assert gap.verdict in (Verdict.BEST_KNOWN, Verdict.BELOW_TRUTH)
    assert gap.alignment.representation_distance < 1e-2
