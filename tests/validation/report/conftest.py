"""A report whose every word is known: three networks planted around a stationary truth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from geodepth.validation.comparison.comparison import compare
from geodepth.validation.data.arrays import from_arrays
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.report.data import LossCurves, NetworkRecord, ReportData, TruthRecord
from geodepth.validation.report.write import write_report

Maker = Callable[..., RepresentationPath]


@pytest.fixture(scope="session")
def data(make_stationary: Maker) -> ReportData:
    truth = make_stationary(width=3, samples=6)
    dataset = from_arrays(
        truth.inputs, truth.targets, labels=[0, 0, 1, 1, 2, 2], standardize=False, name="planted",
        description="a planted <case> & more",
    )  # fmt: skip
    networks = []
    for seed, factor in enumerate((1.0, 0.9, 1.3)):
        path = RepresentationPath.from_weights(
            factor * truth.weights, truth.layer_steps, truth.inputs, truth.targets, truth.embedding, truth.readout,
            truth.effective_depth, truth.weight_decay, label=f"seed {seed}",
        )  # fmt: skip
        comparison = compare(truth, path, [(truth.cost, truth.weights)])
        networks.append(NetworkRecord("equidistant", seed, "equidistant", path, comparison, test_error=0.5 + seed))
    record = TruthRecord("equidistant", truth, truth.cost * (1 - 1e-7), truth.cost, 12, ((truth.cost, 9), (2.0, 3)))
    curves = LossCurves(np.array([0, 10]), np.array([[9.0, 8.0, 7.0], [n.path.cost for n in networks]]))
    return ReportData(
        "A <title> & \"quotes\"", dataset, (record,), tuple(networks), {"equidistant": curves},
        {"width": 3, "<b>": "</td>"}, {"numpy": np.__version__}, {"truth": 0}, "geodepth validate <file>",
        {"truth": 1.25}, ("a note with <script>alert(1)</script>",),
    )  # fmt: skip


@pytest.fixture(scope="session")
def page(data: ReportData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(data, tmp_path_factory.mktemp("report") / "new" / "report.html")
