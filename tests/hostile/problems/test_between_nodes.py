"""Random obstacles between nodes: a path that is verified keeps away from them, whatever the mesh saw."""

import casadi as ca
import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from geodepth.control import FreeTime, Mesh, OptimalControlProblem, PathConstraint, Solution, refine, solve

FAMILY = st.tuples(
    st.floats(0.15, 0.85),
    st.floats(-1.0, 1.0),
    st.floats(-2.0, -0.8).map(lambda e: 10**e),
    st.sampled_from([1e-2, 1.0, 1e5]),
    st.booleans(),
)
"""Place and offset (as a share of the radius) of a disc, its radius, the unit of length, and how it is stated."""


def crossing(place: float, aside: float, radius: float, unit: float, shifted: bool) -> OptimalControlProblem:
    """From (0, 0) to (1, 0) at speed 1, in this unit, around a disc near the straight way."""
    known = radius**2 if shifted else 0.0

    def room(x: ca.SX, u: ca.SX, t: ca.SX, p: ca.SX) -> ca.SX:
        return (x[0] / unit - place) ** 2 + (x[1] / unit - aside * radius) ** 2 - known

    return OptimalControlProblem(
        name="crossing",
        states=("x", "y"),
        controls=("a",),
        dynamics=lambda x, u, t, p: [unit * ca.cos(u[0]), unit * ca.sin(u[0])],
        terminal_cost=lambda x, t, p: t,
        initial_state={"x": 0, "y": 0},
        final_state={"x": unit, "y": 0},
        final_time=FreeTime(1, 0.5, 3),
        control_bounds={"a": (-1.5, 1.5)},
        path_constraints=[PathConstraint(room, radius**2 - known)],
    )


def clearance(problem: OptimalControlProblem, solution: Solution, place: float, aside: float, radius: float) -> float:
    """The least distance from the disc along the path, simulated by SciPy from every node; in the unit of length."""
    unit, least = float(np.max((problem.final_state or {})["x"])), np.inf
    for k, (first, last) in enumerate(zip(solution.times[:-1], solution.times[1:], strict=True)):
        times = np.linspace(first, last, 200)

        def rate(t: float, x: np.ndarray, k: int = k) -> np.ndarray:
            inside = np.clip(t, solution.times[k], np.nextafter(solution.times[k + 1], 0))
            angle = solution.sample(inside).controls[0, 0]
            return unit * np.array([np.cos(angle), np.sin(angle)])

        found = solve_ivp(rate, (first, last), solution.states[k], t_eval=times, rtol=1e-9, atol=1e-12 * unit)
        away = np.hypot(found.y[0] / unit - place, found.y[1] / unit - aside * radius) - radius
        least = min(least, float(away.min()))
    return least


@settings(derandomize=True, deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(FAMILY, st.integers(7, 40))
def test_a_plain_solve_that_is_verified_keeps_away(family: tuple[float, ...], intervals: int) -> None:
    problem = crossing(*family)  # type: ignore[arg-type]
    solution = solve(problem, mesh=Mesh.uniform(intervals), raise_on_failure=False)
    if solution.certificate is None or "between nodes" in solution.certificate.failures:
        return
    # What a certificate lets pass is a share of 1e-3 of the way; within reach of the disc far less.
    assert clearance(problem, solution, *family[:3]) > -1e-3


@settings(derandomize=True, deadline=None, max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(FAMILY)
def test_refinement_keeps_away_or_says_that_it_does_not(family: tuple[float, ...]) -> None:
    problem = crossing(*family)  # type: ignore[arg-type]
    solution = refine(problem, tolerance=1e-5, raise_on_failure=False)
    if not solution.success:
        return
    assert solution.certificate is not None
    away = clearance(problem, solution, *family[:3])
    assert (away > -1e-3) or "between nodes" in solution.certificate.failures
