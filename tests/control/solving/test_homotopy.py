"""A homotopy follows a parameter."""

from __future__ import annotations

import pytest

from geodepth.control import Mesh, MultipleShooting, OptimalControlProblem, ProblemError, homotopy


def test_homotopy_follows_a_parameter(double_integrator: OptimalControlProblem) -> None:
    """A penalty on the end, raised step by step, drives the end to its target at the rate 1/penalty.

    min ½∫u² + (κ/2)(x(1) − 1)² from rest at 0 with free v(1) gives 1 − x(1) = 1/(1 + κ/3).
    """
    problem = OptimalControlProblem(
        name="penalty",
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], u[0]],
        running_cost=lambda x, u, t, p: u[0] ** 2 / 2,
        terminal_cost=lambda x, t, p: p[0] * (x[0] - 1) ** 2 / 2,
        initial_state={"x": 0.0, "v": 0.0},
        parameters={"penalty": 1.0},
    )
    method = MultipleShooting("rk4", "linear")
    values = (1.0, 10.0, 100.0)
    solutions = homotopy(problem, [{"penalty": k} for k in values], method, Mesh.uniform(10))
    assert [1 - s.states[-1, 0] for s in solutions] == pytest.approx([1 / (1 + k / 3) for k in values], rel=1e-7)
    assert solutions[-1].parameters["penalty"] == 100.0
    with pytest.raises(ProblemError, match="schedule is empty"):
        homotopy(problem, [])
    with pytest.raises(ProblemError, match="names 'mass'"):
        homotopy(problem, [{"mass": 1.0}])
