"""verify certifies right answers and denies wrong ones: perturbed, not optimal, too coarse, failed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geodepth.control import (
    DirectCollocation,
    FreeTime,
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    ProblemError,
    Solution,
    Status,
    solve,
    verify,
)
from geodepth.control.problems import load
from geodepth.control.verification.resimulation import end_to_end


def decay(final: float | None = None) -> OptimalControlProblem:
    """x' = −x + u from 1.5, min ½∫x² + u² over T = 2, the end free or given."""
    return OptimalControlProblem(
        name="decay",
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [-x[0] + u[0]],
        running_cost=lambda x, u, t, p: (x[0] ** 2 + u[0] ** 2) / 2,
        initial_state={"x": 1.5},
        final_state=None if final is None else {"x": final},
        final_time=2.0,
    )


def two_wells() -> OptimalControlProblem:
    """x(1) is drawn to either of two wells; to stay at 0 between them is stationary, and a saddle."""
    return OptimalControlProblem(
        name="two wells",
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [u[0]],
        running_cost=lambda x, u, t, p: 0.01 * u[0] ** 2,
        terminal_cost=lambda x, t, p: (x[0] ** 2 - 1) ** 2,
        initial_state={"x": 0.0},
    )


@pytest.mark.parametrize("method", [MultipleShooting("rk4", "linear"), DirectCollocation("radau", 3)], ids=str)
def test_a_right_answer_is_certified(method: MultipleShooting | DirectCollocation) -> None:
    classic = load("brachistochrone")
    problem = classic.build()
    solution = solve(problem, method, Mesh.uniform(30), guess=classic.guess)
    assert solution.certificate is not None
    assert solution.certificate.holds
    certificate = verify(problem, solution)
    assert certificate.holds, str(certificate)
    # The estimate must not promise more than is true: the cycloid's time is known.
    actual = abs(solution.cost - 0.824759143157) / 0.824759143157
    assert actual <= 2 * certificate.cost_error
    # RK4 on 30 intervals errs by (1/30)⁴ ≈ 1e-6 times derivatives of order one.
    assert certificate.cost_error < 1e-6
    lines = str(certificate).splitlines()
    assert lines[0] == "certificate of 'brachistochrone': verified to 1e-03"
    assert all("holds" in line or "noted" in line for line in lines[1:])


def test_a_control_off_by_one_percent_is_denied() -> None:
    problem = decay()
    solution = solve(problem)
    wrong = replace(solution, controls=1.01 * solution.controls, control_values=1.01 * solution.control_values)
    assert verify(problem, solution, finer=False).holds
    failures = verify(problem, wrong, finer=False).failures
    assert {"cost as stated", "feasibility", "stationarity"} <= set(failures)


def test_a_wrong_control_with_its_own_states_is_denied() -> None:
    """The 1 % goes through the dynamics and the cost is stated as it is: only optimality is missing."""
    problem = decay()
    solution = solve(problem)
    values = 1.01 * solution.control_values
    states = [np.array([1.5])]
    # One RK4 step of the linear x' = −x + u is exact to Taylor's fourth order: R(h) x + (1 − R(h)) u.
    h = 2.0 / 40
    factor = 1 - h + h**2 / 2 - h**3 / 6 + h**4 / 24
    for value in values[:, 0]:
        states.append(factor * states[-1] + (1 - factor) * value)
    wrong = replace(solution, controls=values.mean(axis=1), control_values=values, states=np.array(states))
    certificate = verify(problem, wrong, finer=False)
    assert certificate["feasibility"].passed
    assert "stationarity" in certificate.failures


def test_a_saddle_point_is_denied_though_it_is_stationary() -> None:
    problem = two_wells()
    # From the symmetric guess Newton's method cannot leave x = 0; the Hamiltonian is minimal in u there.
    middle = solve(problem, mesh=Mesh.uniform(10), guess={"x": 0.0, "u": 0.0})
    assert abs(middle.states).max() < 1e-8
    certificate = verify(problem, middle, finer=False)
    assert certificate.failures == ("curvature",)
    right = solve(problem, mesh=Mesh.uniform(10), guess={"x": (0.0, 1.0), "u": 1.0})
    assert verify(problem, right, finer=False).holds


def test_a_feasible_point_that_is_not_optimal_is_denied() -> None:
    """The straight line from end to end satisfies x' = −x + u exactly with u = x + x'; it costs more than needed."""
    problem = decay(final=1.0)
    method = DirectCollocation("gauss", 3)
    solution = solve(problem, method, Mesh.uniform(10))

    def line(t: Any) -> Any:
        return 1.5 - 0.25 * t

    def density(t: float) -> float:
        return float(line(t) ** 2 + (line(t) - 0.25) ** 2) / 2

    points = solution.times[:-1, None] + 0.2 * solution.control_points
    controls = (line(points) - 0.25)[:, :, None]
    states, inner = line(solution.times)[:, None], line(points)[:, :, None]
    wrong = replace(
        solution, states=states, inner_states=inner, control_values=controls, controls=controls.mean(axis=1)
    )
    # ∫ of a quadratic: Simpson's rule on the ends and the middle.
    wrong = replace(
        wrong,
        cost=float(2 / 6 * (density(0) + 4 * density(1) + density(2))),
        controls=(line((solution.times[1:] + solution.times[:-1]) / 2) - 0.25)[:, None],
    )
    certificate = verify(problem, wrong, finer=False)
    assert certificate["feasibility"].passed
    assert certificate["cost as stated"].passed
    assert "stationarity" in certificate.failures


def test_a_mesh_that_is_too_coarse_is_denied() -> None:
    problem = decay(final=1.0)
    coarse = solve(problem, MultipleShooting("euler"), Mesh.uniform(4))
    assert coarse.success
    assert coarse.certificate is not None
    assert not coarse.certificate.holds
    assert {"re-simulation", "finer mesh"} <= set(verify(problem, coarse).failures)
    # The dynamics are right here, and the control's three pieces are not enough.
    steps = solve(problem, MultipleShooting("rk4"), Mesh.uniform(3))
    assert {"minimum in u", "finer mesh"} <= set(verify(problem, steps).failures)


def test_a_failed_solver_is_not_believed() -> None:
    classic = load("brachistochrone")
    problem = classic.build()
    stopped = solve(problem, max_iterations=5, guess=classic.guess, raise_on_failure=False)
    assert stopped.certificate is None
    assert "solver status" in verify(problem, stopped, finer=False).failures
    liar = replace(stopped, status=Status.SOLVED)
    assert set(verify(problem, liar, finer=False).failures) & {"feasibility", "stationarity"}


def test_a_costate_with_the_wrong_sign_is_denied() -> None:
    problem = decay(final=1.0)
    solution = solve(problem)
    wrong = replace(solution, interval_costates=-solution.interval_costates)
    assert {"Hamiltonian", "minimum in u"} <= set(verify(problem, wrong, finer=False).failures)


def test_certificates_go_into_files_and_come_back(tmp_path: Path) -> None:
    problem = decay()
    solution = solve(problem, DirectCollocation("radau", 2), Mesh.uniform(12))
    loaded = Solution.load(solution.save(tmp_path / "decay"))
    assert loaded.certificate == solution.certificate
    assert loaded.method == solution.method
    # What was saved is enough to verify the loaded solution anew, multipliers included.
    assert verify(problem, loaded).holds


def test_what_cannot_be_verified_is_refused() -> None:
    problem = decay()
    solution = solve(problem, mesh=Mesh.uniform(5))
    with pytest.raises(ProblemError, match="give the problem solved"):
        verify(two_wells(), replace(solution, state_names=("y",)))
    with pytest.raises(ProblemError, match="solve again"):
        verify(problem, replace(solution, iterate=None))
    for accuracy in (2, 1, 0, -0.5):
        with pytest.raises(ProblemError, match=f"accuracy is {accuracy}"):
            verify(problem, solution, accuracy=accuracy)
    with pytest.raises(ProblemError, match="give the Solution"):
        verify(problem, "solution")  # type: ignore[arg-type]


def shortest_time(least: float) -> OptimalControlProblem:
    """From rest to rest over 1, where time and energy cost: not before the least time."""
    return OptimalControlProblem(
        name="shortest time",
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], u[0]],
        running_cost=lambda x, u, t, p: 1 + u[0] ** 2,
        initial_state={"x": 0.0, "v": 0.0},
        final_state={"x": 1.0, "v": 0.0},
        final_time=FreeTime(5.0, least, 10.0),
    )


def test_a_free_end_time_is_checked_inside_its_bounds_alone() -> None:
    """T + 12/T³ is least where T⁴ = 36."""
    problem = shortest_time(0.5)
    solution = solve(problem, DirectCollocation())
    assert solution.certificate is not None
    # The solver ends 2e-8 below it.
    assert solution.cost == pytest.approx(36**0.25 + 12 / 36**0.75, rel=1e-6)
    # H(T) = 0 to the solver's tolerance.
    assert solution.certificate["free end time"].value < 1e-6
    late = solve(shortest_time(4.0), DirectCollocation())
    assert late.certificate is not None
    assert "free end time" not in {check.name for check in late.certificate.checks}
    denied = verify(problem, late, finer=False)
    # H = 1 − 36/T⁴ along a least-energy path, of terms that sum to at most 1 + 108/T⁴, at its ends: Gauss points are
    # a little inside.
    assert denied["free end time"].value == pytest.approx((1 - 36 / 4**4) / (1 + 108 / 4**4), rel=5e-3)
    assert "free end time" in denied.failures


def test_linear_controls_lead_from_end_to_end() -> None:
    """Least energy asks for a control that is linear in time, which RK4 carries exactly."""
    problem = replace(shortest_time(0.5), final_time=2.0)
    solution = solve(problem, MultipleShooting(control="linear"), Mesh.uniform(5))
    # To the simulation's own tolerance of 1e-10, some dozen steps long.
    np.testing.assert_allclose(end_to_end(problem, solution), [1.0, 0.0], atol=1e-8)
    assert verify(problem, solution, finer=False)["end to end"].value < 1e-8
