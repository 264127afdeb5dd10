"""Vectors by name: the same problem as with every entry written out, to the last digit."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geodepth.control import Mesh, OptimalControlProblem, ProblemError, prepare, solve


def flight(**changes: Any) -> OptimalControlProblem:
    """A point in the plane, pushed by two forces."""
    given: dict[str, Any] = {
        "name": "flight",
        "states": ("q[2]", "v[2]", "m"),
        "controls": ("u[2]",),
        "dynamics": lambda x, u, t, p: [x[2], x[3], u[0], u[1], -(u[0] ** 2) - u[1] ** 2],
        "running_cost": lambda x, u, t, p: u[0] ** 2 + 2 * u[1] ** 2,
        "initial_state": {"q": 0.0, "v": (0.1, 0.2), "m": 1.0},
        "final_state": {"q": (1.0, 2.0), "v[1]": 0.0},
        "state_bounds": {"q": (-5.0, (5.0, 6.0)), "v[0]": (-9.0, 9.0)},
        "control_bounds": {"u": (-30.0, 30.0)},
    }
    return OptimalControlProblem(**(given | changes))


def test_an_entry_goes_before_its_vector_in_either_order() -> None:
    for stated in ({"q": 0.0, "q[1]": 1.0}, {"q[1]": 1.0, "q": 0.0}):
        assert dict(flight(initial_state=stated).initial_state or {}) == {"q[0]": 0.0, "q[1]": 1.0}
    for bounds in ({"q": (-9.0, 9.0), "q[0]": (-1.0, 1.0)}, {"q[0]": (-1.0, 1.0), "q": (-9.0, 9.0)}):
        lower, upper = flight(state_bounds=bounds, final_state=None).bounds("states")
        assert list(zip(lower[:2], upper[:2], strict=True)) == [(-1.0, 1.0), (-9.0, 9.0)]


def test_a_vector_is_its_entries() -> None:
    written_out = flight(
        states=("q[0]", "q[1]", "v[0]", "v[1]", "m"),
        controls=("u[0]", "u[1]"),
        initial_state={"q[0]": 0.0, "q[1]": 0.0, "v[0]": 0.1, "v[1]": 0.2, "m": 1.0},
        final_state={"q[0]": 1.0, "q[1]": 2.0, "v[1]": 0.0},
        state_bounds={"q[0]": (-5.0, 5.0), "q[1]": (-5.0, 6.0), "v[0]": (-9.0, 9.0)},
        control_bounds={"u[0]": (-30.0, 30.0), "u[1]": (-30.0, 30.0)},
    )
    problem = flight()
    assert problem.states == written_out.states
    assert replace(problem, name="again").states == written_out.states
    assert problem.state_bounds == written_out.state_bounds
    guess = {"q": [(0.0, 1.0), 2.0], "u": 0.5}
    ours = solve(problem, mesh=Mesh.uniform(10), guess=guess)
    theirs = solve(
        written_out, mesh=Mesh.uniform(10), guess={"q[0]": (0.0, 1.0), "q[1]": 2.0, "u[0]": 0.5, "u[1]": 0.5}
    )
    assert np.array_equal(ours.states, theirs.states)
    assert np.array_equal(ours.state("q"), ours.states[:, :2])
    assert np.array_equal(ours.control("u"), ours.controls)
    assert np.array_equal(ours.costate("v"), ours.costates[:, 2:4])
    assert ours.state("v[1]").shape == (11,)


def test_prepared_solves_take_vectors() -> None:
    prepared = prepare(flight(), mesh=Mesh.uniform(10))
    solution = prepared.solve(initial_state={"q": [0.5, -0.5]}, final_state={"q": 1.0})
    assert solution.state("q")[[0, -1]] == pytest.approx(np.array([[0.5, -0.5], [1.0, 1.0]]), abs=1e-12)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"initial_state": {"q": (1.0, 2.0, 3.0)}}, r"initial_state\['q'\] has 3 values; give one for all"),
        ({"initial_state": {"r": 1.0}}, "initial_state names 'r'"),
        ({"state_bounds": {"q": (0.0, (1.0, 1.0, 1.0))}}, r"state_bounds\['q'\] has 3 values"),
        ({"states": ("q[2]", "q[2]", "m")}, "is used twice"),
        ({"states": ("q[99999]",)}, "has 99999 entries"),
    ],
)
def test_bad_input(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ProblemError, match=words):
        flight(**({"final_state": None, "state_bounds": None, "initial_state": None} | change))
