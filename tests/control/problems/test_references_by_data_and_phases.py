"""References of the reactor, the rod, the cracker, the hybrid system and the missile, by means of SciPy's alone."""

from __future__ import annotations

import casadi as ca
import numpy as np
import pytest
from scipy.integrate import solve_bvp, solve_ivp
from scipy.optimize import brentq, fsolve, least_squares

from geodepth.control import FreeTime, OptimalControlProblem, PathConstraint, refine
from geodepth.control.problems import load
from geodepth.control.problems.algebraic import batch_reactor as reactor
from geodepth.control.problems.costs import final_time
from geodepth.control.problems.estimation import gas_oil_cracking as cracking
from geodepth.control.problems.phases import missile
from geodepth.control.problems.phases import staged_hybrid as hybrid
from geodepth.control.problems.stiff import heated_rod as rod

from .test_phases import solved as solved_phases


def test_the_reactor_by_pontryagins_equations() -> None:
    """The hottest until a switch; then k1 = A² (q − p)/(2 c q B), with k2 = c k1², backwards from the end."""
    c = reactor.FACTORS[1] / reactor.FACTORS[0] ** 2
    hottest = reactor.FACTORS[0] * np.exp(-reactor.ENERGIES[0] / reactor.HOTTEST)

    def constant(y: np.ndarray) -> float:
        return float(y[0] ** 2 * (y[3] - y[2]) / (2 * c * y[3] * y[1]))

    def rates(t: float, y: np.ndarray) -> list[float]:
        k = constant(y)
        first = k * y[0] ** 2
        return [-first, first - c * k**2 * y[1], -2 * k * y[0] * (y[3] - y[2]), c * k**2 * y[3]]

    def hot(until: float) -> tuple[float, float]:
        path = solve_ivp(
            lambda t, b: hottest / (1 + hottest * t) ** 2 - c * hottest**2 * b,
            (0.0, until),
            [0.0],
            "DOP853",
            rtol=1e-12,
            atol=1e-14,
        )
        return 1 / (1 + hottest * until), float(path.y[0, -1])

    def misses(z: np.ndarray) -> list[float]:
        y = solve_ivp(rates, (1.0, z[0]), [z[1], z[2], 0.0, 1.0], "DOP853", rtol=1e-12, atol=1e-14).y[:, -1]
        a, b = hot(z[0])
        return [y[0] - a, y[1] - b, constant(y) / hottest - 1]

    found = fsolve(misses, [0.0068, 0.298, 0.611], xtol=1e-12)
    assert np.abs(misses(found)).max() < 1e-9
    assert load("batch-reactor").reference == pytest.approx(found[2], abs=1e-8)


def test_the_rod_in_its_modes() -> None:
    """u = clip(−bᵀp/price), p(t) = width · e^{A(T − t)} (y(T) − wanted): fifty equations for what is left."""
    a, b = rod.matrices()
    rates, modes = np.linalg.eigh(a)
    fed, wanted = modes.T @ b, modes.T @ rod.WANTED
    edges = np.concatenate([[0.0], rod.HORIZON * np.geomspace(1e-6, 1, 60)])
    nodes, weights = np.polynomial.legendre.leggauss(20)

    def free(before_end: np.ndarray, left: np.ndarray) -> np.ndarray:
        return np.asarray(-np.exp(np.outer(before_end, rates)) @ (fed * left) * rod.WIDTH / rod.PRICE)

    def control(left: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        fine = np.unique(np.concatenate([edges, np.linspace(0, rod.HORIZON, 400)]))
        switches = []
        for bound in (-1.0, 1.0):
            beyond = free(fine, left) - bound
            switches += [
                brentq(lambda s, at=bound: float(free(np.array([s]), left)[0]) - at, fine[i], fine[i + 1])
                for i in np.flatnonzero(beyond[:-1] * beyond[1:] < 0)
            ]
        grid = np.unique(np.concatenate([edges, switches]))
        half = np.diff(grid)[:, None] / 2
        times = ((grid[1:] + grid[:-1])[:, None] / 2 + half * nodes).ravel()
        return times, (half * weights).ravel(), np.clip(free(times, left), -1, 1)

    def misses(left: np.ndarray) -> np.ndarray:
        times, weight, u = control(left)
        return np.asarray(np.exp(np.outer(times, rates)).T @ (weight * u) * fed - wanted - left)

    left = fsolve(misses, np.zeros(rod.CELLS), xtol=1e-13)
    assert np.abs(misses(left)).max() < 1e-12
    _, weight, u = control(left)
    optimum = rod.WIDTH * left @ left / 2 + rod.PRICE / 2 * weight @ u**2
    assert load("heated-rod").reference == pytest.approx(optimum, abs=1e-11)


def test_the_constants_and_their_covariance_are_those_of_scipys_least_squares() -> None:
    measured = np.array([cracking.GAS_OIL, cracking.GASOLINE])

    def left(k: np.ndarray) -> np.ndarray:
        path = solve_ivp(
            lambda t, x: cracking.rates(x, k),
            (0.0, cracking.TIMES[-1]),
            [1.0, 0.0],
            "DOP853",
            cracking.TIMES,
            rtol=1e-11,
            atol=1e-13,
        )
        return np.asarray((path.y - measured).ravel())

    found = least_squares(left, [10.0, 8.0, 1.0], xtol=1e-14, ftol=1e-14, gtol=1e-14)
    assert load("gas-oil-cracking").reference == pytest.approx(2 * found.cost, rel=1e-8)
    estimate = cracking.estimated()
    assert list(estimate.values.values()) == pytest.approx(found.x, rel=1e-6)
    assert estimate.degrees_of_freedom == 37
    # SciPy's Jacobian is of forward differences: to the root of rounding, and of the simulation's own error.
    covariance = np.linalg.inv(found.jac.T @ found.jac) * 2 * found.cost / 37
    assert estimate.covariance == pytest.approx(covariance, rel=1e-4)
    # The same constants in the phases, which carry them as states.
    phases = solved_phases("gas-oil-cracking").phases
    assert phases["to 0.95"].states[-1, 2:] == pytest.approx(found.x, rel=1e-6)


def test_the_hybrid_system_by_solve_bvp_with_continuous_hamiltonians() -> None:
    fields = []
    for stage in hybrid.STAGES.values():
        x, costate, u = ca.SX.sym("x", 2), ca.SX.sym("l", 2), ca.SX.sym("u")
        rates = ca.vertcat(*stage(x, [u], 0, None))
        running = hybrid.cost(x, [u], 0, None)
        hamiltonian = running + ca.dot(costate, rates)
        best = ca.substitute(-ca.gradient(hamiltonian, u), u, 0)  # its curvature in u is one
        slopes = ca.vertcat(rates, -ca.gradient(hamiltonian, x), running)
        fields.append(
            ca.Function("field", [x, costate], [ca.substitute(slopes, u, best), ca.substitute(hamiltonian, u, best)])
        )

    def along(s: np.ndarray, y: np.ndarray, times: np.ndarray) -> np.ndarray:
        lengths = np.diff([0.0, *times, hybrid.END])
        return np.vstack(
            [
                length * np.array(field.map(s.size)(y[5 * i : 5 * i + 2], y[5 * i + 2 : 5 * i + 4])[0])
                for i, (field, length) in enumerate(zip(fields, lengths, strict=True))
            ]
        )

    def ends(start: np.ndarray, end: np.ndarray, times: np.ndarray) -> np.ndarray:
        a, b = start.reshape(3, 5), end.reshape(3, 5)
        jumps = [
            float(fields[i](b[i, :2], b[i, 2:4])[1]) - float(fields[i + 1](a[i + 1, :2], a[i + 1, 2:4])[1])
            for i in range(2)
        ]
        last = b[2, 2:4] - (b[2, :2] - np.array(hybrid.GOAL))
        return np.concatenate([a[0, :2] - hybrid.START, [a[0, 4]], b[0] - a[1], b[1] - a[2], last, jumps])

    direct, s = solved_phases("staged-hybrid"), np.linspace(0.0, 1.0, 30)
    guess = []
    for phase in direct.phases.values():
        at = phase.times[0] + s * (phase.times[-1] - phase.times[0])
        guess += [np.interp(at, phase.times, values) for values in (*phase.states.T, *phase.costates.T)] + [s]
    switches = [phase.times[-1] for phase in direct.phases.values()][:2]
    found = solve_bvp(along, ends, s, np.array(guess), p=switches, tol=1e-8, max_nodes=20000)
    assert found.status == 0
    final = float(np.sum((found.y[10:12, -1] - hybrid.GOAL) ** 2) / 2 + found.y[14, -1])
    # solve_bvp's tolerance is of the residual, relative; its order is 4.
    assert load("staged-hybrid").reference == pytest.approx(final, rel=1e-9)
    assert switches == pytest.approx(found.p, abs=1e-5)


def test_the_missile_in_one_phase_over_a_smooth_edge() -> None:
    """As PSOPT states it: 30 m turn into none over some ten metres of x, long after the missile has risen from them."""

    def ground(x: ca.SX, u: ca.SX, t: ca.SX, p: ca.SX) -> ca.SX:
        return x[3] - missile.CLEARANCE * (1 + ca.tanh((missile.OPEN - x[2]) / 10)) / 2

    approach, dive = missile.build().phases
    smooth = OptimalControlProblem(
        name="missile in one phase",
        states=dive.states,
        controls=dive.controls,
        dynamics=missile.dynamics,
        terminal_cost=final_time,
        initial_state=approach.initial_state,
        final_state=dive.final_state,
        state_bounds=dive.state_bounds,
        control_bounds=dive.control_bounds,
        path_constraints=[PathConstraint(missile.load_factor, -4.0, 4.0), PathConstraint(ground, 0.0)],
        final_time=FreeTime(60.0, 10.0, 100.0),
    )
    found = refine(smooth, tolerance=1e-6)
    assert found.certificate is not None
    assert found.certificate.holds
    assert load("missile").reference == pytest.approx(found.cost, rel=1e-6)
