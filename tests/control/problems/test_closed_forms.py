"""The library's closed forms: costates, switches, corners and arcs, where a problem has them in formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.linalg import solve_continuous_are

from geodepth.control import DirectCollocation, Mesh, MultipleShooting, solve
from geodepth.control.problems import load
from geodepth.control.problems.bang_bang import moon_lander
from geodepth.control.problems.free_time import brachistochrone as cycloid_slide
from geodepth.control.problems.singular import goddard_rocket
from geodepth.control.problems.smooth import linear_quadratic_regulator as regulator
from geodepth.control.problems.state_constrained import rayleigh
from geodepth.control.problems.stiff import hypersensitive, hypersensitive_linear

from .test_library import solved

# Costates are ∂V/∂x: minus those of the sources that maximize the Hamiltonian.


def test_costates_of_the_energy_optimal_double_integrator() -> None:
    solution = solved("double-integrator-energy")
    expected = np.column_stack([np.full(41, -12.0), 12 * solution.times - 6])
    # Linear controls represent the optimum: only the solver's tolerance is left.
    assert solution.costates == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    "method",
    [DirectCollocation("radau", 3), DirectCollocation("gauss", 3), MultipleShooting("radau", "linear")],
    ids=str,
)
def test_costates_and_multipliers_under_a_speed_limit(method: DirectCollocation | MultipleShooting) -> None:
    """λ_x = −38.4 throughout, λ_v = 38.4 t − 9.6 up to the limit; on it, ∫μ dt = 38.4 · ½ is what λ_v would gain."""
    classic = load("double-integrator-energy-speed-bound")
    # Stages see the limit within each interval, explicit shooting only at its nodes.
    solution = solve(classic.build(), method, Mesh.uniform(40), tolerance=1e-13)
    before = solution.times < 0.25 - 1e-9
    # Entry and exit are nodes, and the optimum is a polynomial on each arc: only the solver's tolerance is left.
    assert solution.costates[:, 0] == pytest.approx(-38.4, rel=1e-6)
    assert solution.costates[before, 1] == pytest.approx(38.4 * solution.times[before] - 9.6, abs=1e-6)
    bounds = method.transcribe(classic.build(), Mesh.uniform(40)).layout
    assert solution.iterate is not None
    nodes, _, _ = bounds.split(solution.iterate.variable_multipliers)
    inner = bounds.inner_states(solution.iterate.variable_multipliers)
    assert nodes[1:-1, 1].sum() + inner[:, :, 1].sum() == pytest.approx(38.4 / 2, rel=1e-6)


def test_switch_and_costates_of_the_time_optimal_double_integrator() -> None:
    classic = load("double-integrator-time")
    solution = solve(classic.build(), classic.method, classic.mesh, tolerance=1e-10, guess=classic.guess)
    expected = np.column_stack([np.full(41, -1.0), solution.times - 1])
    # With a node on the switch the multipliers are not unique, whatever the tolerance: an interior-point method ends
    # near the middle of what satisfies the conditions, at 3e-6 here.
    assert solution.costates == pytest.approx(expected, abs=1e-5)
    controls = solution.sample(np.array([0.02, 0.98, 1.02, 1.98])).controls[:, 0]
    assert controls == pytest.approx([1, 1, -1, -1], abs=1e-6)
    # The switch is the node where the mean control changes sign.
    first = int(np.argmax(solution.controls[:, 0] < 0))
    assert solution.times[first] == pytest.approx(1.0, abs=1e-6)


def test_costates_of_bryson_and_denham() -> None:
    classic = load("bryson-denham")
    # The costate of a bound of second order feels the square root of the solver's tolerance.
    solution = solve(classic.build(), classic.method, Mesh.uniform(12), tolerance=1e-13, guess=classic.guess)
    before = solution.times < 1 / 3 - 1e-9
    # 2/(9ℓ²) = 18 and 2/(3ℓ)·(1 − 3t) = 6(1 − 3t) for ℓ = 1/9; entry and exit are nodes, so linear controls are exact.
    assert solution.costates[before, 0] == pytest.approx(18.0, rel=1e-6)
    assert solution.costates[before, 1] == pytest.approx(6 * (1 - 3 * solution.times[before]), abs=1e-6)
    assert solution.costates[solution.times > 2 / 3 + 1e-9, 0] == pytest.approx(-18.0, rel=1e-6)


def test_the_regulator_is_riccatis() -> None:
    solution = solved("linear-quadratic-regulator")
    matrix = solve_continuous_are(regulator.A, regulator.B, regulator.Q, regulator.R)
    start = np.array(list(regulator.START.values()))
    assert load("linear-quadratic-regulator").reference == pytest.approx(start @ matrix @ start / 2, rel=1e-12)
    # The feedback −R⁻¹BᵀPx and the costate Px all along the path, in relation to their largest values; the fastest
    # closed-loop pole is −9.1, so that linear controls on h = 3/200 err at a node by (9.1 h)²/12 ≈ 2e-3 of that mode,
    # whose share of the first force may exceed one.
    costates = solution.states @ matrix
    assert np.abs(solution.costates - costates).max() <= 1e-4 * np.abs(costates).max()
    feedback = -(np.linalg.solve(regulator.R, regulator.B.T) @ matrix @ solution.states[:-1].T)[0]
    assert np.abs(solution.control_values[:, 0, 0] - feedback).max() <= 5e-3 * np.abs(feedback).max()


def test_the_regulator_is_riccatis_to_all_digits() -> None:
    """By Gauss' points of order 10, whose stages are read as well: costates P x and feedback −R⁻¹BᵀP x."""
    classic = load("linear-quadratic-regulator")
    solution = solve(classic.build(), DirectCollocation("gauss", 5), Mesh.uniform(40), tolerance=1e-11)
    matrix = solve_continuous_are(regulator.A, regulator.B, regulator.Q, regulator.R)
    assert solution.cost == pytest.approx(classic.reference, rel=1e-12)
    assert solution.costates == pytest.approx(solution.states @ matrix, abs=1e-9)
    gain = np.linalg.solve(regulator.R, regulator.B.T) @ matrix
    assert solution.control_values == pytest.approx(-solution.inner_states @ gain.T, abs=1e-9)


def test_the_linear_hypersensitive_problem_has_a_closed_form() -> None:
    solution = solved("hypersensitive-linear")
    assert hypersensitive_linear.optimum() == pytest.approx(1.6730939784, abs=5e-11)
    x, costate = hypersensitive_linear.closed_form(solution.times)
    # Linear controls on h = 1/20 against e^{√2 t}: (√2 h)²/12 ≈ 4e-4 between nodes, its square in states and costates.
    assert solution.states[:, 0] == pytest.approx(x, abs=2e-6)
    assert solution.costates[:, 0] == pytest.approx(costate, abs=5e-6)


def test_the_hypersensitive_optimum_is_an_integral() -> None:
    """From rest or to rest, ∂V/∂x = 2x√(x⁴ + 1) ± 2x³, whose sign is against the cubic drift when x must grow."""
    leaving = quad(lambda x: 2 * x * math.sqrt(x**4 + 1) - 2 * x**3, 0.0, 1.0)[0]
    arriving = quad(lambda x: 2 * x * math.sqrt(x**4 + 1) + 2 * x**3, 0.0, 1.5)[0]
    assert hypersensitive.optimum() == pytest.approx(leaving + arriving, rel=1e-12)


def test_rayleighs_optimum_is_that_of_indirect_shooting() -> None:
    optimum, corners = rayleigh.optimum()
    assert load("rayleigh").reference == pytest.approx(optimum, abs=1e-9)
    # A direct solution by other means: 3 points on 100 intervals, whose corners cost h².
    direct = solve(load("rayleigh").build(), DirectCollocation("radau", 3), Mesh.uniform(100), guess={"u": 0.0})
    assert direct.cost == pytest.approx(optimum, rel=1e-6)
    # The control leaves its bound at the first corner, is back at the second, and leaves it for good at the third.
    bound = np.abs(direct.control("u") + (direct.state("x1")[:-1] + direct.state("x1")[1:]) / 12) < 2e-2
    middles = (direct.times[:-1] + direct.times[1:]) / 2
    expected = np.searchsorted(corners, middles) % 2 == 0
    assert np.sum(bound != expected) <= 2 * len(corners)


def test_the_slide_is_a_cycloid() -> None:
    x, y, duration = cycloid_slide.cycloid()
    assert duration == pytest.approx(0.824759143157, abs=1e-12)
    assert (x[-1], y[-1]) == pytest.approx(cycloid_slide.END)
    path = solved("brachistochrone").sample(np.linspace(0.0, duration, 200) * (1 - 1e-9))
    # The cycloid's angle grows linearly in time; the sampled states are a cubic between nodes.
    assert path.states[:, 0] == pytest.approx(x, abs=1e-6)
    assert path.states[:, 1] == pytest.approx(y, abs=1e-6)


def test_the_slide_to_a_wall_meets_it_at_a_right_angle() -> None:
    solution = solved("brachistochrone-free-end")
    # u falls from π/2 to 0 linearly in time; near the start, where the speed is zero, it hardly matters, and at the end
    # the solver's barrier keeps it off its bound.
    late = solution.times[10:-2]
    expected = math.pi / 2 * (1 - late / solution.times[-1])
    assert solution.sample(late).controls[:, 0] == pytest.approx(expected, abs=1e-4)


def test_the_tangent_of_the_steering_is_linear_in_time() -> None:
    solution = solved("linear-tangent-steering")
    tangent = np.tan(solution.control_values[:, 0, 0])
    line = np.polyval(np.polyfit(solution.times[:-1], tangent, 1), solution.times[:-1])
    # Linear controls of h = 1/40 follow an arc tangent to (Δu)²/12 ≈ 3e-4.
    assert np.abs(tangent - line).max() <= 1e-3 * np.ptp(tangent)


def test_the_moon_landers_switch_and_costates() -> None:
    """Free fall, then full thrust: with one node that may move, a node comes to lie at the switch."""
    thrust, exhaust, end = moon_lander.FULL_THRUST, moon_lander.EXHAUST_SPEED, 1.39680809
    switch = end - 1.42031260 / thrust
    # Constant controls, so that a jump within an interval cannot be had.
    mesh = Mesh(np.linspace(0, 1, 61), movable=(10,))
    classic = load("moon-lander")
    solution = solve(classic.build(), MultipleShooting("rk4", "constant"), mesh, tolerance=1e-11, guess=classic.guess)
    # What is left is RK4 on h = 1/60, and the eighth digit of the reference.
    assert solution.cost == pytest.approx(classic.reference, abs=2e-8)
    assert solution.times[-1] == pytest.approx(end, abs=2e-8)
    first = int(np.argmax(solution.controls[:, 0] > thrust / 2))
    assert solution.controls[:, 0] == pytest.approx(np.where(np.arange(60) < first, 0.0, thrust), abs=1e-5)
    assert solution.times[first] == pytest.approx(switch, abs=1e-7)

    # ∂V/∂h = a is constant and ∂V/∂v = −a(t + 0.783), because H = a v − ∂V/∂v vanishes at the start. ∂V/∂m is constant
    # in free fall, ends at zero, and the switching function 1 + ∂V/∂v/m − ∂V/∂m/c is zero at the switch: that gives a.
    def slope(t: float) -> float:
        return thrust * (t + 0.783) / (1 - thrust / exhaust * (t - switch)) ** 2

    integral = quad(slope, switch, end, epsabs=1e-12)[0]
    a = 1 / (switch + 0.783 + integral / exhaust)
    assert solution.costates[0] == pytest.approx([a, -0.783 * a, integral * a], abs=1e-6)
    assert solution.costates[:, 1] == pytest.approx(-a * (solution.times + 0.783), abs=1e-6)


@pytest.mark.parametrize(
    ("name", "guess", "published"),
    [("zermelo-vortex", {"u": -0.6}, 3.6820084655), ("cart-pole", {"force": -5.0}, 58.8076675)],
)
def test_what_was_published_is_a_local_minimum(name: str, guess: dict[str, float], published: float) -> None:
    """Both are minima: which one a solve ends in is its guess's doing. The lower one is the library's reference."""
    classic = load(name)
    there = solve(classic.build(), classic.method, classic.mesh, guess=guess)
    assert there.cost == pytest.approx(published, rel=1e-5)
    assert there.certificate is not None
    assert there.certificate.holds
    assert solved(name).cost < 0.99 * published


def test_goddards_arcs_are_those_of_the_sources() -> None:
    bounded = goddard_rocket.arcs(0.1)
    # OptimalControl.jl's final time and costates by indirect shooting; ours are minus those.
    assert bounded.switches[-1] == pytest.approx(0.20204744, abs=5e-9)
    assert bounded.final_height == pytest.approx(1.01257, abs=1e-5)
    assert goddard_rocket.arcs().final_height == pytest.approx(1.01283, abs=1e-5)
    solution = solved("goddard-rocket-speed-bound")
    # Constant controls on 200 intervals, one of which holds the first switch: the costate feels it at O(h²), and the
    # ratio of a step to the first arc is 1/23.
    assert solution.costates[0] == pytest.approx([-3.94576466, -0.15039560, -0.05371271], rel=1e-3)
    free = solved("goddard-rocket")
    step = free.times[-1] / 200
    full = free.controls[:, 0] > goddard_rocket.FULL_THRUST - 0.01
    none = free.controls[:, 0] < 0.01
    # Switches are seen to within the intervals that hold them.
    assert free.times[int(np.argmin(full))] == pytest.approx(goddard_rocket.arcs().switches[0], abs=1.5 * step)
    assert free.times[int(np.argmax(none))] == pytest.approx(goddard_rocket.arcs().switches[1], abs=1.5 * step)


def test_the_singular_arc_of_catalyst_mixing_is_constant() -> None:
    """On it ρ = x1/x2 = 10 + √10, and ρ' = u((10 − ρ)(1 + ρ) − ρ) + ρ = 0 gives u = ρ/(ρ² − 8ρ − 10)."""
    solution = solved("catalyst-mixing")
    inner = (solution.times > 0.25) & (solution.times < 0.65)
    rho = 10 + math.sqrt(10)
    assert solution.state("x1")[inner] / solution.state("x2")[inner] == pytest.approx(rho, rel=1e-6)
    assert solution.control("u")[inner[:-1]] == pytest.approx(rho / (rho**2 - 8 * rho - 10), rel=1e-6)
