"""Algebraic variables: the same problem as an ordinary differential equation, SciPy's integration, and bad input."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import casadi as ca
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from geodepth.control import (
    BoundaryConstraint,
    DirectCollocation,
    IntegralConstraint,
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    PathConstraint,
    ProblemError,
    Solution,
    prepare,
    sensitivity,
    solve,
    verify,
)
from geodepth.control.model.kinks_of_problem import unreplaced_kinks
from geodepth.control.problems import load

METHODS = (
    MultipleShooting(),
    MultipleShooting("rk4", control="linear"),
    MultipleShooting("rk4", condensed=True),
    MultipleShooting("radau", control="stages"),
    MultipleShooting("cvodes"),
    DirectCollocation(),
    DirectCollocation("gauss", 4),
)


def decay(**changes: Any) -> OptimalControlProblem:
    """From 1.5 to 1 under x' = −x + u at the least ½∫x² + u²."""
    given: dict[str, Any] = {
        "name": "decay",
        "states": ("x",),
        "controls": ("u",),
        "dynamics": lambda x, u, t, p: [-x[0] + u[0]],
        "running_cost": lambda x, u, t, p: (x[0] ** 2 + u[0] ** 2) / 2,
        "initial_state": {"x": 1.5},
        "final_state": {"x": 1.0},
        "final_time": 2.0,
    }
    return OptimalControlProblem(**(given | changes))


def linear(**changes: Any) -> OptimalControlProblem:
    """The same with the rate, and the control again, as algebraic variables: in an order that must be found."""
    given = {
        "algebraic": ("again", "rate"),
        "algebraic_equations": lambda x, z, u, t, p: [z[1] + x[0] - z[0], 2 * z[0] - 2 * u[0]],
        "dynamics": lambda x, z, u, t, p: [z[1]],
        "running_cost": lambda x, z, u, t, p: (x[0] ** 2 + z[0] ** 2) / 2,
    }
    return decay(**(given | changes))


def cubic(**changes: Any) -> OptimalControlProblem:
    """The same with a rate that only Newton's method finds: z³ + z of it is that of u − x, so z is u − x."""
    given = {
        "algebraic": ("rate",),
        "algebraic_equations": lambda x, z, u, t, p: [z[0] ** 3 + z[0] - (u[0] - x[0]) ** 3 - (u[0] - x[0])],
        "dynamics": lambda x, z, u, t, p: [z[0]],
        "running_cost": lambda x, z, u, t, p: (x[0] ** 2 + u[0] ** 2) / 2,
    }
    return decay(**(given | changes))


def optimum(problem: OptimalControlProblem, **settings: Any) -> Solution:
    solution = solve(problem, mesh=Mesh.uniform(6), tolerance=1e-11, **settings)
    assert isinstance(solution, Solution)
    return solution


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_every_method_solves_what_it_solves_of_the_ordinary_equation(method: Any) -> None:
    plain, algebraic = (optimum(problem, method=method) for problem in (decay(), linear()))
    # Rounding and the solver's tolerance of 1e-11.
    assert algebraic.cost == pytest.approx(plain.cost, rel=1e-10)
    np.testing.assert_allclose(algebraic.costates, plain.costates, atol=1e-8)
    np.testing.assert_allclose(algebraic.states, plain.states, atol=1e-8)


@pytest.mark.parametrize("method", [MultipleShooting(), DirectCollocation()], ids=str)
@pytest.mark.parametrize("solver", ["ipopt", "fatrop", "sqp"])
def test_newtons_method_serves_every_back_end(method: Any, solver: str) -> None:
    plain, algebraic = (optimum(problem, method=method, solver=solver) for problem in (decay(), cubic()))
    assert algebraic.cost == pytest.approx(plain.cost, rel=1e-8)
    np.testing.assert_allclose(algebraic.costates, plain.costates, atol=1e-7)


def test_values_are_those_of_the_equations_at_nodes_and_between() -> None:
    solution = optimum(linear(), method=DirectCollocation())
    times = np.linspace(0.0, 1.999, 50)
    sample = solution.sample(times)
    # The cubic between nodes and the polynomials of fourth degree are apart by the fifth power of 1/6 or so.
    np.testing.assert_allclose(sample.algebraic[:, 1], sample.controls[:, 0] - sample.states[:, 0], atol=1e-5)
    np.testing.assert_allclose(solution.algebraic("again")[:-1], solution.sample(solution.times[:-1]).controls[:, 0])
    with pytest.raises(ProblemError, match="no algebraic variable 'u'; the algebraic variables are"):
        solution.algebraic("u")


def test_the_reduced_equation_of_scipy_is_followed() -> None:
    """z⁵ + z = x sin t + 2 has one root: SciPy finds it by bisection, and integrates x' = −z with it."""
    problem = OptimalControlProblem(
        name="implicit",
        states=("x",),
        controls=(),
        algebraic=("z",),
        dynamics=lambda x, z, u, t, p: [-z[0]],
        algebraic_equations=lambda x, z, u, t, p: [z[0] ** 5 + z[0] - x[0] * ca.sin(t) - 2],
        initial_state={"x": 1.0},
        final_time=2.0,
    )

    def root(t: float, x: float) -> float:
        return float(brentq(lambda z: z**5 + z - x * np.sin(t) - 2, -5, 5, xtol=1e-14))

    found = solve_ivp(lambda t, x: [-root(t, x[0])], (0, 2), [1.0], rtol=1e-11, atol=1e-12)
    solution = solve(problem, method=DirectCollocation("gauss", 5), mesh=Mesh.uniform(10), tolerance=1e-11)
    assert isinstance(solution, Solution)
    assert solution.state("x")[-1] == pytest.approx(found.y[0, -1], abs=1e-9)
    assert solution.algebraic("z")[-1] == pytest.approx(root(2.0, float(found.y[0, -1])), abs=1e-9)


def test_the_pendulum_is_the_one_of_an_angle() -> None:
    angle = OptimalControlProblem(
        name="angle",
        states=("angle", "spin"),
        controls=("torque",),
        dynamics=lambda x, u, t, p: [x[1], -9.81 * ca.sin(x[0]) + u[0]],
        running_cost=lambda x, u, t, p: u[0] ** 2 / 2,
        initial_state={"angle": 0.0, "spin": 0.0},
        final_state={"angle": np.pi, "spin": 0.0},
    )
    pendulum = load("pendulum-swing-up")
    method, mesh = DirectCollocation("gauss", 5), Mesh.uniform(30)
    plain = solve(angle, method, mesh, tolerance=1e-10)
    algebraic = solve(pendulum.build(), method, mesh, tolerance=1e-10, guess=pendulum.guess)
    assert isinstance(algebraic, Solution)
    assert algebraic.cost == pytest.approx(plain.cost, rel=1e-8)
    turn = np.asarray(plain.state("angle"))
    np.testing.assert_allclose(np.abs(algebraic.state("x")), np.abs(np.sin(turn)), atol=1e-7)
    # The rod pulls with the centrifugal force and its share of the weight.
    pull = np.asarray(plain.state("spin")) ** 2 + 9.81 * np.cos(turn)
    np.testing.assert_allclose(algebraic.algebraic("pull"), pull, atol=1e-6)


def test_bounds_hold_them_and_constraints_see_them() -> None:
    bounded = optimum(linear(algebraic_bounds={"again": (0.2, np.inf)}), method=DirectCollocation())
    plain = optimum(decay(control_bounds={"u": (0.2, np.inf)}), method=DirectCollocation())
    assert bounded.cost == pytest.approx(plain.cost, rel=1e-7)
    constrained = linear(path_constraints=(PathConstraint(lambda x, z, u, t, p: z[0], lower=0.2),))
    assert optimum(constrained, method=DirectCollocation()).cost == pytest.approx(plain.cost, rel=1e-7)
    integral = IntegralConstraint(lambda x, z, u, t, p: z[0], 1.0, 1.0)
    alike = IntegralConstraint(lambda x, u, t, p: u[0], 1.0, 1.0)
    costs = [optimum(build(integral_constraints=(each,))).cost for build, each in ((linear, integral), (decay, alike))]
    assert costs[0] == pytest.approx(costs[1], rel=1e-9)


def test_files_tables_and_plots_hold_them(tmp_path: Path) -> None:
    solution = optimum(linear(), method=DirectCollocation())
    again = Solution.load(solution.save(tmp_path / "decay"))
    assert again.algebraic_names == ("again", "rate")
    np.testing.assert_array_equal(again.algebraic_values, solution.algebraic_values)
    assert list(solution.to_pandas().columns) == ["x", "u", "again", "rate", "costate of x"]
    figure = solution.plot()
    assert [axis.get_ylabel() for axis in figure.axes] == ["state", "control", "algebraic", "costate ∂V/∂x"]
    lines = {line.get_label(): line for line in figure.axes[2].lines}
    assert set(lines) == {"again", "rate"}
    np.testing.assert_allclose(np.asarray(lines["rate"].get_ydata())[0], solution.algebraic("rate")[0])


def test_a_guess_of_theirs_is_the_problems() -> None:
    with pytest.raises(ProblemError, match=r"guess names 'again', an algebraic variable.* problem's algebraic_guess"):
        solve(linear(), guess={"x": 1.0, "again": 0.5})


def test_certificates_see_values_that_are_not_the_equations() -> None:
    problem = linear()
    solution = optimum(problem, method=DirectCollocation())
    certificate = verify(problem, solution)
    assert certificate.holds, certificate
    solution.algebraic_values[3, 2, 1] += 0.1
    check = verify(problem, solution, finer=False)["algebraic equations"]
    assert not check.passed
    assert check.meaning.startswith("rate at t = 1.")


def test_prepared_problems_and_sensitivities_know_them() -> None:
    method, mesh = DirectCollocation(), Mesh.uniform(6)
    prepared = [prepare(problem, method, mesh, tolerance=1e-11) for problem in (decay(), cubic())]
    costs = [each.solve(initial_state={"x": 2.0}).cost for each in prepared]
    assert costs[1] == pytest.approx(costs[0], rel=1e-9)
    slopes = [sensitivity(problem, optimum(problem, method=method)).cost for problem in (decay(), cubic())]
    assert slopes[1]["initial_state.x"] == pytest.approx(slopes[0]["initial_state.x"], rel=1e-7)


def test_c_code_is_written_where_a_formula_solves_them(tmp_path: Path) -> None:
    method, mesh = DirectCollocation(), Mesh.uniform(2)
    code = prepare(linear(), method, mesh, solver="sqp").generate_c(tmp_path / "linear.c").read_text()
    assert "optimum" in code
    assert "#error" not in code
    with pytest.raises(
        ProblemError, match=r"generate_c: algebraic_equations are not linear .* state these as controls"
    ):
        prepare(cubic(), method, mesh, solver="sqp").generate_c(tmp_path / "cubic.c")


def test_how_newtons_method_is_watched_is_no_kink() -> None:
    """A solve that stops short would otherwise blame a kink that the user never wrote."""
    part = cubic().functions.algebraic
    assert part is not None
    assert part.by_newton
    assert unreplaced_kinks(cubic()) == ()


Equations = Callable[..., list[Any]]
PENDULUM: dict[str, tuple[Equations, str]] = {
    "positions": (
        lambda x, z, u, t, p: [x[0] ** 2 + x[1] ** 2 - 1],
        r"algebraic_equations\[0\] holds none of 'pull': the index is 3, .* derivative number 2 in its place",
    ),
    "speeds": (
        lambda x, z, u, t, p: [x[0] * x[2] + x[1] * x[3]],
        "the index is 2, .* derivative number 1 in its place.* the equation itself in a BoundaryConstraint",
    ),
    "controls": (lambda x, z, u, t, p: [x[0] - u[0]], "holds that of a control; state that control as a state"),
    "zero": (lambda x, z, u, t, p: [(z[0] - z[0] * 1.0) * x[0] + x[1]], "singular everywhere|holds none"),
    "too many": (lambda x, z, u, t, p: [z[0], z[0]], "returns 2 values for the 1 names of algebraic"),
}


@pytest.mark.parametrize("which", PENDULUM)
def test_a_higher_index_is_refused_with_what_to_do(which: str) -> None:
    equations, message = PENDULUM[which]
    with pytest.raises(ProblemError, match=message):
        OptimalControlProblem(
            name="pendulum",
            states=("x", "y", "vx", "vy"),
            controls=("torque",),
            algebraic=("pull",),
            dynamics=lambda x, z, u, t, p: [x[2], x[3], -z[0] * x[0] - u[0] * x[1], -z[0] * x[1] - 9.81 + u[0] * x[0]],
            algebraic_equations=equations,
        )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"algebraic": ("z",)}, "algebraic is given without algebraic_equations"),
        ({"algebraic_equations": lambda x, z, u, t, p: [z]}, "algebraic_equations is given without algebraic"),
        ({"algebraic": "z"}, "algebraic"),
        ({"algebraic": ("x",), "algebraic_equations": lambda x, z, u, t, p: [z[0]]}, "the name 'x' is used twice"),
        ({"algebraic_bounds": {"z": (0, 1)}}, "algebraic_bounds names 'z'"),
    ],
)
def test_bad_input_is_refused_in_a_line(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ProblemError, match=message):
        decay(**changes)


def test_the_invariant_of_a_differentiated_equation_is_asked_for_at_the_start() -> None:
    """What the refusal of index 2 advises: x + y = 1, differentiated, with the equation itself at the start."""
    problem = OptimalControlProblem(
        name="pair",
        states=("x", "y"),
        controls=("u",),
        algebraic=("z",),
        dynamics=lambda x, z, u, t, p: [u[0], z[0]],
        algebraic_equations=lambda x, z, u, t, p: [u[0] + z[0]],
        running_cost=lambda x, z, u, t, p: u[0] ** 2,
        boundary_constraints=(BoundaryConstraint(lambda x0, xf, t0, tf, p: x0[0] + x0[1], 1.0, 1.0),),
        initial_state={"x": 0.0},
        final_state={"x": 1.0},
    )
    solution = optimum(problem)
    np.testing.assert_allclose(solution.states.sum(axis=1), 1.0, atol=1e-10)
    assert solution.cost == pytest.approx(1.0)
