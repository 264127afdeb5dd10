"""What is left of the first-order conditions is relative to the path: zero at an optimum, and honest beside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geodepth.control import Mesh, MultipleShooting, solve
from geodepth.control.problems import load
from geodepth.control.solvers.program import Program
from geodepth.control.solvers.status import Iterate


def test_residuals_are_relative_to_the_path() -> None:
    problem, mesh = load("double-integrator-energy").build(), Mesh.uniform(10)
    solution = solve(problem, mesh=mesh)
    program = Program(MultipleShooting().transcribe(problem, mesh))
    theta = program.transcription.parameter_values()
    assert solution.iterate is not None
    assert program.residuals(solution.iterate, theta).largest < 1e-12
    # The position runs from 0 to 1: moved by a hundredth at one node it misses by a hundredth of its size.
    moved = solution.iterate.variables.copy()
    moved[5 * program.transcription.layout.stage] += 0.01
    beside = program.residuals(replace(solution.iterate, variables=moved), theta)
    assert beside.feasibility == pytest.approx(0.01, rel=0.05)
    wrong = Iterate(moved * np.nan, *(0 * m for m in (moved, solution.iterate.constraint_multipliers)))
    assert program.residuals(wrong, theta).largest == np.inf
