"""Along constraints with time in them dH/dt = ∂H/∂t + μ ∂g/∂t, and those on states alone let costates jump."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geodepth.control import (
    DirectCollocation,
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    PathConstraint,
    refine,
    solve,
    verify,
)
from geodepth.control.solvers.program import Program
from geodepth.control.transcription.transcription import Method
from geodepth.control.verification.quick_certificate import quick_certificate

METHODS = [
    MultipleShooting("rk4"),
    MultipleShooting("rk4", "linear"),
    MultipleShooting("radau", "stages"),
    DirectCollocation("radau", 3),
    DirectCollocation("gauss", 2),
]


def problem(
    states: tuple[str, ...], dynamics: Any, cost: Any, start: dict[str, float], **more: Any
) -> OptimalControlProblem:
    return OptimalControlProblem(
        name="limits", states=states, controls=("u",), dynamics=dynamics, running_cost=cost, initial_state=start, **more
    )


def moving_control_limit() -> OptimalControlProblem:
    """x' = u ≤ t + 0.2 towards 2 from 0: u = t + 0.2 throughout, x = t²/2 + t/5."""
    return problem(
        ("x",),
        lambda x, u, t, p: [u[0]],
        lambda x, u, t, p: (x[0] - 2) ** 2,
        {"x": 0.0},
        path_constraints=[PathConstraint(lambda x, u, t, p: u[0] - t, -1, 0.2)],
    )


def moving_wall() -> OptimalControlProblem:
    """x' = u, min ∫½u² + 10 x, x ≥ 0.5 − t/4 from x = 1 to T = 1: u = −a + 10 t down to the wall, then along it."""
    return problem(
        ("x",),
        lambda x, u, t, p: [u[0]],
        lambda x, u, t, p: u[0] ** 2 / 2 + 10 * x[0],
        {"x": 1.0},
        path_constraints=[PathConstraint(lambda x, u, t, p: x[0] + t / 4, 0.5)],
    )


def bryson_denham(as_path: bool) -> OptimalControlProblem:
    """x'' = u from speed 1 to −1 under x ≤ 1/9: u(0) = −6, on the wall from 1/3 to 2/3, cost 4."""
    limit = 1 / 9
    return problem(
        ("x", "v"),
        lambda x, u, t, p: [x[1], u[0]],
        lambda x, u, t, p: u[0] ** 2 / 2,
        {"x": 0.0, "v": 1.0},
        final_state={"x": 0.0, "v": -1.0},
        **(
            {"path_constraints": [PathConstraint(lambda x, u, t, p: x[0], upper=limit)]}
            if as_path
            else {"state_bounds": {"x": (-1.0, limit)}}
        ),
    )


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_a_moving_limit_of_the_control_explains_the_hamiltonian(method: Method) -> None:
    stated = moving_control_limit()
    solution = solve(stated, method)
    assert solution.certificate is not None
    # Constant controls follow the limit to an interval of 1/40, and H with them; the others far better.
    assert solution.certificate["Hamiltonian"].value < 1e-2
    # Without the multipliers' part H would drift by more than that.
    assert solution.iterate is not None
    none = replace(solution.iterate, constraint_multipliers=0 * solution.iterate.constraint_multipliers)
    program = Program(method.transcribe(stated, Mesh.uniform(40)))
    assert not quick_certificate(stated, replace(solution, iterate=none), program)["Hamiltonian"].passed


def test_the_exact_answer_under_a_moving_limit_is_verified() -> None:
    stated = moving_control_limit()
    solution = refine(stated)
    t = np.linspace(0, 1, 100_001)
    assert solution.cost == pytest.approx(np.trapezoid((t**2 / 2 + t / 5 - 2) ** 2, t), rel=1e-8)
    assert solution.certificate is not None
    assert solution.certificate.holds, solution.certificate
    assert verify(stated, solution).holds


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_a_moving_wall_is_verified_with_its_costate(method: Method) -> None:
    """u is the wall's speed at the entry: 1 − a t₁ + 5 t₁² = 1/2 − t₁/4 and −a + 10 t₁ = −1/4, so t₁ = √(1/10)."""
    stated = moving_wall()
    solution = solve(stated, method, Mesh.uniform(40))
    entry = np.sqrt(0.1)
    assert solution.costates[0, 0] == pytest.approx(0.25 + 10 * entry, rel=2e-2)
    assert solution.certificate is not None
    assert solution.certificate.holds, solution.certificate
    # On the wall H = ½u² + 10x + λu with u = −1/4 and λ = 1/4: it falls at 10/4, and ∂H/∂t = 0 does not say why.
    assert solution.iterate is not None
    none = replace(solution.iterate, constraint_multipliers=0 * solution.iterate.constraint_multipliers)
    program = Program(method.transcribe(stated, Mesh.uniform(40)))
    certificate = quick_certificate(stated, replace(solution, iterate=none), program)
    assert "Hamiltonian" in certificate.failures


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_a_constraint_of_second_order_lets_the_costate_of_the_position_jump(method: Method) -> None:
    """λ_x = 18, 0, −18 before, on and behind the wall: it falls by 2/(9 ℓ²) = 18 at each of its ends."""
    bound, path = (solve(bryson_denham(as_path), method, Mesh.uniform(60)) for as_path in (False, True))
    assert path.cost == pytest.approx(bound.cost, rel=1e-6)
    for solution in (bound, path):
        inside = solution.interval_costates[:, :, 0].mean(axis=1)
        middle = (solution.times[1:] + solution.times[:-1]) / 2
        for (first, last), value in (((0.0, 0.3), 18.0), ((0.37, 0.63), 0.0), ((0.7, 1.0), -18.0)):
            part = inside[(middle > first) & (middle < last)]
            assert part == pytest.approx(value, abs=0.02 * 18)
        assert solution.certificate is not None
        assert solution.certificate.holds, solution.certificate
