"""Files and plots of solutions of several phases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geodepth.control import (
    DirectCollocation,
    Link,
    Mesh,
    MultiPhaseProblem,
    MultiPhaseSolution,
    OptimalControlProblem,
    ProblemError,
    Solution,
    solve,
)


@pytest.fixture(scope="module")
def solved() -> MultiPhaseSolution:
    def phase(name: str, **stated: Any) -> OptimalControlProblem:
        return OptimalControlProblem(
            name=name,
            states=("x", "v"),
            controls=("u",),
            dynamics=lambda x, u, t, p: [x[1], u[0]],
            running_cost=lambda x, u, t, p: u[0] ** 2 / 2,
            **stated,
        )

    first = phase("first leg", initial_state={"x": 0.0, "v": 0.0}, final_state={"x": 0.3}, final_time=0.5)
    second = phase("second leg", initial_time=0.5, final_state={"x": 1.0, "v": 0.0})
    problem = MultiPhaseProblem("spline", (first, second), (Link("first leg", "second leg", jumps={"v": 0.25}),))
    meshes = {"first leg": Mesh.uniform(3), "second leg": Mesh.uniform(4)}
    return solve(problem, DirectCollocation("radau", 3), meshes)


def test_a_file_holds_all_phases_and_what_meets_at_their_links(solved: MultiPhaseSolution, tmp_path: Path) -> None:
    read = MultiPhaseSolution.load(solved.save(tmp_path / "spline"))
    assert (read.problem_name, read.status, read.cost) == (solved.problem_name, solved.status, solved.cost)
    assert list(read.phases) == ["first leg", "second leg"]
    for name, phase in solved.phases.items():
        for what in ("times", "states", "controls", "costates", "inner_costates"):
            np.testing.assert_array_equal(getattr(read.phases[name], what), getattr(phase, what))
        assert read.phases[name].method == phase.method
    assert read.links[0].jumps == solved.links[0].jumps
    assert read.links[0].jumps["v"] == pytest.approx(0.25)
    assert read.certificate == solved.certificate
    assert read.iterate is not None
    assert solved.iterate is not None
    np.testing.assert_array_equal(read.iterate.constraint_multipliers, solved.iterate.constraint_multipliers)


def test_a_file_of_one_kind_is_not_read_as_another(solved: MultiPhaseSolution, tmp_path: Path) -> None:
    many = solved.save(tmp_path / "many.npz")
    one = solved.phases["first leg"].save(tmp_path / "one.npz")
    with pytest.raises(ProblemError, match="holds 'geodepth solution of phases', not a geodepth solution"):
        Solution.load(many)
    with pytest.raises(ProblemError, match="holds 'geodepth solution', not a geodepth solution of phases"):
        MultiPhaseSolution.load(one)
    whole = many.read_bytes()
    many.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ProblemError, match="is not a whole geodepth solution of phases file"):
        MultiPhaseSolution.load(many)


def test_the_plot_has_all_phases_on_one_axis_of_time(solved: MultiPhaseSolution) -> None:
    states, controls, costates = solved.plot().axes
    times = np.concatenate([line.get_xdata() for line in states.lines if line.get_label() in ("x", "_x")])
    assert (times.min(), times.max()) == (0.0, 1.0)
    # Two names in two phases, and a line at the link.
    assert [len(axis.lines) for axis in (states, controls, costates)] == [5, 3, 5]
    for axis in (states, costates):
        legend = axis.get_legend()
        assert legend is not None
        assert [text.get_text() for text in legend.get_texts()] == ["x", "v"]
    # The costate of x jumps at the waypoint.
    levels = [
        np.mean(np.asarray(line.get_ydata(), dtype=float)) for line in costates.lines if line.get_label() in ("x", "_x")
    ]
    assert levels[1] - levels[0] == pytest.approx(solved.links[0].costate_jumps["x"])


def test_a_portrait_says_which_colour_is_which_phase(solved: MultiPhaseSolution) -> None:
    def legend(solution: Solution | MultiPhaseSolution) -> list[str]:
        (axis,) = solution.plot_portrait("x", "v").axes
        found = axis.get_legend()
        assert found is not None
        return [text.get_text() for text in found.get_texts()]

    assert legend(solved) == ["first leg", "second leg", "start", "end"]
    assert legend(solved.phases["first leg"]) == ["start", "end"]
