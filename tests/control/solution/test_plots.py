"""The plot of a solution draws the path that was found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodepth.control import (
    FreeTime,
    Link,
    Mesh,
    MultiPhaseProblem,
    MultipleShooting,
    OptimalControlProblem,
    ProblemError,
    plot_sparsity,
    solve,
)
from geodepth.control.solution.plots import written


def test_plot_draws_the_path_that_was_found(double_integrator: OptimalControlProblem) -> None:
    solution = solve(double_integrator, MultipleShooting("rk4", "linear"), Mesh.uniform(5))
    states, controls, costates = solution.plot().axes
    x, y = states.lines[0].get_data()
    assert np.asarray(y) == pytest.approx(3 * np.asarray(x) ** 2 - 2 * np.asarray(x) ** 3 - 1, abs=1e-8)
    assert np.nanmax(np.asarray(controls.lines[0].get_ydata(), dtype=float)) == pytest.approx(6.0, abs=1e-6)
    assert costates.get_xlabel() == "time"


def lift(name: str, **stated: object) -> OptimalControlProblem:
    """In SI units: metres by the hundred thousand beside a mass of one ton."""
    return OptimalControlProblem(
        name=name,
        states=("height", "mass"),
        controls=("speed",),
        dynamics=lambda x, u, t, p: [u[0], -1.0],
        running_cost=lambda x, u, t, p: u[0] ** 2 * 1e-6,
        **stated,  # type: ignore[arg-type]
    )


def test_what_differs_in_size_has_panels_of_its_own() -> None:
    solution = solve(
        lift("one", initial_state={"height": 0.0, "mass": 1e3}, final_state={"height": 2e5}, final_time=100.0),
        mesh=Mesh.uniform(4),
        certify=False,
    )
    axes = solution.plot().axes
    drawn = [[line.get_label() for line in axis.lines] for axis in axes]
    assert drawn == [["height"], ["mass"], ["speed"], ["height", "mass"]]
    assert [axis.get_ylabel() for axis in axes] == ["height", "mass", "control", "costate ∂V/∂x"]
    # Each line fills a good share of its panel.
    for axis in axes[:2]:
        low, high = axis.get_ylim()
        assert np.ptp(np.asarray(axis.lines[0].get_ydata(), dtype=float)) > 0.5 * (high - low)


@pytest.mark.parametrize("noise", [1e-12, 1e-90, 0.0])
def test_rounding_is_drawn_as_zero_beside_the_others(noise: float) -> None:
    solution = solve(
        lift("one", initial_state={"height": 0.0, "mass": 1e3}, final_state={"height": 2e5}, final_time=100.0),
        mesh=Mesh.uniform(4),
        certify=False,
    )
    wave = np.cos(9 * solution.times)
    wavy = replace(solution, costates=np.column_stack([wave, 1e-4 * noise * wave]))
    drawn = [[line.get_label() for line in axis.lines] for axis in wavy.plot().axes]
    assert drawn[3:] == [["height", "mass"]]


@pytest.mark.parametrize("size", [1e-9, 1.0, 1e21])
def test_what_a_solver_leaves_of_a_constant_is_drawn_flat(
    double_integrator: OptimalControlProblem, size: float
) -> None:
    solution = solve(double_integrator, mesh=Mesh.uniform(5), certify=False)
    wave = np.cos(9 * solution.times)
    for change, share in ((1e-8, 0.05), (1e-3, 0.5)):
        constant = replace(solution, costates=np.column_stack([size * (change * wave - 1), size * wave]))
        low, high = constant.plot(["x"]).axes[1].get_ylim()
        # What it spans of its panel: little, or most of it where it is more than what is left.
        assert (change * np.ptp(wave) * size / (high - low) > 0.5) == (share == 0.5)
        assert low < -size < high


def test_names_choose_what_is_drawn(double_integrator: OptimalControlProblem) -> None:
    solution = solve(double_integrator, mesh=Mesh.uniform(5), certify=False)
    drawn = [[line.get_label() for line in axis.lines] for axis in solution.plot(["v"]).axes]
    assert drawn == [["v"], ["v"]]
    assert [axis.lines[0].get_label() for axis in solution.plot(("u",)).axes] == ["u"]
    with pytest.raises(ProblemError, match="names names 'w'"):
        solution.plot(["w"])
    wrongs: tuple[Any, ...] = ("v", [], 3)
    for wrong in wrongs:
        with pytest.raises(ProblemError, match=r"names is .*; give a sequence of names"):
            solution.plot(wrong)
    for other in (3, None, "w", "V"):
        with pytest.raises(ProblemError, match=rf"plot_portrait is 'x, {other}'; give two names of u, v, x"):
            solution.plot_portrait("x", other)  # type: ignore[arg-type]


def test_phases_are_named_where_they_begin() -> None:
    free = {"initial_time": FreeTime(1.0, 0.0, 9.0)}
    phases = (
        lift("up", initial_state={"height": 0.0, "mass": 1e3}, final_state={"height": 50.0}, final_time=1.0),
        lift("on", **free, final_time=FreeTime(1.01, 1.01, 1.01), final_state={"height": 51.0}),
        lift("over", initial_time=FreeTime(1.01, 1.0, 9.0), final_time=3.0, final_state={"height": 90.0}),
    )
    problem = MultiPhaseProblem("three", phases, (Link("up", "on"), Link("on", "over")))
    figure = solve(problem, mesh=Mesh.uniform(3), certify=False).plot()
    (top,) = figure.axes[0].child_axes
    assert [label.get_text() for label in top.get_xticklabels()] == ["up", "on, over"]
    assert top.get_xticks() == pytest.approx([0.0, 1.0])


def test_steps_are_points_and_stairs() -> None:
    """States of a map stand at its steps alone, and a control goes up in one line from each step to the next."""
    problem = OptimalControlProblem(
        "hops",
        states=("x",),
        controls=("u",),
        x_next=lambda x, u, t, p: [x[0] + u[0]],
        steps=3,
        running_cost=lambda x, u, t, p: (t + 1) * u[0] ** 2,
        initial_state={"x": 0.0},
        final_state={"x": 11.0},
    )
    found = solve(problem)
    figure = found.plot()
    (states,), (control,) = (axis.lines for axis in figure.axes[:2])
    assert (states.get_linestyle(), states.get_marker()) == ("None", ".")
    np.testing.assert_array_equal(states.get_xdata(), [0, 1, 2, 3])
    np.testing.assert_array_equal(control.get_xdata(), [0, 1, 1, 2, 2, 3])
    np.testing.assert_allclose(np.asarray(control.get_ydata(), dtype=float), [6, 6, 3, 3, 2, 2])
    assert figure.axes[-1].get_xlabel() == "step"
    portrait = found.plot_portrait("x", "u").axes[0].lines[0]
    np.testing.assert_allclose(np.asarray(portrait.get_xdata(), dtype=float), [0, 6, 9, 11])


# A label that begins with an underscore is one that Matplotlib leaves out of legends.
ODD_NAMES = (
    st.text("$\\_^{}% fa0", min_size=1, max_size=8) | st.sampled_from(["$\\frac$", "$", "a\\$b", "$$"])
).filter(lambda name: not name.startswith("_"))


@pytest.mark.filterwarnings("ignore:Animation was deleted")
@given(name=ODD_NAMES, up=ODD_NAMES)
@settings(max_examples=25, deadline=None)
def test_every_name_can_be_drawn(name: str, up: str) -> None:
    """Whatever Matplotlib would take for a formula that it cannot read."""
    first = OptimalControlProblem(name, (f"{name}x",), (f"{up}u",), lambda x, u, t, p: [u[0]], final_time=1.0)
    second = replace(first, name=f"{up} 2", initial_time=1.0, final_time=2.0)
    both = MultiPhaseProblem(name, (first, second), (Link(first.name, second.name),))
    solution = solve(both, mesh=Mesh.uniform(2), raise_on_failure=False, effort="once")
    for figure in (
        solution.plot(),
        solution.plot_portrait(f"{name}x", f"{up}u"),
        solution.animate(lambda axes, state, control: axes.plot(state), 0.5, 2)._fig,  # type: ignore[attr-defined]
        plot_sparsity(first, mesh=Mesh.uniform(2)),
    ):
        figure.draw_without_rendering()


def test_a_formula_stays_one() -> None:
    assert written("$\\theta_1$") == "$\\theta_1$"
    assert written("theta") == "theta"
    assert written("5 $") == "5 \\$"
    assert written("$\\frac$") == "\\$\\frac\\$"
