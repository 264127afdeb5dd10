"""The gallery's page, from entries planted in a folder."""

from __future__ import annotations

import json
from pathlib import Path

from geodepth.validation.experiments.gallery import Entry, write_gallery


def test_entries_are_escaped_and_linked_and_what_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    entry = Entry(
        name="fig1",
        size="small",
        question="Is a < b?",
        command="geodepth paper fig1 --out 'x & y'",
        figures=["ranks"],
        captions=["medians <b>"],
        sweeps=["one: 3 results", "two: 4 results"],
        hardware=["a processor"],
        time="3 min",
        tasks=7,
        drawn="2026-01-01",
        versions={"numpy": "2.0"},
        digest="d",
    )
    for place, content in (("fig1-small", json.dumps(entry.to_dict())), ("fig2-small", "{"), ("fig3-small", "{}")):
        (tmp_path / place).mkdir()
        (tmp_path / place / "entry.json").write_text(content)
    (tmp_path / "fig1-small" / "runs-1.csv").write_text("seed\n")
    page = write_gallery(tmp_path).read_text(encoding="utf-8")
    for said in ("Is a &lt; b?", "x &amp; y", "medians &lt;b&gt;", "one: 3 results<br>two: 4 results", "numpy 2.0"):
        assert said in page
    for linked in ("ranks.svg", "ranks.csv", "ranks.png", "runs-1.csv"):
        assert f'href="fig1-small/{linked}"' in page
    assert page.count("<section") == 1


def test_without_entries_the_page_says_so(tmp_path: Path) -> None:
    assert "No figures yet." in write_gallery(tmp_path).read_text(encoding="utf-8")
