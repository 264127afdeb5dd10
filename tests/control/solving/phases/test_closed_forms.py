"""Problems of several phases whose solutions are known: values, costates and their jumps at the links."""

from __future__ import annotations

import math
from typing import Any

import casadi as ca
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicSpline

from geodepth.control import (
    DirectCollocation,
    FreeTime,
    Link,
    LinkConstraint,
    Mesh,
    MultiPhaseProblem,
    MultipleShooting,
    OptimalControlProblem,
    solve,
)

LINEAR = MultipleShooting("rk4", control="linear")
"""Exact for cubic paths, whose controls are straight lines."""
EXACT = 1e-8
"""The solver's tolerance; the discretizations below make no error of their own."""


def integrator(name: str, **stated: Any) -> OptimalControlProblem:
    """x' = v, v' = u with ∫u²/2, whose costates are λ_x = x''' and λ_v = −x''."""
    return OptimalControlProblem(
        name=name,
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], u[0]],
        running_cost=lambda x, u, t, p: u[0] ** 2 / 2,
        **stated,
    )


def waypoint(link_time: float | FreeTime, **more: Any) -> MultiPhaseProblem:
    first = integrator("first", initial_state={"x": 0.0, "v": 0.0}, final_state={"x": 0.3}, final_time=link_time)
    second = integrator("second", final_state={"x": 1.0, "v": 0.0}, initial_time=link_time)
    return MultiPhaseProblem("waypoint", (first, second), (Link("first", "second"),), **more)


def test_a_waypoint_is_a_cubic_spline_whose_third_derivative_is_the_costate_and_jumps() -> None:
    spline = CubicSpline([0.0, 0.5, 1.0], [0.0, 0.3, 1.0], bc_type="clamped")
    meshes = {"first": Mesh.uniform(3), "second": Mesh.graded(5, 2.0)}
    solution = solve(waypoint(0.5), LINEAR, meshes)
    third = 6 * spline.c[0]
    # ½ ∫ (a + bs)² over each half, from the spline's own coefficients.
    whole = sum(energy(2 * spline.c[1, i], third[i], 0.5) for i in range(2))
    assert solution.cost == pytest.approx(whole, rel=EXACT)
    for i, (name, phase) in enumerate(solution.phases.items()):
        np.testing.assert_allclose(phase.state("x"), spline(phase.times), atol=EXACT)
        np.testing.assert_allclose(phase.costate("x"), third[i], rtol=EXACT, err_msg=name)
        assert phase.cost == pytest.approx(energy(2 * spline.c[1, i], third[i], 0.5), rel=EXACT)
    np.testing.assert_allclose(
        solution.phases["first"].costate("v"), -spline(solution.phases["first"].times, 2), atol=1e-7
    )
    (link,) = solution.links
    assert link.time == 0.5
    assert link.costate_jumps["x"] == pytest.approx(third[1] - third[0], rel=EXACT)
    assert link.costate_jumps["v"] == pytest.approx(0.0, abs=EXACT)
    assert solution.certificate is not None
    assert solution.certificate.holds
    assert "x by" in solution.certificate["first → second: costates"].meaning


def energy(start: float, slope: float, length: float) -> float:
    """½ ∫ (start + slope s)² ds."""
    return (start**2 * length + start * slope * length**2 + slope**2 * length**3 / 3) / 2


def test_at_a_waypoint_of_free_time_the_hamiltonian_is_continuous() -> None:
    # 3t² − 2t³ passes 0.3 by itself, so the best time makes the waypoint cost nothing.
    solution = solve(waypoint(FreeTime(0.5, 0.1, 0.9)), LINEAR, Mesh.uniform(6))
    (when,) = [r.real for r in np.roots([-2.0, 3.0, 0.0, -0.3]) if 0 < r.real < 1]
    assert solution.cost == pytest.approx(6.0, rel=EXACT)
    # The cost is a parabola there: its bottom is known to the root of the tolerance.
    assert solution.links[0].time == pytest.approx(when, abs=1e-4)
    assert solution.certificate is not None
    assert solution.certificate["first → second: free link time"].value < 1e-6


def test_a_price_on_the_link_time_lets_the_hamiltonian_jump_by_its_slope() -> None:
    problem = waypoint(FreeTime(0.5, 0.1, 0.9), cost=lambda first, second: 50 * (first.final_time - 0.5) ** 2)
    solution = solve(problem, LINEAR, Mesh.uniform(6))
    first, second = solution.phases.values()
    heights = [
        p.control_values[k, j, 0] ** 2 / 2
        + p.costates[i, 0] * p.states[i, 1]
        + p.costates[i, 1] * p.control_values[k, j, 0]
        for p, i, k, j in ((first, -1, -1, -1), (second, 0, 0, 0))
    ]
    when = solution.links[0].time
    assert abs(100 * (when - 0.5)) > 1
    assert heights[1] - heights[0] == pytest.approx(100 * (when - 0.5), rel=1e-6)
    assert solution.certificate is not None
    assert solution.certificate.holds
    assert solution.cost == pytest.approx(first.cost + second.cost + 50 * (when - 0.5) ** 2, rel=EXACT)


def test_a_jump_of_the_speed_leaves_all_costates_continuous() -> None:
    jump = -0.5
    first = integrator("first", initial_state={"x": 0.0, "v": 0.0}, final_time=0.5)
    second = integrator("second", final_state={"x": 1.0, "v": 0.0}, initial_time=0.5)
    problem = MultiPhaseProblem("kick", (first, second), (Link("first", "second", jumps={"v": jump}),))
    solution = solve(problem, LINEAR, Mesh.uniform(4))
    # As if from rest to (X, V), what is left to do beside the jump: 6X² − 6XV + 2V².
    X, V = 1.0 - jump / 2, -jump
    assert solution.cost == pytest.approx(6 * X**2 - 6 * X * V + 2 * V**2, rel=EXACT)
    (link,) = solution.links
    assert link.jumps == pytest.approx({"x": 0.0, "v": jump}, abs=EXACT)
    assert link.costate_jumps == pytest.approx({"x": 0.0, "v": 0.0}, abs=1e-7)


def test_a_dropped_mass_changes_the_dynamics_and_not_the_costates() -> None:
    # F = −λ_v/m with λ_v = a + bt all along; m is 2 before t = 1 and 1 behind it.
    def carrier(name: str, **stated: Any) -> OptimalControlProblem:
        return OptimalControlProblem(
            name=name,
            states=("x", "v", "m"),
            controls=("force",),
            dynamics=lambda x, u, t, p: [x[1], u[0] / x[2], 0],
            running_cost=lambda x, u, t, p: u[0] ** 2 / 2,
            **stated,
        )

    before = carrier("loaded", initial_state={"x": 0.0, "v": 0.0, "m": 2.0}, final_time=1.0)
    after = carrier("empty", final_state={"x": 1.0, "v": 0.0}, initial_time=1.0, final_time=2.0)
    problem = MultiPhaseProblem("drop", (before, after), (Link("loaded", "empty", jumps={"m": -1.0}),))
    # v(2) = −∫(a + bt)/m² = 0 and x(2) = −∫(2 − t)(a + bt)/m² = 1.
    weights = [(0.25, 0.0, 1.0), (1.0, 1.0, 2.0)]
    moments = [sum(w * (e ** (k + 1) - s ** (k + 1)) / (k + 1) for w, s, e in weights) for k in range(3)]
    a, b = np.linalg.solve(
        [[moments[0], moments[1]], [2 * moments[0] - moments[1], 2 * moments[1] - moments[2]]], [0.0, -1.0]
    )
    solution = solve(problem, LINEAR, Mesh.uniform(5))
    assert solution.cost == pytest.approx(
        (a**2 * moments[0] + 2 * a * b * moments[1] + b**2 * moments[2]) / 2, rel=EXACT
    )
    for phase in solution.phases.values():
        np.testing.assert_allclose(phase.costate("v"), a + b * phase.times, atol=1e-7)
    # λ_m' = λ_v F/m² = −λ_v²/m³, and λ_m(2) = 0.
    last = a**2 + 2 * a * b * 1.5 + b**2 * 7 / 3
    (link,) = solution.links
    # λ_m is a cubic, which RK4's stages meet exactly.
    np.testing.assert_allclose([link.costates_before[2], link.costates_after[2]], last, rtol=1e-7)
    assert link.jumps["m"] == pytest.approx(-1.0, abs=EXACT)


def test_phases_of_different_states_and_controls_and_a_free_last_time() -> None:
    # Thrust against gravity 1 for a time of 1, then a flight without controls to its top; k is the worth of height.
    k = 0.5
    thrust = OptimalControlProblem(
        name="thrust",
        states=("h", "v", "spent"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], u[0] - 1, u[0] ** 2 / 2],
        terminal_cost=lambda x, t, p: x[2],
        initial_state={"h": 0.0, "v": 1.0, "spent": 0.0},
        final_time=1.0,
    )
    coast = OptimalControlProblem(
        name="coast",
        states=("v", "h"),
        controls=(),
        dynamics=lambda x, u, t, p: [-1, x[0]],
        terminal_cost=lambda x, t, p: -k * x[1],
        final_state={"v": 0.0},
        initial_time=1.0,
        final_time=FreeTime(3.0, 1.1, 20.0),
    )
    problem = MultiPhaseProblem("hop", (thrust, coast), (Link("thrust", "coast"),))
    solution = solve(problem, LINEAR, {"thrust": Mesh.uniform(8), "coast": Mesh.uniform(2)})
    # λ_h = −k and λ_v(1) = −k v(1), so u = k (v(1) + 1 − t), and v(1) (1 − k) = k/2.
    speed = k / 2 / (1 - k)
    height = 1 + k * (speed / 2 + 1 / 3) - 1 / 2
    assert solution.cost == pytest.approx(energy(k * (speed + 1), -k, 1.0) - k * (height + speed**2 / 2), rel=EXACT)
    assert solution.phases["coast"].times[-1] == pytest.approx(1 + speed, rel=1e-6)
    (link,) = solution.links
    assert link.states == ("h", "v")
    np.testing.assert_allclose(link.costates_after, [-k, -k * speed], rtol=1e-6)
    assert solution.certificate is not None
    assert solution.certificate.holds
    assert solution.certificate["coast: free end time"].value < 1e-6


def test_a_free_link_to_oneself_is_a_period() -> None:
    # x'' = x − sin t has the periodic solution ½ sin t, of cost π/4.
    orbit = OptimalControlProblem(
        name="orbit",
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [u[0]],
        running_cost=lambda x, u, t, p: ((x[0] - ca.sin(t)) ** 2 + u[0] ** 2) / 2,
        final_time=2 * math.pi,
    )
    problem = MultiPhaseProblem("period", (orbit,), (Link("orbit", "orbit"),))
    solution = solve(problem, DirectCollocation("radau", 3), Mesh.uniform(20))
    phase = solution.phases["orbit"]
    # Radau's order 5 with steps of 0.3.
    assert solution.cost == pytest.approx(math.pi / 4, rel=1e-6)
    np.testing.assert_allclose(phase.state("x"), np.sin(phase.times) / 2, atol=1e-6)
    # λ = −u.
    np.testing.assert_allclose(phase.costate("x"), -np.cos(phase.times) / 2, atol=1e-5)
    assert solution.certificate is not None
    assert solution.certificate["orbit → orbit: costates"].value < 1e-8


def test_a_period_that_is_sought_is_that_of_van_der_pols_cycle() -> None:
    cycle = OptimalControlProblem(
        name="cycle",
        states=("x", "v"),
        controls=(),
        dynamics=lambda x, u, t, p: [x[1], (1 - x[0] ** 2) * x[1] - x[0]],
        initial_state={"v": 0.0},
        state_bounds={"x": (-3.0, 3.0)},
        final_time=FreeTime(6.5, 5.0, 8.0),
    )
    problem = MultiPhaseProblem("period", (cycle,), (Link("cycle", "cycle"),))
    guess = {"x": lambda t: 2 * math.cos(t), "v": lambda t: -2 * math.sin(t)}
    solution = solve(problem, DirectCollocation("radau", 5), Mesh.uniform(40), guess=guess)

    # Another way to it: SciPy's integrator, from anywhere until the cycle has drawn it in.
    def rate(t: float, y: np.ndarray) -> list[float]:
        return [y[1], (1 - y[0] ** 2) * y[1] - y[0]]

    def top(t: float, y: np.ndarray) -> float:
        return float(-y[1])

    top.direction = 1.0  # type: ignore[attr-defined]
    flown = solve_ivp(rate, (0, 60), [2.0, 0.0], "DOP853", rtol=1e-12, atol=1e-13, events=top)
    times, tops = flown.t_events[0], flown.y_events[0][:, 0]
    assert solution.phases["cycle"].times[-1] == pytest.approx(times[-1] - times[-2], abs=1e-8)
    assert solution.phases["cycle"].state("x")[0] == pytest.approx(tops[-1], abs=1e-8)


def test_a_link_constraint_is_an_impact_with_a_multiplier() -> None:
    # The speed behind the wall is −½ of that before it; energy from rest to the wall at 1, and back to 0.
    first = integrator("to", initial_state={"x": 0.0, "v": 0.0}, final_state={"x": 1.0}, final_time=1.0)
    second = integrator("fro", final_state={"x": 0.0}, initial_time=1.0, final_time=2.0)
    impact = LinkConstraint(("to", "fro"), lambda to, fro: fro.initial("v") + to.final("v") / 2, 0.0, 0.0)
    problem = MultiPhaseProblem("wall", (first, second), (Link("to", "fro", states=("x",)),), (impact,))
    solution = solve(problem, LINEAR, Mesh.uniform(4))
    # From rest to (1, w) in time 1: 6 − 6w + 2w². From −w/2 back over −1 with a free end: 3/2 (1 − w/2)².
    w = (6 + 1.5) / (4 + 0.75)
    assert solution.cost == pytest.approx(6 - 6 * w + 2 * w**2 + 1.5 * (1 - w / 2) ** 2, rel=EXACT)
    link = solution.links[0]
    before, after = (dict(zip(link.states, c, strict=True)) for c in (link.costates_before, link.costates_after))
    # λ_before = −½ λ_after: what a little more speed before the wall is worth behind it.
    assert before["v"] == pytest.approx(-after["v"] / 2, rel=1e-7)
    assert solution.certificate is not None
    assert solution.certificate.holds


def test_least_time_through_a_gate_by_a_cost_of_the_ends_alone() -> None:
    # |u| ≤ 1 from rest to rest over 1, and no faster than ½ through a gate in the middle. Each half is full thrust and
    # full braking, with v² = 5/8 between, and takes 2v − ½. A node of each mesh moves onto the switch.
    def half(name: str, **stated: Any) -> OptimalControlProblem:
        return OptimalControlProblem(
            name=name,
            states=("x", "v"),
            controls=("u",),
            dynamics=lambda x, u, t, p: [x[1], u[0]],
            control_bounds={"u": (-1.0, 1.0)},
            **stated,
        )

    gate, end = FreeTime(1.0, 0.5, 2.0), FreeTime(2.0, 1.0, 4.0)
    first = half("to the gate", initial_state={"x": 0.0, "v": 0.0}, final_state={"x": 0.5}, final_time=gate)
    second = half("to the end", final_state={"x": 1.0, "v": 0.0}, initial_time=gate, final_time=end)
    limit = LinkConstraint(["to the gate"], lambda a: a.final("v"), upper=0.5)
    problem = MultiPhaseProblem(
        "gate", (first, second), (Link("to the gate", "to the end"),), (limit,), cost=lambda a, b: b.final_time
    )
    method, mesh = (
        MultipleShooting("rk4", control="constant"),
        Mesh(np.array([0.0, 0.35, 0.7, 0.85, 1.0]), movable=(2,)),
    )
    solution = solve(problem, method, mesh, guess={"v": 0.4, "u": 0.0}, tolerance=1e-11)
    speed = math.sqrt(5 / 8)
    assert solution.cost == pytest.approx(4 * speed - 1, rel=EXACT)
    assert [phase.cost for phase in solution.phases.values()] == [0.0, 0.0]
    assert [phase.times[2] for phase in solution.phases.values()] == pytest.approx([speed, 3 * speed - 1], abs=1e-8)
    # H = −∂cost/∂t = −1 all along: 1 − |λ_v| times the thrust at rest, where λ_x v is zero.
    assert abs(solution.phases["to the gate"].costate("v")[0]) == pytest.approx(1.0, rel=1e-6)
    assert solution.certificate is not None
    assert solution.certificate.holds, str(solution.certificate)
    assert solution.certificate["to the gate → to the end: free link time"].value < 1e-6
    assert solution.certificate["to the end: free end time"].value < 1e-6


def test_a_kink_of_a_link_constraint_is_solved_by_cases_and_one_of_the_cost_is_named() -> None:
    # |v − ½| ≤ 0.2 at the waypoint, where the spline would be faster: rows for both cases, one of which holds 0.7.
    near = LinkConstraint(("first",), lambda first: ca.fabs(first.final("v") - 0.5), upper=0.2)
    solution = solve(waypoint(0.5, link_constraints=(near,)), LINEAR, Mesh.uniform(4))
    assert solution.phases["first"].state("v")[-1] == pytest.approx(0.7, abs=EXACT)
    # ½∫u² of a cubic over ½ from rest to (0.3, 0.7), and from there over 0.7 to rest.
    known = sum(4 * (6 * way**2 / 0.5 - 6 * way * 0.7 + 2 * 0.5 * 0.49) for way in (0.3, 0.7))
    assert solution.cost == pytest.approx(known, rel=EXACT)
    assert solution.statistics["exact_kinks"] == ["fabs((vf-0.5)) in link_constraints[0]"]
    assert solution.certificate is not None
    assert solution.certificate["exact kinks"].value == 1
    # A cost that pays for each side holds the speed on the kink, where no slope is zero.
    steep = waypoint(0.5, cost=lambda first, second: 100 * ca.fabs(first.final("v") - 0.5))
    stuck = solve(steep, LINEAR, Mesh.uniform(4), raise_on_failure=False, max_iterations=50)
    assert not stuck.success
    (kink,) = stuck.statistics["kinks_left"]
    assert "in cost stays a kink" in kink
    assert "a FreeParameter that a LinkConstraint keeps above it" in kink


def plane(name: str, **stated: Any) -> OptimalControlProblem:
    """q'' = f in the plane, with ∫f²."""
    return OptimalControlProblem(
        name=name,
        states=("q[2]", "v[2]"),
        controls=("f[2]",),
        dynamics=lambda x, u, t, p: ca.vertcat(x[2:], u),
        running_cost=lambda x, u, t, p: ca.sumsqr(u),
        **stated,
    )


@pytest.mark.parametrize("states", [None, ("q", "v"), ("v", "q[0]", "q[1]")])
@pytest.mark.parametrize(("kick", "jumps"), [((0.1, -0.4), {"v": (0.1, -0.4)}), ((0.2, 0.2), {"v": 0.2})])
def test_vectors_by_their_names_in_links_and_ends(
    states: Any, kick: tuple[float, float], jumps: dict[str, Any]
) -> None:
    """A kick at t = 1 of 2 moves the end by itself, and adds to the last speed: the least ∫f² to there, by Gramian."""
    there, first = np.array([1.0, 2.0]), plane("first", initial_state={"q": (0.0, 0.0), "v": 0.0}, final_time=1.0)
    second = plane("second", final_state={"q": tuple(there), "v": 0.0}, initial_time=1.0, final_time=2.0)
    limit = LinkConstraint(("first", "second"), lambda a, b: a.final("q") - b.initial("q"), -1.0, 1.0)
    link = Link("first", "second", jumps=jumps, states=states)
    solution = solve(
        MultiPhaseProblem("kicked", (first, second), (link,), (limit,)), DirectCollocation("radau", 3), Mesh.uniform(4)
    )
    gramian = np.array([[8 / 3, 2.0], [2.0, 2.0]])
    known = sum(
        float(end @ np.linalg.solve(gramian, end))
        for end in (np.array([q - k, -k]) for q, k in zip(there, kick, strict=True))
    )
    assert solution.cost == pytest.approx(known, rel=EXACT)
    (linked,) = solution.links
    assert linked.jumps == pytest.approx({"q[0]": 0.0, "q[1]": 0.0, "v[0]": kick[0], "v[1]": kick[1]}, abs=EXACT)


@pytest.mark.parametrize("steps", [(1, 1), (1, 3), (2, 1)])
def test_phases_of_one_step(steps: tuple[int, int]) -> None:
    """x⁺ = x + u from 0 to 1 in N steps with Σu²: 1/N."""
    stated: dict[str, Any] = {
        "states": ("x",),
        "controls": ("u",),
        "x_next": lambda x, u, t, p: [x[0] + u[0]],
        "running_cost": lambda x, u, t, p: u[0] ** 2,
    }
    first = OptimalControlProblem("first", steps=steps[0], initial_state={"x": 0.0}, **stated)
    second = OptimalControlProblem("second", steps=steps[1], initial_time=steps[0], final_state={"x": 1.0}, **stated)
    solution = solve(MultiPhaseProblem("steps", (first, second), (Link("first", "second"),)))
    assert solution.cost == pytest.approx(1 / sum(steps), rel=EXACT)
