"""Scales make units immaterial, and are refused where they are none."""

from __future__ import annotations

from typing import Any

import pytest

from geodepth.control import FreeTime, Mesh, OptimalControlProblem, ProblemError, solve


def heavy(unit: float) -> OptimalControlProblem:
    """The double integrator in units that make position 1/unit times as large: nothing else changes."""
    return OptimalControlProblem(
        name="heavy",
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], u[0]],
        running_cost=lambda x, u, t, p: (u[0] / unit) ** 2 / 2,
        initial_state={"x": -unit, "v": 0.0},
        final_state={"x": 0.0, "v": 0.0},
        control_bounds={"u": (-5 * unit, 5 * unit)},
        final_time=FreeTime(1.0, 0.9, 1.0),
    )


@pytest.mark.parametrize("solver", ["ipopt", "fatrop"])
def test_scaling_makes_units_immaterial(solver: str) -> None:
    """With units a power of two, the scaled programs are the same numbers: the same iterations, the same digits."""
    unit = 2.0**20
    by_hand = {"x": unit, "v": unit, "u": unit}
    small = solve(heavy(1.0), mesh=Mesh.uniform(10), solver=solver)
    large = solve(heavy(unit), mesh=Mesh.uniform(10), solver=solver, scaling=by_hand)
    assert large.statistics["iterations"] == small.statistics["iterations"]
    assert large.cost == pytest.approx(small.cost, rel=1e-14)
    assert large.states == pytest.approx(unit * small.states, abs=1e-12 * unit)
    assert large.costates == pytest.approx(small.costates / unit, abs=1e-12 / unit)
    # Automatically the speed, whose guess is zero, stays unscaled; the answer is the same to the tolerance.
    automatic = solve(heavy(unit), mesh=Mesh.uniform(10), solver=solver)
    assert automatic.cost == pytest.approx(small.cost, rel=1e-7)


@pytest.mark.parametrize("scaling", [{"y": 1.0}, {"x": 0.0}, {"x": "big"}, {"x": float("nan")}, "by magic"])
def test_bad_scales_are_refused(double_integrator: OptimalControlProblem, scaling: Any) -> None:
    with pytest.raises(ProblemError, match="scaling"):
        solve(double_integrator, scaling=scaling)
