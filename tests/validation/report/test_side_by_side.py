"""Several reports side by side: what is read, what is said of them, the page and its numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from geodepth.validation.comparison.comparison import compare
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.report.data import ReportData
from geodepth.validation.report.runs import is_report, read_runs, remarks
from geodepth.validation.report.side_by_side import headline, side_by_side_numbers, write_side_by_side
from geodepth.validation.report.write import write_report

from .browser import browser, console, requests, resize
from .page_reader import read

Maker = Callable[..., RepresentationPath]


@pytest.fixture(scope="module")
def folder(data: ReportData, make_stationary: Maker, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """first; dearer, the same question with a truth that costs more; other, another question; bare, no networks."""
    place = tmp_path_factory.mktemp("runs")
    write_report(data, place / "first" / "report.html")
    worse = data.networks[1].path
    networks = tuple(replace(n, comparison=compare(worse, n.path)) for n in data.networks[1:])
    dearer = replace(data, truths=(replace(data.truths[0], path=worse),), networks=networks, losses={})
    write_report(replace(dearer, settings={"width": 3, "starts": 7}), place / "dearer" / "report.html")
    truth = make_stationary(width=4, samples=6)
    other = replace(data, truths=(replace(data.truths[0], path=truth),), networks=(), losses={})
    write_report(other, place / "other" / "report.html")
    return place


def runs(folder: Path, *names: str) -> Any:
    return read_runs([folder / name for name in names])


def test_what_is_read_is_what_the_reports_say(data: ReportData, folder: Path) -> None:
    first, other = runs(folder, "first", "other")
    excesses = [network.excess for network in data.networks]
    assert first.name == "first"
    assert first.excesses == tuple(excesses)
    assert (first.networks.networks, first.networks.at_best) == (3, 1)
    assert (first.networks.best, first.networks.median, first.networks.worst) == tuple(sorted(excesses))
    assert first.best["name"] == data.leaders[0].name
    assert first.truth["cost"] == data.truths[0].path.cost
    assert first.facts["samples"] == 6
    assert first.schemes == {"equidistant": first.networks}
    assert other.networks is None
    assert other.best is None
    assert "9 of 12 starts found it." in other.summary


def test_a_report_is_named_by_its_folder_its_page_or_its_numbers(folder: Path, tmp_path: Path) -> None:
    for path in (folder / "first", folder / "first" / "report.json", folder / "first" / "report.html"):
        assert is_report(path)
        assert read_runs([path, folder / "other"])[0].name == "first"
    assert not is_report(folder)
    assert not is_report(folder / "truth.npz")
    copy = tmp_path / "first"
    copy.mkdir()
    (copy / "report.json").write_bytes((folder / "first" / "report.json").read_bytes())
    assert [run.name for run in read_runs([folder / "first", copy])] == [
        f"{folder.name}/first", f"{tmp_path.name}/first",
    ]  # fmt: skip


def test_costs_are_only_held_against_each_other_where_the_question_is_one(folder: Path) -> None:
    first, dearer, other = runs(folder, "first", "dearer", "other")
    share = 100 * (dearer.truth["cost"] - first.truth["cost"]) / first.truth["cost"]
    assert share > 0.0
    (told,) = remarks([first, dearer])
    assert told.startswith(f"On equidistant steps the truth of dearer costs {share:.2g} % more than that of first")
    assert remarks([dearer, first]) == [told]
    (asked,) = remarks([first, other])
    assert "different questions" in asked
    old = replace(first, question=None)
    assert ["not known of all" in each for each in remarks([old, dearer])] == [True]
    assert remarks([first, replace(first, name="again")]) == []


def test_the_headline_counts_and_ranks(folder: Path) -> None:
    first, dearer, other = runs(folder, "first", "dearer", "other")
    said = headline([first, dearer, other])
    assert "1 of 3 in first" in said
    assert "in other" not in said
    least = min((first, dearer), key=lambda run: run.networks.median)
    assert f"least in {least.name}" in said
    assert headline([other, other]).endswith("only their truths are shown.")


def test_the_page_and_its_numbers(folder: Path, tmp_path: Path) -> None:
    chosen = runs(folder, "first", "dearer", "other")
    page = write_side_by_side(chosen, tmp_path / "new")
    checker = read(page)
    assert all(source.startswith("data:") or (page.parent / source).resolve().is_file() for source in checker.sources)
    words = " ".join(" ".join(checker.words).split())
    for run in chosen:
        assert run.summary in words
    assert re.search(r"differs first dearer other .*starts – 7 –", words)
    numbers = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    assert numbers["headline"] == headline(chosen)
    assert numbers["runs"][0]["networks"]["median"] == chosen[0].networks.median
    assert numbers == json.loads(json.dumps(side_by_side_numbers(chosen)))
    with browser(tmp_path / "profile") as reader:
        for width in (1280, 390):
            resize(reader, width, 844)
            reader.get(page.as_uri())
            assert reader.execute_script("return document.documentElement.scrollWidth") <= width
        widths = "return [...document.querySelectorAll('.runs tr')[1].cells].slice(1).map(c => c.offsetWidth)"
        found = reader.execute_script(widths)
        assert max(found) - min(found) <= 1  # bars of one length are one number
        assert console(reader) == []
        assert requests(reader) == []


def test_what_is_no_report_ends_in_one_line(folder: Path, tmp_path: Path) -> None:
    first = folder / "first"
    numbers = json.loads((first / "report.json").read_text(encoding="utf-8"))
    for name, content, words in (
        ("text", "{", "is not a report: "),
        ("list", "[]", "is not a report; give the report.json"),
        ("future", json.dumps({**numbers, "format_version": 2}), "has format version 2; this geodepth reads 1"),
        ("part", json.dumps({k: v for k, v in numbers.items() if k != "truths"}), "is not a whole report"),
        ("odd", json.dumps({**numbers, "networks": [3]}), "is not a whole report"),
    ):
        (tmp_path / f"{name}.json").write_text(content)
        with pytest.raises(ValidationError, match=words) as refused:
            read_runs([first, tmp_path / f"{name}.json"])
        assert "\n" not in str(refused.value)
    with pytest.raises(ValidationError, match="there is no report"):
        read_runs([first, tmp_path / "none.html"])
    with pytest.raises(ValidationError, match="name at least two"):
        read_runs([first])
    with pytest.raises(ValidationError, match="given twice"):
        read_runs([first, first / "report.html"])
