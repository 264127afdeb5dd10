"""The two files of a report."""

from __future__ import annotations

from pathlib import Path

import pytest

from geodepth.validation.errors import ValidationError
from geodepth.validation.report.data import ReportData
from geodepth.validation.report.write import write_report


def test_same_data_same_page(data: ReportData, page: Path, tmp_path: Path) -> None:
    again = write_report(data, tmp_path / "again.html")
    assert again.read_bytes() == page.read_bytes()
    assert [p.name for p in sorted(tmp_path.iterdir())] == ["again.html", "again.json"]  # no leftovers


def test_bad_places(data: ReportData, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"ends in \.html"):
        write_report(data, tmp_path / "report.pdf")
    (tmp_path / "file").write_text("")
    with pytest.raises(ValidationError, match="cannot be written"):
        write_report(data, tmp_path / "file" / "report.html")
