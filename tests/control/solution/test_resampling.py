"""An earlier solution on another mesh, by another method: states and controls where the closed form has them."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.control import DirectCollocation, Mesh, MultipleShooting, OptimalControlProblem, solve
from geodepth.control.solution.resampling import INSIDE, resampled


def test_a_cubic_path_is_resampled_exactly(double_integrator: OptimalControlProblem) -> None:
    """x'' = u of least energy: x is a cubic, which collocation holds, and u a line."""
    solution = solve(double_integrator, DirectCollocation("radau", 3), Mesh.uniform(4), tolerance=1e-10)
    mesh = Mesh.graded(7, 3.0)
    transcription = MultipleShooting("rk4", "linear").transcribe(double_integrator, mesh)
    states, _, controls = transcription.layout.split(resampled(transcription, solution))
    start, end = solution.times[0], solution.times[-1]
    times = start + (end - start) * mesh.breakpoints
    inner = times[1:-1]
    cubic = np.polyfit(solution.times, solution.states[:, 0], 3)
    line = np.polyfit(solution.times[:-1] + np.diff(solution.times) / 2, solution.controls[:, 0], 1)
    assert states[1:-1, 0] == pytest.approx(np.polyval(cubic, inner), abs=1e-9)
    # Controls are taken a little inside each interval, from whose side they are wanted.
    middles, halves = (times[1:] + times[:-1]) / 2, np.diff(times) / 2
    for point, side in enumerate((-1, 1)):
        assert controls[:, point, 0] == pytest.approx(np.polyval(line, middles + side * INSIDE * halves), abs=1e-7)
