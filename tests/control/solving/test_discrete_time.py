"""Problems in discrete time against closed forms: Riccati, growth as of Brock and Mirman, and Euler's scheme."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import casadi as ca
import numpy as np
import pytest

from geodepth.control import (
    FreeParameter,
    Link,
    Measurement,
    Mesh,
    MultiPhaseProblem,
    MultipleShooting,
    OptimalControlProblem,
    PathConstraint,
    Rollout,
    Solution,
    estimate,
    multistart,
    prepare,
    sensitivity,
    solve,
    verify,
)
from geodepth.foundation.shapes import Float

STEPS = 20
A = np.array([[1.0, 0.4, 0.0], [-0.3, 0.9, 0.2], [0.1, 0.0, 1.05]])
B = np.array([[0.0, 0.1], [0.5, 0.0], [0.0, 1.0]])
Q, R, P = np.diag([1.0, 0.2, 0.5]), np.array([[0.3, 0.05], [0.05, 0.6]]), np.diag([4.0, 2.0, 1.0])
START = np.array([1.0, -2.0, 0.5])
STATES, CONTROLS = ("a", "b", "c"), ("u", "w")


def regulator(steps: int = STEPS, name: str = "regulator", first: int = 0, last: bool = True) -> OptimalControlProblem:
    return OptimalControlProblem(
        name,
        states=STATES,
        controls=CONTROLS,
        x_next=lambda x, u, t, p: ca.mtimes(A, x) + ca.mtimes(B, u),
        steps=steps,
        running_cost=lambda x, u, t, p: ca.bilin(Q, x, x) + ca.bilin(R, u, u),
        terminal_cost=(lambda x, t, p: ca.bilin(P, x, x)) if last else None,
        initial_state=dict(zip(STATES, START, strict=True)) if first == 0 else None,
        initial_time=float(first),
    )


def riccati(steps: int = STEPS) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The optimal cost's matrices at the nodes, and the gains of u_k = −K_k x_k."""
    values, gains = [P], list[np.ndarray]()
    for _ in range(steps):
        after = values[0]
        gain = np.linalg.solve(R + B.T @ after @ B, B.T @ after @ A)
        gains.insert(0, gain)
        values.insert(0, Q + A.T @ after @ (A - B @ gain))
    return values, gains


def by_gains() -> tuple[Float[np.ndarray, "N+1 3"], Float[np.ndarray, "N 2"]]:
    x, u = [START], list[np.ndarray]()
    for gain in riccati()[1]:
        u.append(-gain @ x[-1])
        x.append(A @ x[-1] + B @ u[-1])
    return np.array(x), np.array(u)


@pytest.mark.parametrize(
    ("solver", "condensed"), [("ipopt", False), ("ipopt", True), ("fatrop", False), ("sqp", False), ("sqp", True)]
)
def test_a_regulator_is_riccatis(solver: str, condensed: bool) -> None:
    x, u = by_gains()
    method = MultipleShooting("map", condensed=True) if condensed else None
    found = solve(regulator(), method, solver=solver, tolerance=1e-10)
    values = riccati()[0]
    assert found.cost == pytest.approx(START @ values[0] @ START, rel=1e-10)
    np.testing.assert_allclose(found.states, x, atol=1e-8)
    np.testing.assert_allclose(found.controls, u, atol=1e-8)
    costates = np.array([2 * value @ state for value, state in zip(values, x, strict=True)])
    np.testing.assert_allclose(found.costates, costates, atol=1e-7)
    assert found.certificate is not None
    assert found.certificate.holds


def test_gains_are_sensitivities() -> None:
    found = solve(regulator(), tolerance=1e-12)
    by_start, (values, gains) = sensitivity(regulator(), found), riccati()
    for i, name in enumerate(STATES):
        number = f"initial_state.{name}"
        np.testing.assert_allclose(by_start.controls[number][0], -gains[0][:, i], atol=1e-8)
        assert by_start.cost[number] == pytest.approx(2 * (values[0] @ START)[i], rel=1e-8)
    assert set(by_start.cost) == {f"initial_state.{name}" for name in STATES}


def test_a_prepared_regulator_is_the_feedback(tmp_path: Path) -> None:
    """From any state the first control is −K_0 x; as a function its derivative is −K_0."""
    again, gain = prepare(regulator(), solver="sqp", tolerance=1e-10), riccati()[1][0]
    for state in (START, np.array([0.2, 3.0, -1.0])):
        found = again.solve(initial_state=dict(zip(STATES, state, strict=True)), shift=1, initial_time=7.0)
        np.testing.assert_allclose(found.controls[0], -gain @ state, atol=1e-7)
        assert found.times[-1] == 27.0
    optimum = again.function()
    start = ca.MX.sym("start", 3)
    control = optimum(start, ca.DM(0, 1), ca.DM(0, 1), ca.DM(0, 1))[2][:, 0]
    slope = ca.Function("slope", [start], [ca.jacobian(control, start)])(START)
    np.testing.assert_allclose(np.array(slope), -gain, atol=1e-7)
    assert "optimum" in again.generate_c(tmp_path / "regulator.c").read_text()


def test_two_phases_are_one() -> None:
    first, second = regulator(8, "first", last=False), regulator(STEPS - 8, "second", first=8)
    both = MultiPhaseProblem("both", (first, second), (Link("first", "second"),))
    found = solve(both, tolerance=1e-10)
    x, u = by_gains()
    np.testing.assert_allclose(found.phases["second"].controls, u[8:], atol=1e-8)
    np.testing.assert_allclose(found.phases["first"].states, x[:9], atol=1e-8)
    certificate = verify(both, found)
    assert certificate.holds
    assert certificate["first: costates"].value <= 1e-6


SHARE, PATIENCE, CAPITAL = 0.3, 0.95, 0.05
FADES = SHARE / (1 - SHARE * PATIENCE)


def growth(steps: int = 25) -> OptimalControlProblem:
    """Brock and Mirman's: what is not eaten of the harvest k^α is sown. Behind the end stands the closed value."""
    return OptimalControlProblem(
        "growth",
        states=("k",),
        controls=("c",),
        x_next=lambda x, u, t, p: [x[0] ** p[0] - u[0]],
        steps=steps,
        running_cost=lambda x, u, t, p: -(PATIENCE**t) * ca.log(u[0]),
        terminal_cost=lambda x, t, p: -(PATIENCE**t) * FADES * ca.log(x[0]),
        initial_state={"k": CAPITAL},
        state_bounds={"k": (1e-3, 10.0)},
        control_bounds={"c": (1e-3, 10.0)},
        parameters={"share": SHARE},
    )


def test_growth_follows_the_closed_policy() -> None:
    """c = (1 − αβ) k^α at every step, and ∂V/∂k = −β^t α / ((1 − αβ) k)."""
    found = solve(growth(), tolerance=1e-10)
    k, t = found.state("k"), found.times
    np.testing.assert_allclose(found.control("c"), (1 - SHARE * PATIENCE) * k[:-1] ** SHARE, rtol=1e-7)
    np.testing.assert_allclose(found.costate("k"), -(PATIENCE**t) * FADES / k, rtol=1e-6)
    certificate = verify(growth(), found)
    assert certificate.holds, certificate
    assert certificate["costates"].value <= 1e-7
    assert certificate["end to end"].value <= 1e-9
    assert {"Hamiltonian", "between nodes", "finer mesh"}.isdisjoint(check.name for check in certificate.checks)
    steps = 1e-5
    costs = [
        solve(growth().with_values(parameters={"share": SHARE + s}), tolerance=1e-12).cost for s in (-steps, steps)
    ]
    slope = sensitivity(growth(), found).cost["parameters.share"]
    assert slope == pytest.approx((costs[1] - costs[0]) / (2 * steps), rel=1e-6)


def swing(discrete: bool, steps: int = 30) -> OptimalControlProblem:
    """A pendulum with friction from below to above within 3 s, its torque bounded, by Euler's scheme or as a map."""
    length = 3.0 / steps

    def rate(x: ca.SX, u: ca.SX) -> ca.SX:
        return ca.vertcat(x[1], -4 * ca.sin(x[0]) - 0.1 * x[1] + u[0])

    either: dict[str, Any] = {"dynamics": lambda x, u, t, p: rate(x, u), "final_time": 3.0}
    if discrete:
        either = {"x_next": lambda x, u, t, p: x + length * rate(x, u), "steps": steps}
    weight = length if discrete else 1.0
    return OptimalControlProblem(
        "swing",
        states=("angle", "speed"),
        controls=("torque",),
        running_cost=lambda x, u, t, p: weight * (u[0] ** 2 + 0.1 * x[1] ** 2),
        initial_state={"angle": 0.0, "speed": 0.0},
        final_state={"angle": np.pi, "speed": 0.0},
        control_bounds={"torque": (-3.0, 3.0)},
        path_constraints=(PathConstraint(lambda x, u, t, p: x[1] + 0.1 * u[0], -4.0, 3.2),),
        **either,
    )


def test_a_map_is_eulers_scheme() -> None:
    wave: dict[str, Any] = {"torque": lambda t: 2.0 * np.sin(2.0 * t), "angle": (0.0, np.pi)}
    euler = solve(swing(False), MultipleShooting("euler"), Mesh.uniform(30), guess=wave, tolerance=1e-12, certify=False)
    steps = {"torque": lambda t: wave["torque"](t / 10), "angle": wave["angle"]}
    mapped = solve(swing(True), guess=steps, tolerance=1e-12)
    assert np.max(mapped.controls) > 2.9
    assert mapped.cost == pytest.approx(euler.cost, rel=1e-10)
    np.testing.assert_allclose(mapped.states, euler.states, atol=1e-10)
    np.testing.assert_allclose(mapped.controls, euler.controls, atol=1e-10)
    np.testing.assert_allclose(mapped.costates, euler.costates, atol=1e-8)
    assert verify(swing(True), mapped).holds


def test_a_rollout_guesses_by_the_map() -> None:
    """Where the controls are the optimal ones, so are the states."""
    x, u = by_gains()
    found = solve(
        regulator(),
        guess=Rollout({name: lambda t, i=i: u[min(int(t), STEPS - 1), i] for i, name in enumerate(CONTROLS)}),
        options={"max_iter": 0},
        raise_on_failure=False,
        effort="once",
    )
    np.testing.assert_allclose(found.states, x, atol=1e-12)


def test_other_starts_have_the_same_steps() -> None:
    """The default call and multistart, where a double well has two minima: x to −1 or, cheaper, to 1."""
    problem = OptimalControlProblem(
        "wells",
        states=("x",),
        controls=("u",),
        x_next=lambda x, u, t, p: [x[0] + u[0]],
        steps=5,
        running_cost=lambda x, u, t, p: 0.1 * u[0] ** 2,
        terminal_cost=lambda x, t, p: (x[0] ** 2 - 1) ** 2 - 0.1 * x[0],
        initial_state={"x": -0.3},
        control_bounds={"u": (-1.0, 1.0)},
    )
    right = solve(problem)
    assert right.state("x")[-1] > 0.9
    assert right.certificate is not None
    assert "coarse" not in str(right.certificate)
    best, other = multistart(problem, 8, progress=False)
    assert best.cost == pytest.approx(right.cost)
    assert other.solution.state("x")[-1] < -0.9


def test_a_parameter_of_a_map_is_estimated() -> None:
    """x_k = r^k: the least squares of three values without error give r, at whole steps only."""
    problem = OptimalControlProblem(
        "decay",
        states=("x",),
        controls=(),
        x_next=lambda x, u, t, p: [p[0] * x[0]],
        steps=4,
        initial_state={"x": 1.0},
        parameters={"r": FreeParameter(0.9, 0.0, 2.0)},
    )
    seen = Measurement(lambda x, u, t, p: x[0], [1.0, 2.0, 4.0], [0.5, 0.25, 0.0625], deviation=0.1)
    assert estimate(problem, [seen]).values["r"] == pytest.approx(0.5, abs=1e-9)
    with pytest.raises(ValueError, match=r"2.5 is between two steps of 'decay', where nothing is"):
        estimate(problem, [Measurement(lambda x, u, t, p: x[0], [2.5], [0.2], deviation=0.1)])


def test_a_file_keeps_the_steps(tmp_path: Path) -> None:
    found = solve(growth())
    read = Solution.load(found.save(tmp_path / "growth.npz"))
    assert read.in_steps
    np.testing.assert_array_equal(read.states, found.states)
    np.testing.assert_array_equal(read.sample(np.array([2.0, 2.7, 25.0])).states[:, 0], found.state("k")[[2, 2, 25]])
    assert verify(growth(), read).holds
    frame = read.to_pandas()
    np.testing.assert_array_equal(frame["k"], found.state("k"))
    np.testing.assert_array_equal(frame["c"].to_numpy()[:-1], found.control("c"))


def brake(steps: int, way: float) -> OptimalControlProblem:
    return OptimalControlProblem(
        "brake",
        states=("x", "v"),
        controls=("u",),
        x_next=lambda x, u, t, p: [x[0] + x[1], x[1] + u[0]],
        steps=steps,
        running_cost=lambda x, u, t, p: u[0] ** 2,
        initial_state={"x": 0.0, "v": 0.0},
        final_state={"x": way, "v": 0.0},
        control_bounds={"u": (-1.0, 1.0)},
    )


def test_the_least_number_of_steps_is_the_closed_forms() -> None:
    """From rest to rest with |u| ≤ 1, N steps go N²/4 at most for even N: half of them faster, half of them slower."""
    found = {n: solve(brake(n, 16.0), raise_on_failure=False, effort="once") for n in (7, 8)}
    assert [n for n in found if found[n].success] == [8]
    np.testing.assert_allclose(found[8].control("u"), [1, 1, 1, 1, -1, -1, -1, -1], atol=1e-6)
    np.testing.assert_allclose(found[8].state("v"), [0, 1, 2, 3, 4, 3, 2, 1, 0], atol=1e-6)
    assert verify(brake(8, 16.0), found[8]).holds
    assert "or give it more steps" in solve(brake(4, -9.0), raise_on_failure=False, effort="once").advice
