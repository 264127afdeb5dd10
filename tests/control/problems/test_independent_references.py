"""References of problems without a closed form, solved again by means that share nothing with direct transcription."""

from __future__ import annotations

from collections.abc import Callable

import casadi as ca
import numpy as np
import pytest
from scipy.integrate import solve_bvp, solve_ivp
from scipy.optimize import fsolve

from geodepth.control import Mesh, MultipleShooting, Solution, solve
from geodepth.control.problems import ClassicProblem, load
from geodepth.control.problems.bang_bang import two_link_arm
from geodepth.control.problems.smooth import longest_flight
from geodepth.control.verification.between_nodes.worst_places import grid_of, worst_places
from geodepth.control.verification.resimulation import resimulate

from .test_library import solved


def pontryagin(name: str) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Rates of states, costates and cost, with the control that minimizes a Hamiltonian quadratic in it."""
    problem = load(name).build()
    x, costate = ca.SX.sym("x", len(problem.states)), ca.SX.sym("l", len(problem.states))
    u = ca.SX.sym("u", len(problem.controls))
    rates, cost = problem.functions.dynamics(x, u, 0, []), problem.functions.running_cost(x, u, 0, [])
    hamiltonian = cost + ca.dot(costate, rates)
    curvature, slope = ca.hessian(hamiltonian, u)
    best = -ca.solve(curvature, ca.substitute(slope, u, 0))
    along = ca.vertcat(rates, -ca.gradient(hamiltonian, x), cost)
    field = ca.Function("field", [x, costate], [ca.substitute(along, u, best)])
    n = len(problem.states)
    return lambda t, y: np.array(field.map(y.shape[1])(y[:n], y[n : 2 * n]))


@pytest.mark.parametrize("name", ["low-thrust-transfer", "quadrotor"])
def test_pontryagins_equations_have_this_optimum(name: str) -> None:
    """By SciPy's solve_bvp on states, costates and cost, between the ends of the problem."""
    classic, direct = load(name), solved(name)
    first, last = direct.states[0], direct.states[-1]
    n = first.size

    def ends(start: np.ndarray, end: np.ndarray) -> np.ndarray:
        return np.concatenate([start[:n] - first, end[:n] - last, [start[-1]]])

    guess = np.vstack([direct.states.T, direct.costates.T, np.linspace(0.0, direct.cost, direct.times.size)])
    found = solve_bvp(pontryagin(name), ends, direct.times, guess, tol=1e-7, max_nodes=5000)
    assert found.status == 0
    # solve_bvp's tolerance is of the residual, relative; its order is 4.
    assert classic.reference == pytest.approx(found.y[-1, -1], rel=1e-8)


def test_the_longest_flight_by_its_two_first_costates() -> None:
    """H = −v a + q v b + r (1/2 − b), least in a direction against its gradient; q is constant, and r ends at zero."""

    def rates(z: np.ndarray, q: float) -> list[float]:
        direction = np.array([z[2], z[3] - q * z[2]]) / np.hypot(z[2], z[3] - q * z[2])
        a, b = direction
        return [z[2] * a, z[2] * b, longest_flight.THRUST - b, a - q * b]

    def end(costates: np.ndarray) -> np.ndarray:
        start = [0.0, 0.0, 0.0, costates[1]]
        path = solve_ivp(
            lambda t, z: rates(z, costates[0]), (0.0, longest_flight.TIME), start, "DOP853", rtol=1e-11, atol=1e-12
        )
        return np.asarray(path.y[:, -1])

    def misses(costates: np.ndarray) -> np.ndarray:
        return end(costates)[[1, 3]] - [longest_flight.HEIGHT, 0.0]

    costates = fsolve(misses, [-0.5, -1.5], xtol=1e-12)
    assert np.abs(misses(costates)).max() < 1e-9
    assert load("longest-flight").reference == pytest.approx(end(costates)[0], abs=1e-9)


def test_the_arm_of_two_links_by_its_three_switches() -> None:
    """The shoulder's torque jumps once and the elbow's twice: four unknown times, and four ends to meet."""
    x, u = ca.SX.sym("x", 4), ca.SX.sym("u", 2)
    field = ca.Function("field", [x, u], [ca.vertcat(*two_link_arm.dynamics(x, u, 0, None))])
    start = np.array(list(two_link_arm.START.values()))
    final = np.array(list((two_link_arm.START | two_link_arm.END).values()))

    def misses(times: np.ndarray) -> np.ndarray:
        state, moment = start, 0.0
        for torques, until in zip(([1, 1], [1, -1], [-1, -1], [-1, 1]), times, strict=True):
            path = solve_ivp(
                lambda t, z, torques=torques: np.array(field(z, torques)).ravel(),
                (moment, until),
                state,
                "DOP853",
                rtol=1e-11,
                atol=1e-12,
            )
            state, moment = path.y[:, -1], until
        return np.asarray(state - final)

    times = fsolve(misses, [0.95, 1.5, 2.6, 3.0], xtol=1e-12)
    assert np.abs(misses(times)).max() < 1e-9
    assert load("two-link-arm").reference == pytest.approx(times[-1], abs=1e-8)
    # The same torques in the direct solution, whose intervals are 0.03 long.
    direct = solved("two-link-arm")
    middles = (direct.times[1:] + direct.times[:-1]) / 2
    arcs = np.searchsorted(times[:-1], middles)
    clear = np.abs(middles[:, None] - times[:-1]).min(axis=1) > 0.05
    torques = np.array([[1, 1], [1, -1], [-1, -1], [-1, 1]])[arcs]
    assert direct.controls[clear] == pytest.approx(torques[clear], abs=1e-3)


def touched(classic: ClassicProblem, intervals: int) -> Solution:
    """By linear controls, with nodes put where the path is beyond a bound between nodes, until none is worth 1e-7."""
    problem, method, mesh = classic.build(), MultipleShooting("rk4", "linear"), classic.mesher(intervals)
    for _ in range(8):
        solution = solve(problem, method, mesh, tolerance=1e-11, effort="once")
        assert isinstance(solution, Solution)
        assert solution.certificate is not None
        if solution.certificate["cost between nodes"].value < 1e-7:
            return solution
        places = worst_places(problem, solution, resimulate(problem, solution, grid_of(problem, solution)))
        assert places is not None
        new = np.array([place.time for place in places if place.violation > 1e-10]) / solution.times[-1]
        mesh = Mesh(np.unique(np.concatenate([mesh.breakpoints, new])))
    raise AssertionError("nodes do not mend it")


def test_robbins_path_touches_its_bound_between_equal_intervals() -> None:
    """On 400 to 3200 equal intervals it is below it by 3e-6 at its first touch, and costs 1.4e-4 too little."""
    classic = load("robbins")
    # Linear controls cost h⁴ more than the least: 1.3e-5 on 200 intervals.
    assert classic.reference < touched(classic, 200).cost < classic.reference * (1 + 1e-6)
    equal = solved("robbins")
    assert equal.cost < classic.reference - 1e-4
    assert equal.certificate is not None
    assert equal.cost * (1 + equal.certificate["cost between nodes"].value) > classic.reference


def test_constant_controls_extrapolated_follow_the_parabola() -> None:
    classic = load("jacobson-lele")
    coarse, fine = (
        solve(classic.build(), MultipleShooting("rk4", "constant"), Mesh.uniform(k), tolerance=1e-10, certify=False)
        for k in (100, 200)
    )
    assert classic.reference == pytest.approx(fine.cost + (fine.cost - coarse.cost) / 3, rel=1e-6)
