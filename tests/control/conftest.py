"""Problems that several tests share."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.control import OptimalControlProblem, RepresentationGeodesic


def teacher_data(samples: int = 8, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A 3 → 1 → 3 teacher of bottleneck rank 1: y = v ReLU(u·x), centred and normalized."""
    generator = np.random.default_rng(seed)
    inputs = generator.normal(size=(3, samples))
    inner = np.maximum(generator.normal(size=(1, 3)) @ inputs, 0.0)
    targets = generator.normal(size=(3, 1)) @ inner
    targets -= targets.mean(axis=1, keepdims=True)
    return inputs, targets / targets.std()


@pytest.fixture
def teacher() -> RepresentationGeodesic:
    inputs, targets = teacher_data()
    return RepresentationGeodesic(inputs, targets, width=4, effective_depth=3.0, weight_decay=1e-3)


@pytest.fixture
def double_integrator() -> OptimalControlProblem:
    return OptimalControlProblem(
        name="double integrator",
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], u[0]],
        running_cost=lambda x, u, t, p: u[0] ** 2 / 2,
        initial_state={"x": -1.0, "v": 0.0},
        final_state={"x": 0.0, "v": 0.0},
    )
