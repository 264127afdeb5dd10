"""How a solution is looked at: tables hold the path, films its poses, portraits its curve, the sparsity its program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from geodepth.control import (
    DirectCollocation,
    Link,
    Mesh,
    MultiPhaseProblem,
    MultipleShooting,
    OptimalControlProblem,
    ProblemError,
    Solution,
    plot_sparsity,
    solve,
)


@pytest.fixture
def solution(double_integrator: OptimalControlProblem) -> Solution:
    return solve(double_integrator, MultipleShooting("rk4", "linear"), Mesh.uniform(5))


@pytest.fixture
def two_phases() -> MultiPhaseProblem:
    def half(name: str, **stated: Any) -> OptimalControlProblem:
        return OptimalControlProblem(
            name=name,
            states=("x",),
            controls=("u",),
            dynamics=lambda x, u, t, p: [u[0]],
            running_cost=lambda x, u, t, p: u[0] ** 2,
            **stated,
        )

    first = half("first", initial_state={"x": 0.0}, final_time=1.0)
    second = half("second", final_state={"x": 2.0}, initial_time=1.0, final_time=2.0)
    return MultiPhaseProblem("two", (first, second), (Link("first", "second"),))


def test_a_frame_has_the_path_at_the_nodes(solution: Solution) -> None:
    frame = solution.to_pandas()
    assert list(frame.columns) == ["x", "v", "u", "costate of x", "costate of v"]
    assert frame.index.name == "time"
    assert frame["x"].to_numpy() == pytest.approx(3 * solution.times**2 - 2 * solution.times**3 - 1, abs=1e-8)
    assert frame["u"].to_numpy() == pytest.approx(6 - 12 * solution.times, abs=1e-5)
    assert frame["costate of x"].to_numpy() == pytest.approx(solution.costate("x"))


def test_a_frame_of_phases_tells_them_apart(two_phases: MultiPhaseProblem) -> None:
    frame = solve(two_phases, mesh=Mesh.uniform(2)).to_pandas()
    assert frame.index.names == ["phase", "time"]
    assert frame.loc["second"]["x"].to_numpy() == pytest.approx([1.0, 1.5, 2.0], abs=1e-7)


def test_the_table_of_a_notebook_says_cost_status_and_every_check(solution: Solution) -> None:
    table = solution._repr_html_()
    assert solution.certificate is not None
    for told in (f"{solution.cost:.10g}", solution.advice, solution.certificate.verdict):
        assert told.replace("'", "&#x27;") in table
    assert all(check.name in table for check in solution.certificate.checks)


def test_names_in_a_table_cannot_be_taken_for_markup() -> None:
    problem = OptimalControlProblem(
        name="<script>",
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [u[0]],
        running_cost=lambda x, u, t, p: u[0] ** 2,
        initial_state={"x": 0.0},
        final_state={"x": 1.0},
    )
    assert "<script>" not in solve(problem, mesh=Mesh.uniform(2))._repr_html_()


def test_a_portrait_draws_one_name_against_another(solution: Solution) -> None:
    axis = solution.plot_portrait("x", "v").axes[0]
    x, v = map(np.asarray, axis.lines[0].get_data())
    # On the optimum x + 1 = 3 t² − 2 t³ and v = 6 t (1 − t).
    t = np.linspace(0.0, 1.0, x.size)
    assert x == pytest.approx(3 * t**2 - 2 * t**3 - 1, abs=1e-7)
    assert v == pytest.approx(6 * t * (1 - t), abs=1e-7)
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("x", "v")
    with pytest.raises(ProblemError, match="plot_portrait is 'x, w'; give two names of u, v, x"):
        solution.plot_portrait("x", "w")


def test_a_film_shows_the_pose_at_each_time(solution: Solution, tmp_path: Path) -> None:
    seen: list[float] = []

    def pose(axes: Any, state: np.ndarray, control: np.ndarray) -> None:
        seen.append(float(state[0]))
        axes.plot(state[0], 0.0, "o")

    solution.animate(pose, seconds=1.0, frames_per_second=4).save(tmp_path / "film.gif", writer="pillow")
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames == 4  # type: ignore[attr-defined]
    t = np.linspace(0.0, 1.0, 4)
    assert seen[-4:] == pytest.approx(list(3 * t**2 - 2 * t**3 - 1), abs=1e-7)


def test_a_film_without_a_pose_moves_a_line_over_all_phases(two_phases: MultiPhaseProblem, tmp_path: Path) -> None:
    found = solve(two_phases, mesh=Mesh.uniform(2))
    found.animate(seconds=1.0, frames_per_second=3).save(tmp_path / "film.gif", writer="pillow")
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames == 3  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"seconds": 0.0}, "seconds"),
        ({"seconds": 1e9}, "seconds"),
        ({"frames_per_second": 0}, "frames_per_second"),
        ({"pose": "cart"}, "pose"),
        ({"pose": lambda: None}, r"pose is .*; give a function pose\(axes, state, control\)"),
        ({"pose": lambda axes: None}, "pose is "),
        ({"pose": lambda axes, state, control, time: None}, "pose is "),
        ({"pose": lambda axes, state, *, control: None}, "pose is "),
    ],
)
def test_a_film_that_cannot_be_is_refused(solution: Solution, given: dict[str, Any], told: str) -> None:
    with pytest.raises(ProblemError, match=told):
        solution.animate(**given)


def test_the_sparsity_counts_what_the_method_says(double_integrator: OptimalControlProblem) -> None:
    intervals, points = 4, 3
    figure = plot_sparsity(double_integrator, DirectCollocation("radau", points), Mesh.uniform(intervals))
    left, right = figure.axes
    labels = {line.get_label(): np.unique(np.asarray(line.get_ydata())).size for line in left.lines}
    assert labels == {"defects": 2 * intervals, "stage equations": 2 * points * intervals}
    # Of l = u²/2 with linear dynamics the Hessian is diagonal, with an entry for every control.
    column, row = right.lines[0].get_data()
    assert np.array_equal(column, row)


def test_the_sparsity_of_phases_shows_their_links(two_phases: MultiPhaseProblem) -> None:
    left = plot_sparsity(two_phases, mesh=Mesh.uniform(2)).axes[0]
    rows = {line.get_label(): np.unique(np.asarray(line.get_ydata())) for line in left.lines}
    assert rows["defects"].size == 4
    assert rows["ends, integrals, links"].min() > rows["defects"].max()
