"""The page, read as text and in a real browser."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from selenium.webdriver import Keys

from geodepth.validation.comparison.comparison import compare
from geodepth.validation.comparison.limit_of_layers import ContinuousTruth
from geodepth.validation.comparison.verdicts import conditions
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.momenta import settle_momenta
from geodepth.validation.pipeline.settings import Settings
from geodepth.validation.report.data import ReportData
from geodepth.validation.report.quotable import advice, quotable
from geodepth.validation.report.templating import percent
from geodepth.validation.report.write import write_report
from geodepth.validation.theory.all_statements import COARSE
from geodepth.validation.theory.theorem_four import theorem_table

from .browser import browser, console, requests, resize
from .page_reader import read

Maker = Callable[..., RepresentationPath]
POSITIONS = "return [...document.querySelectorAll('circle')].map(c => [c.getAttribute('cx'), c.getAttribute('cy')])"


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


def test_what_depth_costs_is_said_and_drawn_where_the_limit_is_known(data: ReportData, tmp_path: Path) -> None:
    truth = data.truths[0].path
    limit = ContinuousTruth(truth.cost, truth.fit, truth.penalty, 0.0, (10, 20, 40), (1.0, 1.0, 1.0), truth)
    limit = replace(limit, cost=0.8, costs=(1.0, 0.9, 0.85))  # J + 2/L
    known = replace(data, continuous=limit)
    page = write_report(known, tmp_path / "depth.html")
    words = " ".join(read(page).words)
    assert "of order 1.00 in 1/L, and comes within 1 % with 250 and 0.1 % with 2500 layers" in words
    assert "What depth costs" in words
    assert read(page).seen.count("figure") == 10
    numbers = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    assert numbers["continuous"]["layers_within"] == {"1 %": 250, "0.1 %": 2500}
    assert "over continuous" in words
    rough = write_report(replace(data, continuous=replace(limit, costs=(1.0, 0.9, 0.5))), tmp_path / "rough.html")
    words = " ".join(read(rough).words)
    assert "led into another minimum" in words
    assert "over continuous" not in words
    assert "What depth costs" not in words


def test_theorem_4_says_of_every_truth_how_wide_its_bounds_are(data: ReportData, page: Path) -> None:
    (row,) = theorem_table([settle_momenta(data.truths[0].path)])
    numbers = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    assert numbers["theorem_4_widths"] == [row]
    words = " ".join(read(page).words)
    told = words[words.index("Is L̃ large enough for Theorem 4?") :]
    assert f"{row['width']:.3g}".replace("-", "−") in told[:400]
    assert ("not yet" in told[:400]) == (not row["informative"])


def test_every_statement_names_the_options_that_say_more(data: ReportData, page: Path, tmp_path: Path) -> None:
    """The options exist, their layers make the steps fine enough, and networks off stationarity ask for epochs."""

    def told(page: Path) -> dict[str, list[str]]:
        table = page.read_text(encoding="utf-8").split("The theory against these numbers")[1].split("</table>")[0]
        rows = re.findall(r"<tr><td><b>(.*?)</b>(.*?)</td>", table, re.DOTALL)
        return {name: re.findall("<code>(.*?)</code>", cell) for name, cell in rows}

    truth, plain = data.truths[0].path, told(page)
    without = [name for name, options in plain.items() if options == ["geodepth geodesic --no-bias"]]
    assert without == ["Proposition 1", "Proposition 2", "Proposition 3", "Output scaling"]
    (layers,) = plain["Conservation"]
    assert 2.0 * truth.effective_depth / int(layers.removeprefix("--layers ")) <= COARSE
    deeper = [f"--effective-depth {2 * truth.effective_depth:g}", f"--layers {2 * truth.layers}"]
    assert plain["Theorem 4, first"] == plain["Separation of time scales"] == deeper
    # The best network shown is the truth itself; of the others none is stationary.
    off = replace(data, networks=data.networks[1:], losses={})
    assert told(write_report(off, tmp_path / "off.html"))["Conservation"] == [layers, "--epochs"]
    asked = told(write_report(replace(off, settings={"epochs": 700}), tmp_path / "asked.html"))
    assert asked["Conservation"] == [layers, "--epochs 1400"]
    options = {f"--{name.replace('_', '-')}" for name in Settings.__dataclass_fields__} | {"--no-bias"}
    said = " ".join(word for found in (*plain.values(), *asked.values()) for word in found)
    assert set(re.findall(r"--[a-z-]+", said)) <= options


def test_only_networks_taken_to_stationarity_are_said_to_drop_at_the_end(
    data: ReportData, page: Path, tmp_path: Path
) -> None:
    assert "The drop at the last epoch" not in page.read_text(encoding="utf-8")
    late = write_report(replace(data, settings={"stationary": True}), tmp_path / "late.html")
    assert "The drop at the last epoch is the second-order training" in late.read_text(encoding="utf-8")


def test_the_search_is_told_by_search(data: ReportData, tmp_path: Path) -> None:
    """One search found the best after 7 of 9 solves; one ended nowhere. A record without times has no figure."""
    cost = data.truths[0].path.cost
    search = {
        "words": "not settled: found by 1 of 2", "solves": 12, "unseen": 1.0, "better": 0.5, "ends": [cost, None],
        "history": [[[2, 2.0 * cost], [7, cost]], []], "solves_each": [9, 3],
        "times": {"history": [[0.5, 1.5], []], "whole": [1.75, 0.25]},
        "minima": [[cost, [0]]],
    }  # fmt: skip
    pages = []
    for name, record in (("r", search), ("old", {k: v for k, v in search.items() if k != "times"})):
        truths = (replace(data.truths[0], search=record),)
        pages.append(read(write_report(replace(data, truths=truths), tmp_path / f"{name}.html")))
    words = " ".join(pages[0].words)
    told = words[words.index("The search on equidistant steps") :]
    assert "not settled: found by 1 of 2. It made 12 solves." in told
    assert f"1 {cost:.9g} 0 7 9 1.75 2" in " ".join(told.split())
    assert pages[0].seen.count("figure") == pages[1].seen.count("figure") + 1
    # One search alone has no other to agree with: it is told in the table's words only.
    alone = search | {"ends": [cost]}
    truths = (replace(data.truths[0], search=alone),)
    page = read(write_report(replace(data, truths=truths), tmp_path / "alone.html"))
    assert "The search on" not in " ".join(page.words)
    assert page.seen.count("figure") == pages[1].seen.count("figure")


def test_the_explorer_is_in_the_page(page: Path) -> None:
    checker = read(page)
    assert checker.seen.count("script") == 3  # the data, the explorer's code, that of the tables
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
        slider = reader.find_element("id", "explorer-p")
        slider.send_keys(Keys.HOME)
        first = reader.execute_script(POSITIONS)
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


def test_a_colleague_can_quote_the_first_paragraph(data: ReportData, page: Path) -> None:
    """Its numbers are the report's own; the same paragraph stands in the JSON file."""
    numbers = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    words = numbers["summary"]
    assert words in " ".join(read(page).words)
    excesses = sorted(network.excess for network in data.networks)
    given = data.truths[0].path
    sizes = [f"{n} {of}" + "s" * (n != 1) for n, of in ((len(given.inputs), "input"), (len(given.targets), "output"))]
    assert f"On planted (6 samples, {', '.join(sizes)})" in words
    assert "3 trained Leaky ResNets of width 3" in words
    assert "1 of 3 came within 0.10 % of its cost." in words
    assert f"the median network {percent(excesses[1])} more" in words
    assert "9 of 12 starts found it." in words
    truth = data.truths[0]
    once = quotable(replace(data, truths=(replace(truth, minima=((truth.path.cost, 1), (2.0, 3))),)))
    assert "1 of 12 starts found it, so a cheaper one may well exist." in once
    # What follows of that, and what to do about it, with the option's present number.
    assert once.endswith("every network would look worse, and the finding that 1 reached the best path may not stand.")
    assert "lower bounds" not in words
    assert advice(data) is None
    doubted = replace(data, truths=(replace(truth, minima=((truth.path.cost, 1), (2.0, 3))),))
    assert "the same command --starts 48 and" in str(advice(replace(doubted, settings={"starts": 12})))
    assert "the same command --adaptive-starts 8 and" in str(
        advice(replace(doubted, settings={"starts": None, "adaptive_starts": 1}))
    )
    assert advice(doubted) is None  # its settings know no such option
    proven = replace(data, truths=(replace(truth, proven=0.25 * truth.path.cost, search={"words": "settled"}),))
    assert quotable(proven).endswith(
        "The search for it is settled. It is proven that no path costs less than 25 % of that."
    )
    search = {"words": "not settled: found by 1 of 3; 0.2 % between them", "searches": 3}
    searched = replace(truth, name="other", search=search)
    beside = replace(data, truths=(truth, searched), settings={"starts": None, "searches": None})
    assert "The staged search, on other steps, is not settled: found by 1 of 3; 0.2 % between them." in quotable(beside)
    assert "may not stand" in quotable(beside)
    assert "the same command --searches 6 and" in str(advice(beside))
    assert "the representation geodesic was computed" in quotable(replace(data, networks=(), losses={}))
    assert "All came within" in quotable(replace(data, networks=data.networks[:1]))


def test_the_page_tells_every_verdicts_condition(page: Path) -> None:
    words = " ".join(read(page).words)
    for verdict, condition in conditions().items():
        assert verdict.value in words
        assert condition in words


def test_long_tables_show_the_best_and_fold_the_rest(data: ReportData, tmp_path: Path) -> None:
    """Eight networks of two schemes: two rows are seen; the fold's table is sorted and filtered in a browser."""
    copies = tuple(
        replace(data.networks[k % 3], scheme=("one", "two")[k % 2], seed=k, label=f"network {k}") for k in range(8)
    )
    page = write_report(replace(data, networks=copies, losses={}), tmp_path / "long.html")
    names = "const t = document.querySelectorAll('section details table')[0]; return [...t.tBodies[0].rows]"
    names += ".filter(r => !r.hidden).map(r => r.cells[0].textContent)"
    with browser(tmp_path / "profile") as reader:
        reader.get(page.as_uri())
        fold = reader.find_element("css selector", "section details")
        best = reader.find_elements("xpath", "//h2[text()='Networks']/following-sibling::div[1]//tbody/tr")
        assert [row.find_element("tag name", "td").text for row in best] == [
            network.name for network in copies if network in (copies[0], copies[3])
        ]
        assert fold.get_attribute("open") is None
        fold.find_element("tag name", "summary").click()
        sorter = fold.find_element("xpath", ".//th/button[text()='excess']")
        costs = {network.name: network.excess for network in copies}
        sorter.click()
        rising = [costs[name] for name in reader.execute_script(names)]
        assert rising == sorted(costs.values())
        sorter.click()
        assert [costs[name] for name in reader.execute_script(names)] == rising[::-1]
        fold.find_element("css selector", "input.filter").send_keys("network 5")
        assert reader.execute_script(names) == ["network 5"]
        assert console(reader) == []


def test_the_page_is_dark_for_who_likes_it_dark_and_white_on_paper(page: Path, tmp_path: Path) -> None:
    colour = "return getComputedStyle(document.body).backgroundColor"
    with browser(tmp_path / "profile") as reader:
        reader.get(page.as_uri())
        found = []
        for media, scheme in (("screen", "light"), ("screen", "dark"), ("print", "dark")):
            wanted = {"media": media, "features": [{"name": "prefers-color-scheme", "value": scheme}]}
            reader.execute_cdp_cmd("Emulation.setEmulatedMedia", wanted)
            found.append(reader.execute_script(colour))
    assert found == ["rgb(255, 255, 255)", "rgb(22, 24, 27)", "rgb(255, 255, 255)"]
