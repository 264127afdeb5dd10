"""Algebraic variables in discrete time: an implicit scheme against Riccati, and growth against its closed policy."""

from pathlib import Path
from typing import Any

import casadi as ca
import numpy as np
import pytest

from geodepth.control import (
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    ProblemError,
    Solution,
    prepare,
    sensitivity,
    solve,
    verify,
)

from .test_discrete_time import CAPITAL, FADES, PATIENCE, SHARE

STEP, STEPS = 0.5, 12
A, B, Q, R = 1 / (1 + STEP), STEP / (1 + STEP), 1.0, 0.25
"""Of implicit Euler on x' = u − x: z = x + STEP (u − z)."""


def implicit(**changes: Any) -> OptimalControlProblem:
    """The state one step later is an algebraic variable z, and the cost is taken there."""
    given: dict[str, Any] = {
        "states": ("x",),
        "controls": ("u",),
        "algebraic": ("z",),
        "algebraic_equations": lambda x, z, u, t, p: [z[0] - x[0] - STEP * (u[0] - z[0])],
        "x_next": lambda x, z, u, t, p: [z[0]],
        "steps": STEPS,
        "running_cost": lambda x, z, u, t, p: Q * z[0] ** 2 + R * u[0] ** 2,
        "initial_state": {"x": 2.0},
    }
    return OptimalControlProblem("implicit", **given | changes)


@pytest.mark.parametrize(
    ("solver", "condensed"), [("ipopt", False), ("ipopt", True), ("fatrop", False), ("sqp", False)]
)
def test_an_implicit_scheme_is_riccatis(solver: str, condensed: bool) -> None:
    """V_k = v_k x², with v = min over u of Q z² + R u² + v z², z = A x + B u."""
    value, gains = 0.0, list[float]()
    for _ in range(STEPS):
        later = Q + value
        gains.insert(0, B * later * A / (R + B * B * later))
        value = later * A * (A - B * gains[0])
    found = solve(implicit(), MultipleShooting("map", condensed=condensed), solver=solver, tolerance=1e-10)
    assert found.cost == pytest.approx(4 * value, rel=1e-10)
    np.testing.assert_allclose(found.control("u"), -np.array(gains) * found.state("x")[:-1], atol=1e-8)
    np.testing.assert_allclose(found.algebraic("z"), found.state("x")[1:], atol=1e-12)
    certificate = verify(implicit(), found)
    assert certificate.holds, certificate
    assert certificate["algebraic equations"].value <= 1e-12


NEAR = {"k": 0.2, "c": 0.3}


def growth() -> OptimalControlProblem:
    """Brock and Mirman's, whose harvest's logarithm is an algebraic variable, found by Newton's method."""
    return OptimalControlProblem(
        "growth with a harvest",
        states=("k",),
        controls=("c",),
        algebraic=("log harvest",),
        algebraic_equations=lambda x, z, u, t, p: [ca.exp(z[0]) - x[0] ** p[0]],
        algebraic_bounds={"log harvest": (-4.0, 2.0)},
        x_next=lambda x, z, u, t, p: [ca.exp(z[0]) - u[0]],
        steps=25,
        running_cost=lambda x, z, u, t, p: -(PATIENCE**t) * ca.log(u[0]),
        terminal_cost=lambda x, t, p: -(PATIENCE**t) * FADES * ca.log(x[0]),
        initial_state={"k": CAPITAL},
        state_bounds={"k": (1e-3, 10.0)},
        control_bounds={"c": (1e-3, 10.0)},
        parameters={"share": SHARE},
    )


def test_growth_follows_the_closed_policy_of_its_harvest(tmp_path: Path) -> None:
    found = solve(growth(), tolerance=1e-10, guess=NEAR)
    k, harvest = found.state("k"), np.exp(found.algebraic("log harvest"))
    np.testing.assert_allclose(harvest, k[:-1] ** SHARE, rtol=1e-10)
    np.testing.assert_allclose(found.control("c"), (1 - SHARE * PATIENCE) * harvest, rtol=1e-7)
    np.testing.assert_allclose(found.costate("k"), -(PATIENCE**found.times) * FADES / k, rtol=1e-6)
    assert verify(growth(), found).holds
    # What holds since the last step, as for the states.
    np.testing.assert_allclose(np.exp(found.sample(np.array([2.0, 2.7, 25.0])).algebraic[:, 0]), harvest[[2, 2, 24]])
    read = Solution.load(found.save(tmp_path / "growth.npz"))
    np.testing.assert_array_equal(read.algebraic_values, found.algebraic_values)


def test_bounds_hold_in_every_step_and_not_behind_the_last() -> None:
    """z = x + u, and the next x is z: from 1 to 0 in 5 steps of 0.2, where z may fall to 0 and no lower."""
    problem = OptimalControlProblem(
        "descent",
        states=("x",),
        controls=("u",),
        algebraic=("z",),
        algebraic_equations=lambda x, z, u, t, p: [z[0] - x[0] - u[0]],
        algebraic_bounds={"z": (0.0, 0.7)},
        x_next=lambda x, z, u, t, p: [z[0]],
        steps=5,
        running_cost=lambda x, z, u, t, p: u[0] ** 2,
        initial_state={"x": 1.0},
        final_state={"x": 0.0},
    )
    found = solve(problem)
    # The first step must go to 0.7; four equal ones follow.
    np.testing.assert_allclose(found.algebraic("z"), [0.7, 0.525, 0.35, 0.175, 0.0], atol=1e-7)
    assert found.cost == pytest.approx(0.3**2 + 0.7**2 / 4, rel=1e-7)
    assert verify(problem, found).holds
    assert found.to_xarray()["algebraic"].dims == ("interval", "algebraic_name")
    panel = next(axis for axis in found.plot().axes if axis.get_ylabel() == "algebraic")
    heights = np.asarray(panel.get_lines()[0].get_ydata(), dtype=float)
    np.testing.assert_allclose(heights, np.repeat(found.algebraic("z"), 2), atol=1e-12)


def test_prepared_steps_and_sensitivities_know_them() -> None:
    """∂V/∂k at the start is −α/((1 − αβ) k), from another start too."""
    again = prepare(growth(), tolerance=1e-10)
    for start in (CAPITAL, 0.4):
        found = again.solve(initial_state={"k": start}, guess=NEAR)
        problem = growth().with_values(initial_state={"k": start})
        assert sensitivity(problem, found).cost["initial_state.k"] == pytest.approx(-FADES / start, rel=1e-6)


@pytest.mark.parametrize(
    ("equation", "message"),
    [
        (lambda x, z, u, t, p: [x[0] - u[0]], r"algebraic_equations\[0\] holds none of 'z': a step asks for each"),
        (
            lambda x, z, u, t, p: [0 * z[0] ** 2 + x[0]],
            r"algebraic_equations.* 'z': a step asks for each of them; state",
        ),
        (lambda x, z, u, t, p: [z[0], z[0] - u[0]], "algebraic_equations returns 2 values for the 1 names"),
    ],
)
def test_what_no_step_can_be_solved_for_is_refused(equation: Any, message: str) -> None:
    with pytest.raises(ProblemError, match=message) as raised:
        implicit(algebraic_equations=equation)
    assert "\n" not in str(raised.value)
    assert "derivative" not in str(raised.value)


def test_a_mesh_of_steps_is_the_only_one() -> None:
    with pytest.raises(ProblemError, match="steps"):
        solve(implicit(), mesh=Mesh.uniform(5))
