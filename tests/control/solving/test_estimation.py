"""Estimation: a linear regression in closed form, SciPy's least squares on SciPy's integration, and bad input."""

from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import curve_fit, least_squares
from scipy.stats import chi2

from geodepth.control import (
    DirectCollocation,
    FreeParameter,
    FreeTime,
    Measurement,
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    PathConstraint,
    ProblemError,
    estimate,
)

TIMES = np.array([0.0, 0.31, 0.7, 1.1, 1.45, 1.8, 2.0])


def line(**changes: Any) -> OptimalControlProblem:
    """x' = slope from an unknown start: a straight line."""
    given: dict[str, Any] = {
        "name": "line",
        "states": ("x",),
        "controls": (),
        "dynamics": lambda x, u, t, p: [p[0]],
        "final_time": 2.0,
        "parameters": {"slope": FreeParameter(0.0)},
    }
    return OptimalControlProblem(**(given | changes))


@pytest.mark.parametrize("deviation", [None, 0.2])
def test_a_straight_line_is_linear_regression(deviation: float | None) -> None:
    values = 1.0 + 0.5 * TIMES + 0.1 * np.random.default_rng(1).normal(size=TIMES.size)
    measured = Measurement(lambda x, u, t, p: x[0], TIMES, values, deviation)
    found = estimate(line(), [measured])
    design = np.column_stack([TIMES, np.ones(TIMES.size)])
    best, left, *_ = np.linalg.lstsq(design, values, rcond=None)
    variance = left[0] / (TIMES.size - 2) if deviation is None else deviation**2
    assert list(found.values) == ["slope", "initial_state.x"]
    np.testing.assert_allclose(list(found.values.values()), best, rtol=1e-8)
    np.testing.assert_allclose(found.covariance, variance * np.linalg.inv(design.T @ design), rtol=1e-6)
    np.testing.assert_allclose(found.residuals[0][:, 0], design @ best - values, atol=1e-8)
    assert found.degrees_of_freedom == TIMES.size - 2
    assert found.deviations["slope"] == pytest.approx(found.covariance[0, 0] ** 0.5)
    assert found.correlation[0, 0] == pytest.approx(1.0)


def reaction(**changes: Any) -> OptimalControlProblem:
    """A -> B -> C at rates k1 and k2."""
    given: dict[str, Any] = {
        "name": "reaction",
        "states": ("a", "b"),
        "controls": (),
        "dynamics": lambda x, u, t, p: [-p[0] * x[0], p[0] * x[0] - p[1] * x[1]],
        "initial_state": {"a": 1.0, "b": 0.0},
        "final_time": 2.0,
        "parameters": {"k1": FreeParameter(1.0, 0.0, 10.0), "k2": FreeParameter(1.0, 0.0, 10.0)},
    }
    return OptimalControlProblem(**(given | changes))


def simulated(times: np.ndarray, k1: float, k2: float) -> np.ndarray:
    found = solve_ivp(
        lambda t, x: [-k1 * x[0], k1 * x[0] - k2 * x[1]], (0, 2), [1.0, 0.0], t_eval=times, rtol=1e-11, atol=1e-13
    )
    return np.asarray(found.y)


def test_two_rates_are_scipys() -> None:
    times = TIMES[1:]
    noise = 0.02 * np.random.default_rng(3).normal(size=(times.size, 2))
    values = simulated(times, 2.0, 0.7).T + noise
    measured = Measurement(lambda x, u, t, p: x, times, values, (0.02, 0.04))
    found = estimate(reaction(), [measured], DirectCollocation())

    def residuals(k: np.ndarray) -> np.ndarray:
        return np.asarray(((simulated(times, *k).T - values) / [0.02, 0.04]).ravel())

    theirs = least_squares(residuals, [1.0, 1.0], xtol=1e-13, ftol=1e-13, gtol=1e-13, jac="3-point")
    np.testing.assert_allclose([found.values["k1"], found.values["k2"]], theirs.x, rtol=1e-6)
    # Their derivatives are differences, good to some six digits.
    np.testing.assert_allclose(found.covariance, np.linalg.inv(theirs.jac.T @ theirs.jac), rtol=1e-4)
    assert found.solution.cost == pytest.approx(theirs.cost, rel=1e-6)


def test_several_instruments_without_deviations_are_curve_fits() -> None:
    times = TIMES[1:]
    values = simulated(times, 2.0, 0.7) + 0.02 * np.random.default_rng(4).normal(size=(2, times.size))
    instruments = [
        Measurement(lambda x, u, t, p: x[0], times, values[0]),
        Measurement(lambda x, u, t, p: x[1], times, values[1]),
    ]
    found = estimate(reaction(), instruments, DirectCollocation())
    best, covariance = curve_fit(
        lambda t, k1, k2: simulated(times, k1, k2).ravel(), times, values.ravel(), [1.0, 1.0], xtol=1e-13, ftol=1e-13
    )
    np.testing.assert_allclose(list(found.values.values()), best, rtol=1e-6)
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-3)


def test_what_lies_on_a_bound_is_taken_as_known() -> None:
    times = TIMES[1:]
    values = simulated(times, 2.0, 0.7)[0]
    bounded = reaction(parameters={"k1": FreeParameter(1.0, 0.0, 1.5), "k2": 0.7})
    found = estimate(bounded, [Measurement(lambda x, u, t, p: x[0], times, values, 0.1)])
    assert found.values["k1"] == pytest.approx(1.5, abs=1e-6)
    assert found.covariance[0, 0] == 0.0
    # Nothing is free then: every value tells of the fit.
    assert found.degrees_of_freedom == times.size
    assert "k1 1.5, on a bound: taken as known" in str(found)


def fast(noise: float = 0.02) -> tuple[OptimalControlProblem, Measurement]:
    """A first reaction that is nearly over when it is first seen."""
    times, parameters = TIMES[1:], {"k1": FreeParameter(1.0, 0.0, 50.0), "k2": FreeParameter(1.0, 0.0, 10.0)}
    values = simulated(times, 8.0, 0.7).T + noise * np.random.default_rng(3).normal(size=(times.size, 2))
    return reaction(parameters=parameters), Measurement(lambda x, u, t, p: x, times, values, 0.02)


@pytest.mark.parametrize("method", [MultipleShooting(), DirectCollocation("gauss", 2)])
def test_the_meshs_error_is_what_a_finer_mesh_takes_away(method: Any) -> None:
    problem, measured = fast()
    nodes = Mesh(TIMES / 2)
    exact = estimate(problem, [measured], DirectCollocation("radau", 5), nodes.halved().halved())
    found = estimate(problem, [measured], method, nodes.halved().halved().halved())
    for name, error in found.mesh_errors.items():
        # The slopes of the exact dynamics are not quite those of the mesh.
        assert found.values[name] - exact.values[name] == pytest.approx(error, rel=0.15)
        assert abs(exact.mesh_errors[name]) < 1e-2 * abs(error)
    coarse = estimate(problem, [measured], method, nodes)
    assert coarse.moved  # on the coarsest, RK4 does not follow the first reaction
    assert f"beside the deviation of {', '.join(coarse.moved)}: estimate on a finer mesh" in str(coarse)
    assert not exact.moved
    assert "finer" not in str(exact)


@pytest.mark.parametrize("guess", [None, {"k1": 6.5}, {"k1": 6.5, "k2": 0.7}])
def test_the_default_mesh_is_halved_until_it_moves_nothing(guess: Any) -> None:
    # On 40 intervals of RK4 a fit with k1 = 50 seems to be the best, for RK4 does not follow so fast a reaction; on
    # fine ones it is a local minimum of four times the misfit.
    problem, measured = fast()
    found = estimate(problem, [measured], guess=guess)
    exact = estimate(problem, [measured], DirectCollocation("radau", 5))
    assert not found.moved
    for name, value in exact.values.items():
        assert abs(found.values[name] - value) < 0.05 * exact.deviations[name]
    assert found.chi_squared == pytest.approx(2 * found.solution.cost)
    assert found.probability == pytest.approx(chi2.sf(found.chi_squared, 10))
    assert "10 degrees of freedom, probability 0.0" in str(found)


def test_a_fit_that_is_none_is_told() -> None:
    rising = Measurement(lambda x, u, t, p: x[0], TIMES, 1.0 + TIMES, 0.1)
    found = estimate(decay(), [rising])
    assert found.values["k"] == pytest.approx(0.0, abs=1e-6)
    assert "the model does not fit at these deviations: give another guess" in str(found)


def decay(**changes: Any) -> OptimalControlProblem:
    """x' = −k x from an unknown start."""
    given: dict[str, Any] = {
        "name": "decay",
        "states": ("x",),
        "controls": (),
        "dynamics": lambda x, u, t, p: [-p[0] * x[0]],
        "final_time": 2.0,
        "parameters": {"k": FreeParameter(1.0, 0.0)},
    }
    return OptimalControlProblem(**(given | changes))


BOUNDS: dict[str, Any] = {
    "none": lambda size: {},
    "states": lambda size: {"state_bounds": {"x": (0.0, np.inf)}},
    "start": lambda size: {"initial_state": {"x": (0.0, 100.0 * size)}},
    "path": lambda size: {"path_constraints": [PathConstraint(lambda x, u, t, p: x[0], 0.0, np.inf)]},
}


@pytest.mark.parametrize("bounds", BOUNDS)
@pytest.mark.parametrize("size", [1e-9, 1e-4, 1.0, 1e6])
@pytest.mark.parametrize("given", [True, False])
def test_bounds_that_are_far_change_nothing_in_any_units(bounds: str, size: float, given: bool) -> None:
    times = np.linspace(0.0, 2.0, 9)
    noise = 0.01 * np.random.default_rng(0).normal(size=9)
    seen = 2.0 * np.exp(-0.6 * times) + noise
    measured = Measurement(lambda x, u, t, p: x[0], times, size * seen, 0.01 * size if given else None)
    found = estimate(decay(**BOUNDS[bounds](size)), [measured])
    best, covariance = curve_fit(
        lambda t, k, x: x * np.exp(-k * t), times, seen, [1.0, 1.0], 0.01 if given else None, absolute_sigma=given
    )
    units = np.array([1.0, size])
    np.testing.assert_allclose(list(found.values.values()) / units, best, rtol=1e-6)
    np.testing.assert_allclose(found.covariance / np.outer(units, units), covariance, rtol=1e-3)
    assert found.degrees_of_freedom == 7


@pytest.mark.parametrize("unit", [1.0, 60.0, 86400.0])
@pytest.mark.parametrize("most", [np.inf, 10.0])
def test_a_rate_is_known_as_well_in_seconds(unit: float, most: float) -> None:
    times = np.linspace(0.0, 2.0, 9)
    values = 2.0 * np.exp(-0.6 * times) + 0.02 * np.random.default_rng(0).normal(size=9)
    slow = decay(final_time=2 * unit, parameters={"k": FreeParameter(1.0 / unit, 0.0, most)})
    found = estimate(slow, [Measurement(lambda x, u, t, p: x[0], times * unit, values, 0.02)])
    best, covariance = curve_fit(lambda t, k, x: x * np.exp(-k * t), times, values, [1.0, 1.0], 0.02, True)
    assert found.values["k"] * unit == pytest.approx(best[0], rel=1e-5)
    assert found.deviations["k"] * unit == pytest.approx(covariance[0, 0] ** 0.5, rel=1e-3)
    assert found.degrees_of_freedom == 7


def test_what_is_known_beforehand_takes_its_share_of_the_values() -> None:
    # x(0) and an unknown input w with the cost ∫w²: on 40 intervals a linear regression with a prior on w.
    weighted = decay(
        dynamics=lambda x, u, t, p: [u[0]],
        controls=("w",),
        parameters=None,
        running_cost=lambda x, u, t, p: u[0] ** 2,
        final_time=1.0,
    )
    found = estimate(weighted, [Measurement(lambda x, u, t, p: x[0], [0.0, 0.5, 1.0], [0.0, 0.4, 1.1], 0.1)])
    step = 1 / 40
    design = np.vstack([np.concatenate([[1.0], np.where(np.arange(40) < k, step, 0.0)]) for k in (0, 20, 40)]) / 0.1
    prior = np.diag([0.0, *(40 * [2 * step])])
    covariance = np.linalg.inv(design.T @ design + prior)
    assert found.covariance[0, 0] == pytest.approx(covariance[0, 0], rel=1e-6)
    assert found.degrees_of_freedom == pytest.approx(3 - np.trace(design @ covariance @ design.T), rel=1e-6)
    assert found.probability is None


def test_the_horizons_end_is_a_measured_time_up_to_rounding() -> None:
    times = np.arange(4) * 0.1  # the last one is 0.30000000000000004
    found = estimate(decay(final_time=0.3), [Measurement(lambda x, u, t, p: x[0], times, np.exp(-times), 0.02)])
    assert found.values["k"] == pytest.approx(1.0, rel=1e-6)


def test_what_lies_on_a_bound_correlates_with_nothing() -> None:
    times = np.linspace(0.0, 2.0, 9)
    measured = Measurement(lambda x, u, t, p: x[0], times, 2.0 * np.exp(-0.6 * times), 0.02)
    found = estimate(decay(parameters={"k": FreeParameter(0.3, 0.0, 0.5)}), [measured])
    np.testing.assert_array_equal(found.correlation, np.eye(2))


MEASURED = Measurement(lambda x, u, t, p: x[0], TIMES, TIMES, 0.1)


@pytest.mark.parametrize(
    ("problem", "measurements", "settings", "message"),
    [
        (line(), [], {}, "a sequence of Measurement objects"),
        (line(final_time=FreeTime(2.0)), [MEASURED], {}, "the horizon is free"),
        (line(), [MEASURED, Measurement(lambda x, u, t, p: x[0], [1.0], [1.0])], {}, "give it for all or for none"),
        (line(), [Measurement(lambda x, u, t, p: x[0], [3.0], [1.0])], {}, r"times holds 3, which is not within"),
        (line(), [Measurement(lambda x, u, t, p: x[0], [1.0], [np.nan], 1.0)], {}, "values holds nan at 0"),
        (line(), [Measurement(lambda x, u, t, p: x[0], [1.0], [1.0], np.inf)], {}, "deviation holds inf; give finite"),
        (line(parameters={"initial_state.x": FreeParameter(0.0)}), [MEASURED], {}, "'initial_state.x' is what"),
        (line(), [Measurement(lambda x, u, t, p: x[0], [1.0, 2.0], [1.0])], {}, "give n times, and values"),
        (line(), [Measurement(lambda x, u, t, p: x[0], [1.0], [1.0], 0.0)], {}, "deviation"),
        (line(), [Measurement(lambda x, u, t, p: [x[0], t], [1.0], [1.0], 1.0)], {}, "returns 2 values, and 1 were"),
        (line(), [MEASURED], {"mesh": Mesh.uniform(3)}, "mesh has no fixed node at 0.31"),
        (line(), [Measurement(lambda x, u, t, p: x[0], [1.0, 2.0], [1.0, 2.0])], {}, "2 values for 2 unknown numbers"),
    ],
)
def test_bad_input_is_refused_in_a_line(problem: Any, measurements: Any, settings: Any, message: str) -> None:
    with pytest.raises(ProblemError, match=message):
        estimate(problem, measurements, **settings)


def test_what_the_measurements_do_not_determine_is_refused() -> None:
    alone = reaction(parameters={"k1": FreeParameter(1.0, 0.0, 10.0), "k2": FreeParameter(1.0, 0.0, 10.0)})
    seen = Measurement(lambda x, u, t, p: x[0], TIMES[1:], simulated(TIMES[1:], 2.0, 0.7)[0], 0.1)
    with pytest.raises(ProblemError, match="do not determine all that is free"):
        estimate(alone, [seen])
