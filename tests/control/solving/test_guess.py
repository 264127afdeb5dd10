"""Guesses of every kind: mappings, earlier solutions, rollouts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import casadi as ca
import numpy as np
import pytest

from geodepth.control import Mesh, MultipleShooting, OptimalControlProblem, ProblemError, Progress, Rollout, solve
from geodepth.control.problems import load


def test_guesses_of_every_kind_lead_to_the_same_optimum() -> None:
    classic = load("brachistochrone")
    problem, mesh = classic.build(), Mesh.uniform(30)
    first = solve(problem, mesh=mesh, guess=classic.guess)
    others: list[Any] = [
        {"v": lambda t: 6 * t, "theta": 1.0, "final_time": 0.8},
        {"v": np.linspace(0, 6, 31), "theta": np.linspace(0.1, 1.5, 30)},
        first,
        solve(problem, mesh=Mesh.uniform(17), guess=classic.guess),
    ]
    for guess in others:
        assert solve(problem, mesh=mesh, guess=guess).cost == pytest.approx(first.cost, rel=1e-8)


@pytest.mark.parametrize("solver", ["ipopt", "fatrop"])
@pytest.mark.parametrize("name", ["brachistochrone", "cart-pole", "zermelo-vortex"])
def test_a_warm_start_is_warm(name: str, solver: str) -> None:
    """From a solution of its own, and from a neighbour's."""
    classic = load(name)
    problem, method, mesh = classic.build(), MultipleShooting("rk4", "linear"), Mesh.uniform(30)
    first = solve(problem, method, mesh, solver, guess=classic.guess, certify=False)
    again = solve(problem, method, mesh, solver, guess=first, certify=False)
    # ipopt takes the multipliers too; fatrop estimates them from the point.
    assert again.statistics["iterations"] < first.statistics["iterations"] * (0.2 if solver == "ipopt" else 1.0)
    # Each bound's barrier of 1e-8 moves the cost by as much again.
    assert again.cost == pytest.approx(first.cost, rel=1e-6)
    moved = {k: 1.01 * v for k, v in (problem.final_state or {}).items()}
    near = replace(problem, final_state=moved)
    cold = solve(near, method, mesh, solver, guess=classic.guess, certify=False)
    warm = solve(near, method, mesh, solver, guess=first, certify=False)
    # fatrop, told the point alone, needs as many where the cold start is good.
    most = cold.statistics["iterations"]
    assert warm.statistics["iterations"] < most or (solver == "fatrop" and warm.statistics["iterations"] == most <= 5)
    assert warm.cost == pytest.approx(cold.cost, rel=1e-6)


def test_a_rollout_is_a_feasible_guess(double_integrator: OptimalControlProblem) -> None:
    """Under u = 2 − 4t from rest, x = t² − 2t³/3 − 1: the guess must satisfy the dynamics to the simulation's 1e-6."""
    seen: list[Progress] = []
    rollout = Rollout({"u": lambda t: 2 - 4 * t})
    free = replace(double_integrator, final_state=None, terminal_cost=lambda x, t, p: x[0] ** 2)
    method = MultipleShooting("rk4", "linear")
    solution = solve(free, method, Mesh.uniform(8), guess=rollout, callback=seen.append)
    states, _, _ = method.transcribe(free, Mesh.uniform(8)).layout.split(seen[0].variables)
    t = solution.times
    assert states[:, 0] == pytest.approx(t**2 - 2 * t**3 / 3 - 1, abs=1e-5)
    assert states[:, 1] == pytest.approx(2 * t - 2 * t**2, abs=1e-5)
    for bad in (Rollout({"w": 1.0}), Rollout({"u": 1.0}, {"y": 1.0}), Rollout({"u": "up"})):
        with pytest.raises(ProblemError, match=r"Rollout|guess"):
            solve(double_integrator, guess=bad)


@pytest.mark.parametrize("rate", [1e2, 1e6, 1e9])
def test_a_rollout_follows_stiff_dynamics(rate: float) -> None:
    """x' = −k (x − cos t) is cos t + O(1/k) soon after its start; explicit steps would need k of them."""
    problem = OptimalControlProblem(
        name="stiff",
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [u[0] - rate * (x[0] - ca.cos(t))],
        running_cost=lambda x, u, t, p: u[0] ** 2,
        initial_state={"x": 1.0},
    )
    seen: list[Progress] = []
    mesh = Mesh.uniform(8)
    solve(problem, MultipleShooting("radau"), mesh, guess=Rollout({"u": 0.0}), callback=seen.append, scaling=None)
    states = np.append(seen[0].variables[:-1].reshape(8, -1)[:, 0], seen[0].variables[-1])
    assert np.max(np.abs(states - np.cos(mesh.breakpoints))) < 1.1 / rate + 1e-5


@pytest.mark.parametrize(
    ("rate", "reason"),
    [
        (lambda x, t: 1e6 * ca.sin(1e9 * t), "evaluations of the dynamics"),
        (lambda x, t: -1e3 * ca.sign(x - 0.5), "evaluations of the dynamics"),
        (lambda x, t: 9 * x**2, r"to t = 0\.11111.*largest state is \d.*e\+1"),
        (lambda x, t: ca.log(x - 1), "NaN or infinite at its start"),
        (lambda x, t: ca.sqrt(x) - 9, "leave every bound"),
    ],
)
def test_a_rollout_that_cannot_be_simulated_says_why(rate: Any, reason: str) -> None:
    problem = OptimalControlProblem(
        "wild", ("x",), ("u",), lambda x, u, t, p: [u[0] + rate(x[0], t)], initial_state={"x": 1.0}
    )
    with pytest.raises(ProblemError, match=reason) as caught:
        solve(problem, guess=Rollout({"u": 0.0}))
    assert "\n" not in str(caught.value)
