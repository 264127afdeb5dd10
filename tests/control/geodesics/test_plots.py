"""Plots of geodesics show what was found."""

from __future__ import annotations

import numpy as np
import pytest

from geodepth.control import RepresentationGeodesic, solve_geodesic


def test_the_waterfall_shows_every_start(teacher: RepresentationGeodesic) -> None:
    solution = solve_geodesic(teacher, layers=6, starts=4, progress=False)
    figure = solution.plot_landscape()
    lines = figure.axes[0].lines
    assert len(lines) == len(solution.minima)
    ranks = np.concatenate([np.asarray(line.get_xdata()) for line in lines])
    np.testing.assert_array_equal(ranks, np.arange(1, solution.coverage.starts + 1))
    heights = [float(np.asarray(line.get_ydata())[0]) for line in lines]
    assert heights == pytest.approx([100 * (m.cost / solution.minima[0].cost - 1) for m in solution.minima])
