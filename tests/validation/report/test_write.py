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


@pytest.mark.parametrize(("kind", "head"), [("pdf", b"%PDF"), ("svg", b"<?xml"), ("png", b"\x89PNG")])
def test_figures_are_files_where_they_are_asked_for(data: ReportData, tmp_path: Path, kind: str, head: bytes) -> None:
    page = write_report(data, tmp_path / "report.html", kind)
    files = sorted((tmp_path / "figures").iterdir())
    assert len(files) == page.read_text(encoding="utf-8").count("<figure>")
    assert {"excess", "training", "landscape", "energies", "paths"} <= {file.stem for file in files}
    first = {file.name: file.read_bytes() for file in files}
    assert all(file.suffix == f".{kind}" and first[file.name].startswith(head) for file in files)
    write_report(data, tmp_path / "report.html", kind)
    assert {file.name: file.read_bytes() for file in files} == first


def test_an_unknown_format_is_refused_before_any_work(data: ReportData, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="figures is 'gif'; give one of pdf, svg, png"):
        write_report(data, tmp_path / "report.html", "gif")
    assert not list(tmp_path.iterdir())
