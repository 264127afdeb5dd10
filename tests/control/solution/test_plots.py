"""The plot of a solution draws the path that was found."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.control import Mesh, MultipleShooting, OptimalControlProblem, solve


def test_plot_draws_the_path_that_was_found(double_integrator: OptimalControlProblem) -> None:
    solution = solve(double_integrator, MultipleShooting("rk4", "linear"), Mesh.uniform(5))
    states, controls, costates = solution.plot().axes
    x, y = states.lines[0].get_data()
    assert np.asarray(y) == pytest.approx(3 * np.asarray(x) ** 2 - 2 * np.asarray(x) ** 3 - 1, abs=1e-8)
    assert np.nanmax(np.asarray(controls.lines[0].get_ydata(), dtype=float)) == pytest.approx(6.0, abs=1e-6)
    assert costates.get_xlabel() == "time"
