"""The two files of a report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from geodepth.validation.errors import ValidationError
from geodepth.validation.report.data import ReportData
from geodepth.validation.report.write import replaced_report, write_report


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


def test_figures_beside_a_report_are_of_that_report(data: ReportData, tmp_path: Path) -> None:
    """Those of another report go, whatever their format; what others have put there stays."""
    write_report(data, tmp_path / "report.html", "pdf")
    (tmp_path / "figures" / "mine.pdf").write_text("")
    (tmp_path / "figures" / "search_gone.svg").write_text("")
    write_report(replace(data, command="the same, said otherwise"), tmp_path / "report.html", "png")
    kinds = {file.suffix for file in (tmp_path / "figures").glob("excess.*")}
    assert kinds == {".pdf", ".png"}  # the same numbers: two formats of one figure
    write_report(replace(data, networks=data.networks[:2], losses={}), tmp_path / "report.html", "svg")
    files = {file.name for file in (tmp_path / "figures").iterdir()}
    assert {"excess.svg", "mine.pdf"} <= files
    assert not {"excess.pdf", "excess.png", "training.png", "search_gone.svg"} & files


def test_a_report_of_another_command_is_not_replaced_in_silence(data: ReportData, page: Path) -> None:
    assert replaced_report(page, data.command) is None
    assert replaced_report(page.with_name("other.html"), data.command) is None
    assert "of another command (geodepth validate <file>) will be replaced" in str(replaced_report(page, "x"))


def test_figures_for_print_have_fonts_and_dots_that_journals_take(data: ReportData, tmp_path: Path) -> None:
    write_report(data, tmp_path / "report.html", "pdf")
    file = (tmp_path / "figures" / "excess.pdf").read_bytes()
    assert b"/Type3" not in file
    assert b"/CIDFontType2" in file or b"/TrueType" in file
    write_report(data, tmp_path / "report.html", "png")
    from PIL import Image

    with Image.open(tmp_path / "figures" / "excess.png") as image:
        assert image.info["dpi"] == pytest.approx((300, 300), rel=1e-3)


def test_an_unknown_format_is_refused_before_any_work(data: ReportData, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="figures is 'gif'; give one of pdf, svg, png"):
        write_report(data, tmp_path / "report.html", "gif")
    assert not list(tmp_path.iterdir())
