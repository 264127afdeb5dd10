"""The adaptive rule against the paper's formula and its fixed point."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from geodepth.nets import AdaptiveSteps, NetworkError, adaptive, equidistant, irregular
from geodepth.nets.network.adaptive_steps import bounded, relative_changes


def path_with_speed(members: int, fineness: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A_p = e^{−g(p)} A_0, along which the relative change between p and q is e^{g(q) − g(p)} − 1."""
    p = torch.linspace(0, 1, fineness + 1, dtype=torch.float64)
    return p, torch.stack([(m + 1.0) * p + 3.0 * torch.sin(3.0 * p) / 3.0 + 3.0 * p for m in range(members)])


def test_adaptive_steps_equalize_the_relative_changes() -> None:
    """On a given path A_p the fixed point has equal ‖A_ℓ − A_{ℓ−1}‖/‖A_ℓ‖: found from equidistant steps."""
    layers, members = 12, 3
    p, exponent = path_with_speed(members, 4000)
    steps = equidistant(layers).expand(members, -1).clone()
    options = AdaptiveSteps(damping=0.5, smallest=0.01, largest=12.0)
    for _ in range(60):
        positions = torch.nn.functional.pad(steps.cumsum(1), (1, 0)).clamp(max=1.0).numpy()
        g = np.stack([np.interp(positions[m], p.numpy(), exponent[m].numpy()) for m in range(members)])
        states = torch.from_numpy(np.exp(-g))[..., None, None] * torch.ones(members, layers + 1, 2, 3)
        steps = adaptive(states, steps, options)
    changes = relative_changes(states)
    # The map contracts by about one half an update, so that 60 leave nothing but the interpolation table's roughness.
    assert float((changes.std(1) / changes.mean(1)).max()) < 1e-3
    # Equal changes of e^{−g} mean equal increments of g.
    increments = np.diff(g, axis=1)
    np.testing.assert_allclose(increments, increments.mean(1, keepdims=True) * np.ones((1, layers)), rtol=5e-3)


def test_undamped_update_is_the_papers_rule() -> None:
    generator = torch.Generator().manual_seed(0)
    states = torch.randn(2, 6, 4, 3, generator=generator, dtype=torch.float64)
    steps = irregular(5).expand(2, -1)
    new = adaptive(states, steps, AdaptiveSteps(damping=1.0, smallest=1e-6, largest=5.0)).numpy()
    array = states.numpy()
    for member in range(2):
        rates = [
            np.linalg.norm(array[member, i] - array[member, i - 1])
            / (float(steps[member, i - 1]) * np.linalg.norm(array[member, i]))
            for i in range(1, 6)
        ]
        expected = (1 / np.array(rates)) / np.sum(1 / np.array(rates))
        np.testing.assert_allclose(new[member], expected, rtol=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 30), st.integers(0, 2**31), st.floats(0.01, 0.99), st.floats(1.01, 9.0))
def test_bounded_steps_keep_bounds_and_sum(layers: int, seed: int, smallest: float, largest: float) -> None:
    proposal = torch.randn(3, layers, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    proposal = (4.0 * proposal).exp()
    lower, upper = smallest / layers, largest / layers
    steps = bounded(proposal, lower, upper)
    torch.testing.assert_close(steps.sum(1), torch.ones(3, dtype=torch.float64), rtol=0, atol=1e-14)
    assert bool((steps >= lower * (1 - 1e-12)).all())
    assert bool((steps <= upper * (1 + 1e-12)).all())
    # Between the bounds, steps stay in proportion to what was proposed.
    for row, wish in zip(steps, proposal, strict=True):
        inside = (row > lower * 1.001) & (row < upper * 0.999)
        if int(inside.sum()) > 1:
            ratio = row[inside] / wish[inside]
            assert float(ratio.max() / ratio.min()) == pytest.approx(1.0, rel=1e-9)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"damping": 0.0}, "damping is 0.0"),
        ({"start": 0.9, "stop": 0.1}, "start is 0.9"),
        ({"stop": 1.5}, "stop is 1.5"),
        ({"smallest": 2.0}, "smallest is 2.0"),
        ({"largest": 0.5}, "largest is 0.5"),
        ({"every": 0}, "every is 0"),
        ({"weights": "drop"}, "weights is 'drop'"),
    ],
)
def test_bad_options_are_named(options: dict[str, Any], word: str) -> None:
    with pytest.raises(NetworkError) as caught:
        AdaptiveSteps(**options)
    assert word in str(caught.value)
    assert "\n" not in str(caught.value)
