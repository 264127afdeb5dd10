"""geodepth geodesic: a truth in a file, its journal beside it, and errors before any work."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geodepth.control import GeodesicSolution

from .test_commands import run


def test_the_command_saves_the_truth_and_goes_on_from_its_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, picture = tmp_path / "truth.npz", tmp_path / "landscape.png"
    sizes = ("--samples", "9", "--layers", "5", "--workers", "1", "--seed", "3")
    options = (*sizes, "--out", str(out), "--landscape", str(picture))
    code, first, _ = run(capsys, "geodesic", "iris", *options, "--starts", "2")
    assert code == 0
    assert "0 of them done before" in first
    assert picture.exists()
    truth = GeodesicSolution.load(out)
    code, second, _ = run(capsys, "geodesic", "iris", *options, "--starts", "3")
    assert code == 0
    assert "2 of them done before" in second
    more = GeodesicSolution.load(out)
    assert more.cost <= truth.cost
    assert more.statistics["start_costs"]["start 1"] == truth.statistics["start_costs"]["start 1"]
    assert more.cost == pytest.approx(more.geodesic.objective(more.weights, more.layer_steps), rel=1e-14)


def test_a_staged_search_is_told_by_its_searches_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Random starts say of minima how many there may be; three searches that agree are no three random starts."""
    out = tmp_path / "truth.npz"
    sizes = ("--samples", "2", "--width", "3", "--layers", "2", "--effective-depth", "0.5", "--workers", "1")
    code, staged, _ = run(capsys, "geodesic", "teacher", *sizes, "--out", str(out))
    assert code == 0
    assert "3 of 3 independent searches ended there" in staged
    assert "random starts" not in staged
    assert " found 1 times" not in staged
    figure = GeodesicSolution.load(out).plot_landscape()
    assert "independent searches" in figure.axes[0].get_title()
    code, plain, _ = run(capsys, "geodesic", "teacher", *sizes, "--out", str(out), "--starts", "2")
    assert code == 0
    assert "random starts" in plain
    assert "independent" not in plain


def test_cross_entropy_takes_classes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "truth.npz"
    sizes = ("--samples", "9", "--layers", "5", "--workers", "1", "--starts", "1", "--out", str(out))
    code, _, _ = run(capsys, "geodesic", "iris", *sizes, "--loss", "cross-entropy")
    assert code == 0
    truth = GeodesicSolution.load(out)
    assert truth.geodesic.loss == "cross-entropy"
    outputs = truth.geodesic.readout @ truth.representations[-1]
    shares = np.exp(outputs) / np.exp(outputs).sum(axis=0)
    expected = -np.mean(np.log((truth.geodesic.targets * shares).sum(axis=0)))
    assert truth.fit == pytest.approx(float(expected), rel=1e-12)
    code, _, errors = run(capsys, "geodesic", "diabetes", "--loss", "cross-entropy", "--width", "10", "--out", str(out))
    assert code == 2
    assert "targets are not probabilities" in errors
    assert errors.count("\n") == 1


def test_a_continuous_path_on_its_own_mesh(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "truth.npz"
    sizes = ("--samples", "3", "--width", "4", "--layers", "16", "--workers", "1", "--starts", "1", "--out", str(out))
    code, text, _ = run(capsys, "geodesic", "iris", *sizes, "--scheme", "rk4", "--mesh", "equidistributed")
    assert code == 0
    assert "mesh of 16 intervals: Equidistributed. Its nodes lie on the kinks." in text
    steps = GeodesicSolution.load(out).layer_steps
    assert steps.size == 16
    assert np.ptp(steps) > 0.01
    code, _, errors = run(capsys, "geodesic", "iris", *sizes, "--mesh", "equidistributed")
    assert code == 2
    assert "whose steps are the network's layers" in errors
