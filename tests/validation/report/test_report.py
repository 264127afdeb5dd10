from __future__ import annotations

import base64
import html.parser
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from selenium.webdriver import Keys

from geodepth.validation.comparison.comparison import compare
from geodepth.validation.data.arrays import from_arrays
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.momenta import settle_momenta
from geodepth.validation.report.data import LossCurves, NetworkRecord, ReportData, TruthRecord
from geodepth.validation.report.write import write_report
from geodepth.validation.theory.theorem_four import theorem_table

from .browser import browser, console, requests, resize

Maker = Callable[..., RepresentationPath]
POSITIONS = "return [...document.querySelectorAll('circle')].map(c => [c.getAttribute('cx'), c.getAttribute('cy')])"


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="module")
def page(data: ReportData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(data, tmp_path_factory.mktemp("report") / "new" / "report.html")


class Checker(html.parser.HTMLParser):
    """Counts elements, collects what they refer to, and checks that they nest."""

    void = ("meta", "img", "br", "link", "input", "hr")

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.seen: list[str] = []
        self.sources: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in self.void:
            self.stack.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, text: str) -> None:
        if self.stack and self.stack[-1] not in ("style", "script"):
            self.words.append(text)


def read(page: Path) -> Checker:
    checker = Checker()
    checker.feed(page.read_text(encoding="utf-8"))
    assert checker.stack == []
    return checker


def test_page_is_whole_self_contained_and_escaped(page: Path) -> None:
    checker = read(page)
    assert all(source.startswith(("data:", "#")) for source in checker.sources)
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page.read_text(encoding="utf-8"))
    words = " ".join(checker.words)
    for said in ('A <title> & "quotes"', "a planted <case> & more", "<script>alert(1)</script>", "</td>"):
        assert said in words
    assert checker.seen.count("figure") == 9
    assert str(page.parent) not in page.read_text(encoding="utf-8")


def test_the_verdict_comes_first_and_is_counted(page: Path) -> None:
    words = " ".join(read(page).words)
    assert words.index("1 of 3 networks found the best path known.") < words.index("Evidence") < words.index("Networks")
    assert "9 of 12" in words
    assert "No network lies below its truth." in words


def test_theorem_4_says_of_every_truth_how_wide_its_bounds_are(data: ReportData, page: Path) -> None:
    (row,) = theorem_table([settle_momenta(data.truths[0].path)])
    numbers = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    assert numbers["theorem_4_widths"] == [row]
    words = " ".join(read(page).words)
    told = words[words.index("Is L̃ large enough for Theorem 4?") :]
    assert f"{row['width']:.3g}".replace("-", "−") in told[:400]
    assert ("not yet" in told[:400]) == (not row["informative"])


def test_only_networks_taken_to_stationarity_are_said_to_drop_at_the_end(
    data: ReportData, page: Path, tmp_path: Path
) -> None:
    assert "The drop at the last epoch" not in page.read_text(encoding="utf-8")
    late = write_report(replace(data, settings={"stationary": True}), tmp_path / "late.html")
    assert "The drop at the last epoch is the second-order training" in late.read_text(encoding="utf-8")


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


def test_same_data_same_page(data: ReportData, page: Path, tmp_path: Path) -> None:
    again = write_report(data, tmp_path / "again.html")
    assert again.read_bytes() == page.read_bytes()
    assert [p.name for p in sorted(tmp_path.iterdir())] == ["again.html", "again.json"]  # no leftovers


def test_the_explorer_is_in_the_page(page: Path) -> None:
    checker = read(page)
    assert checker.seen.count("script") == 2  # the data and the code
    assert "input" in checker.seen


def test_networks_below_the_truth_are_said_loudly(data: ReportData, tmp_path: Path) -> None:
    worse = data.networks[2].path
    networks = tuple(replace(n, comparison=compare(worse, n.path)) for n in data.networks)
    record = replace(data.truths[0], path=worse)
    words = " ".join(read(write_report(replace(data, truths=(record,), networks=networks), tmp_path / "r.html")).words)
    assert "2 networks lie below their truth: it was not yet the best" in words
    assert "No network lies below" not in words


def test_a_report_without_networks_shows_the_truth(data: ReportData, tmp_path: Path) -> None:
    checker = read(write_report(replace(data, networks=(), losses={}), tmp_path / "r.html"))
    assert "No network was trained: only the truth is shown." in " ".join(checker.words)
    assert checker.seen.count("figure") == 5


def test_bad_reports(data: ReportData, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="truths is empty"):
        replace(data, truths=())
    with pytest.raises(ValidationError, match="refers to truth 'other'"):
        replace(data, networks=(replace(data.networks[0], truth="other"),))
    with pytest.raises(ValidationError, match="repeat a name"):
        replace(data, truths=data.truths * 2)
    with pytest.raises(ValidationError, match=r"ends in \.html"):
        write_report(data, tmp_path / "report.pdf")
    (tmp_path / "file").write_text("")
    with pytest.raises(ValidationError, match="cannot be written"):
        write_report(data, tmp_path / "file" / "report.html")


def test_the_report_in_a_browser(page: Path, tmp_path: Path) -> None:
    """As a reader has it: on a desk, on a phone, on paper; the slider moved by keys; nothing asked of the network."""
    with browser(tmp_path / "profile") as reader:
        for width in (1280, 390):
            resize(reader, width, 844)
            reader.get(page.as_uri())
            # Nothing sticks out: what is wider than the screen scrolls in a box of its own.
            assert reader.execute_script("return document.documentElement.scrollWidth") <= width
            hidden = "return [...document.images].filter(i => !i.complete || i.naturalWidth === 0).length"
            assert reader.execute_script(hidden) == 0
        first = reader.execute_script(POSITIONS)
        slider = reader.find_element("id", "explorer-p")
        slider.send_keys(Keys.END)
        last = reader.execute_script(POSITIONS)
        assert reader.execute_script("return document.getElementById('explorer-where').textContent") == "p = 1.000"
        assert len(first) == len(last) == 2 * 6  # the truth and the best network, six samples each
        assert first != last
        slider.send_keys(Keys.HOME)
        assert reader.execute_script(POSITIONS) == first
        reader.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        assert reader.execute_script("return getComputedStyle(document.getElementById('explorer')).display") == "none"
        assert base64.b64decode(reader.print_page()).startswith(b"%PDF")
        assert console(reader) == []
        assert requests(reader) == []
