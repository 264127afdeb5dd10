"""Random limits that move with time: exact answers are verified, and so are the costates that they let jump."""

import casadi as ca
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodepth.control import DirectCollocation, Mesh, MultipleShooting, OptimalControlProblem, PathConstraint, solve

METHODS = st.sampled_from(
    [MultipleShooting("rk4", "linear"), DirectCollocation("radau", 3), DirectCollocation("gauss")]
)
UNITS = st.sampled_from([1e-2, 1.0, 1e3])


@settings(derandomize=True, deadline=None, max_examples=25)
@given(METHODS, st.floats(-1.0, 2.0), st.floats(0.1, 1.5), st.floats(0.0, 6.0), UNITS)
def test_a_control_held_by_a_moving_limit(
    method: MultipleShooting | DirectCollocation, slope: float, level: float, swing: float, unit: float
) -> None:
    """x' = u ≤ level + slope t + sin(swing t)/4 towards a far target: the control is on its limit throughout."""

    def limit(t: ca.SX) -> ca.SX:
        return level + slope * t + ca.sin(swing * t) / 4

    problem = OptimalControlProblem(
        name="held",
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [unit * u[0]],
        running_cost=lambda x, u, t, p: (x[0] / unit - 5) ** 2,
        initial_state={"x": 0.0},
        path_constraints=[PathConstraint(lambda x, u, t, p: u[0] - limit(t), -10.0, 0.0)],
    )
    solution = solve(problem, method, Mesh.uniform(30))
    t = np.linspace(0, 1, 20_001)
    rate = level + slope * t + np.sin(swing * t) / 4
    x = np.concatenate([[0.0], np.cumsum((rate[1:] + rate[:-1]) / 2 * np.diff(t))])
    assert solution.cost == pytest.approx(np.trapezoid((x - 5) ** 2, t), rel=1e-3)
    assert solution.certificate is not None
    # Between nodes the mesh may be too coarse, which a certificate is to say.
    assert set(solution.certificate.failures) <= {"between nodes"}, solution.certificate


@settings(derandomize=True, deadline=None, max_examples=25)
@given(METHODS, st.floats(-0.4, 0.4), st.floats(0.1, 0.6), st.floats(2.0, 20.0), UNITS)
def test_a_state_on_a_moving_wall(
    method: MultipleShooting | DirectCollocation, speed: float, gap: float, pull: float, unit: float
) -> None:
    """x' = u, min ∫½u² + pull x, x ≥ 1 − gap + speed t from x = 1: down a parabola, then along the wall to the end.

    u = pull (t − t₁) + speed meets the wall tangentially at t₁, where gap = pull t₁²/2.
    """
    problem = OptimalControlProblem(
        name="wall",
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [unit * u[0]],
        running_cost=lambda x, u, t, p: u[0] ** 2 / 2 + pull * x[0] / unit,
        initial_state={"x": unit},
        path_constraints=[PathConstraint(lambda x, u, t, p: x[0] / unit - speed * t, 1 - gap)],
    )
    solution = solve(problem, method, Mesh.uniform(30))
    entry = np.sqrt(2 * gap / pull)
    assert solution.certificate is not None
    # Between nodes the mesh may be too coarse, which a certificate is to say.
    assert set(solution.certificate.failures) <= {"between nodes"}, solution.certificate
    # u(0) = −λ(0) where the wall is met well before the end; linear controls on 1/30 err by some percent of it.
    if entry < 0.7:
        expected = pull * entry - speed
        assert solution.costates[0, 0] * unit == pytest.approx(expected, abs=0.05 * (abs(expected) + abs(speed)))
