"""Multiple shooting: one interval is single shooting; choices that do not exist are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geodepth.control import FreeParameter, Mesh, MultipleShooting, OptimalControlProblem, ProblemError, rk4, solve


@pytest.mark.parametrize("integrator", ["rk5", ""])
def test_unknown_integrators_and_controls_are_refused(integrator: str) -> None:
    with pytest.raises(ProblemError, match="choose one of"):
        MultipleShooting(integrator)
    with pytest.raises(ProblemError, match="choose one of"):
        MultipleShooting(control="cubic")


def test_single_shooting_is_the_limit_of_one_interval() -> None:
    """Double integrator, least energy: u = 6 − 12t, cost 6, by one interval; and by a cubic in time, which knows it."""
    shared: dict[str, Any] = {
        "name": "single",
        "states": ("x", "v"),
        "initial_state": {"x": -1.0, "v": 0.0},
        "final_state": {"x": 0.0, "v": 0.0},
    }
    linear = OptimalControlProblem(
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], u[0]],
        running_cost=lambda x, u, t, p: u[0] ** 2 / 2,
        **shared,
    )
    one = solve(linear, MultipleShooting(rk4(10), "linear"), Mesh.uniform(1))
    assert one.control_values[0, :, 0] == pytest.approx([6.0, -6.0], abs=1e-8)
    assert one.costates == pytest.approx(np.array([[-12.0, -6.0], [-12.0, 6.0]]), abs=1e-8)

    def control(t: Any, p: Any) -> Any:
        return p[0] + p[1] * t + p[2] * t**2 + p[3] * t**3

    cubic = OptimalControlProblem(
        controls=(),
        dynamics=lambda x, u, t, p: [x[1], control(t, p)],
        running_cost=lambda x, u, t, p: control(t, p) ** 2 / 2,
        parameters={f"c{i}": FreeParameter(0.0) for i in range(4)},
        **shared,
    )
    whole = solve(cubic, MultipleShooting(rk4(40)), Mesh.uniform(1))
    # RK4 integrates the cubic controls' quartic costs to (1/40)⁴.
    assert whole.cost == pytest.approx(6.0, rel=1e-5)
    assert [whole.parameters[f"c{i}"] for i in range(4)] == pytest.approx([6, -12, 0, 0], abs=1e-3)
