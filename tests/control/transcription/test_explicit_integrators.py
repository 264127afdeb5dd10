"""The measured order of an explicit integrator is its own."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from geodepth.control import ExplicitRungeKutta, euler, rk4


@pytest.mark.parametrize("method", [euler(), rk4(), euler(3), rk4(2)], ids=lambda m: f"{m.name}-{m.substeps}")
def test_measured_order_of_an_integrator_is_its_own(method: ExplicitRungeKutta) -> None:
    """x' = x cos t from x(0) = 1 has x = exp(sin t); the slope of log error on log step is the order."""
    counts = np.array([10, 20, 40, 80])
    errors = []
    for count in counts:
        state = np.array([1.0])
        step = 2.0 / count

        def rate(x: Any, fraction: float, start: float, step: float = step) -> Any:
            return x * np.cos(start + fraction * step)

        for k in range(count):
            state = method.advance(partial(rate, start=k * step), state, step)
        errors.append(abs(state[0] - np.exp(np.sin(2.0))))
    slope = np.polyfit(np.log(1.0 / counts), np.log(errors), 1)[0]
    assert slope == pytest.approx(method.order, abs=0.3)
