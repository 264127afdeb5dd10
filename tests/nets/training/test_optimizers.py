"""Learning rates and clipping."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from geodepth.nets.training.optimizers import clip_rows, scheduled_rate


@pytest.mark.parametrize(("schedule", "middle"), [("cosine", 0.55), ("linear", 0.55), ("constant", 1.0)])
def test_schedules_fall_from_the_rate_to_its_final_fraction(schedule: str, middle: float) -> None:
    assert scheduled_rate(schedule, 2.0, 0.1, 0.0) == pytest.approx(2.0)
    assert scheduled_rate(schedule, 2.0, 0.1, 0.5) == pytest.approx(2.0 * middle)
    assert scheduled_rate(schedule, 2.0, 0.1, 1.0) == pytest.approx(2.0 if schedule == "constant" else 0.2)
    shares = np.linspace(0, 1, 50)
    assert np.all(np.diff([scheduled_rate(schedule, 2.0, 0.1, share) for share in shares]) <= 0)


def test_clipping_bounds_the_gradient_of_each_member() -> None:
    gradient = torch.tensor([[3.0, 4.0], [0.3, 0.4], [0.0, 0.0]], dtype=torch.float64)
    clip_rows(gradient, 1.0)
    expected = torch.tensor([[0.6, 0.8], [0.3, 0.4], [0.0, 0.0]], dtype=torch.float64)
    torch.testing.assert_close(gradient, expected, rtol=1e-15, atol=0)
