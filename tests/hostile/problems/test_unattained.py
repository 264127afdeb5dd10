"""Random costs that fall for ever in the final time are never verified, and those with a minimum are, in every unit."""

import casadi as ca
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodepth.control import FreeTime, Mesh, OptimalControlProblem, solve, verify

UNITS = st.sampled_from([1e-3, 1.0, 1e4])


def trip(power: float, level: float, toll: float, unit: float, guess: float, decay: str) -> OptimalControlProblem:
    """x' = u from 0 to 1 at ∫u² = 1/T, with a terminal cost that falls in T, or with a toll that makes time dear."""

    def terminal(x: ca.SX, t: ca.SX, p: ca.SX) -> ca.SX:
        time = t / unit
        falling = ca.exp(-power * time) if decay == "exponential" else (1 + time) ** -power
        return level + falling + toll * time

    return OptimalControlProblem(
        name="trip",
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [u[0] / unit],
        running_cost=lambda x, u, t, p: u[0] ** 2 / unit,
        terminal_cost=terminal,
        initial_state={"x": 0.0},
        final_state={"x": 1.0},
        final_time=FreeTime(guess * unit, 0.01 * unit),
    )


FAMILY = (st.floats(0.5, 2.0), st.sampled_from([0.0, 1.0, -3.0]), UNITS, st.floats(0.1, 10.0))
DECAYS = st.sampled_from(["power", "exponential"])


@settings(derandomize=True, deadline=None, max_examples=12)
@given(*FAMILY, DECAYS)
def test_what_falls_for_ever_is_never_verified(
    power: float, level: float, unit: float, guess: float, decay: str
) -> None:
    problem = trip(power, level, 0.0, unit, guess, decay)
    solution = solve(problem, mesh=Mesh.uniform(10), raise_on_failure=False)
    assert not (solution.success and verify(problem, solution).holds)


@settings(derandomize=True, deadline=None, max_examples=12)
@given(*FAMILY, DECAYS, st.floats(0.05, 2.0))
def test_a_minimum_is_verified(power: float, level: float, unit: float, guess: float, decay: str, toll: float) -> None:
    problem = trip(power, level, toll, unit, guess, decay)
    solution = solve(problem, mesh=Mesh.uniform(10))
    certificate = verify(problem, solution)
    assert certificate.holds, certificate
    assert certificate["attained"].value == pytest.approx(0.0)
