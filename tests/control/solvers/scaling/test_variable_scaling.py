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
    """With scales by hand or automatic, the scaled programs are the same numbers: the same iterations and digits."""
    for unit, by_hand in ((2.0**20, True), (2.0**20, False), (1e9, False), (1e-9, False)):
        given = (dict.fromkeys("xvu", size) if by_hand else "automatic" for size in (1.0, unit))
        small, large = (
            solve(heavy(size), mesh=Mesh.uniform(10), solver=solver, scaling=scaling)
            for size, scaling in zip((1.0, unit), given, strict=True)
        )
        assert large.statistics["iterations"] == small.statistics["iterations"]
        assert large.cost == pytest.approx(small.cost, rel=1e-12)
        assert large.states == pytest.approx(unit * small.states, abs=1e-11 * unit)
        assert large.costates == pytest.approx(small.costates / unit, abs=1e-10 / unit)


@pytest.mark.parametrize("scaling", [{"y": 1.0}, {"x": 0.0}, {"x": "big"}, {"x": float("nan")}, "by magic"])
def test_bad_scales_are_refused(double_integrator: OptimalControlProblem, scaling: Any) -> None:
    with pytest.raises(ProblemError, match="scaling"):
        solve(double_integrator, scaling=scaling)
