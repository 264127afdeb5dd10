"""A solution is sampled along its path, saved and loaded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geodepth.control import Mesh, MultipleShooting, OptimalControlProblem, ProblemError, Solution, solve, verify


def test_samples_follow_the_path_to_fourth_order(double_integrator: OptimalControlProblem) -> None:
    """The optimal x is a cubic, which cubic Hermite interpolation reproduces."""
    solution = solve(double_integrator, MultipleShooting("rk4", "linear"), Mesh.uniform(5))
    t = np.linspace(0, 1, 23)
    assert solution.sample(t).states[:, 0] == pytest.approx(3 * t**2 - 2 * t**3 - 1, abs=1e-8)
    with pytest.raises(ProblemError, match="within the horizon"):
        solution.sample(1.5)


def test_save_and_load_give_the_same_solution(double_integrator: OptimalControlProblem, tmp_path: Path) -> None:
    solution = solve(double_integrator, mesh=Mesh.uniform(7))
    path = solution.save(tmp_path / "solution.npz")
    loaded = Solution.load(path)
    for name in ("times", "states", "controls", "costates", "control_values", "slopes"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(solution, name))
    assert (loaded.cost, loaded.status, loaded.parameters) == (solution.cost, solution.status, solution.parameters)
    dataset = loaded.to_xarray()
    assert dataset["state"].sel(state_name="v").values == pytest.approx(solution.state("v"))
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(ProblemError, match="not a whole"):
        Solution.load(path)
    with pytest.raises(ProblemError, match="no file"):
        Solution.load(tmp_path / "none.npz")


@pytest.mark.parametrize("name", ["times", "states", "controls", "costates", "control_values", "slopes"])
def test_a_solution_that_is_not_whole_is_not_verified(double_integrator: OptimalControlProblem, name: str) -> None:
    solution = solve(double_integrator, mesh=Mesh.uniform(4))
    values = getattr(solution, name).copy()
    with pytest.raises(ProblemError, match="does not fit together"):
        verify(double_integrator, replace(solution, **{name: values[:-1]}))
    values.flat[1] = np.nan
    with pytest.raises(ProblemError, match=f"holds nan in its {name}"):
        verify(double_integrator, replace(solution, **{name: values}))
