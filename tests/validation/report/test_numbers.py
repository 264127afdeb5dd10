"""The numbers beside the page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from geodepth.validation.report.data import ReportData


def test_json_holds_the_same_numbers(data: ReportData, page: Path) -> None:
    numbers: dict[str, Any] = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    assert numbers["format_version"] == 1
    assert numbers["truths"][0]["cost"] == data.truths[0].path.cost
    assert numbers["truths"][0]["minima"][1] == {"cost": 2.0, "found": 3}
    for record, network in zip(numbers["networks"], data.networks, strict=True):
        assert record["cost"] == network.path.cost
        assert record["comparison"]["relative_excess"] == network.comparison.relative_excess
        assert record["comparison"]["verdict"] == network.comparison.verdict.value
        assert record["comparison"]["alignment"]["permutation"] == [0, 1, 2]
        assert len(record["energies"]["hamiltonian"]) == network.path.layers
        assert "inf" in record["energies"]["exact"]["cost_of_identity"]  # more samples than features
    assert numbers["losses"]["equidistant"]["costs"][0] == [9.0, 8.0, 7.0]
