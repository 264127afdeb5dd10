"""The explorer, driven in a real browser."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from selenium.webdriver import Keys
from selenium.webdriver.support.ui import WebDriverWait

from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.report.explorer import explorer_data
from geodepth.validation.report.templating import render

from .browser import browser, console, requests

Maker = Callable[..., RepresentationPath]
CIRCLES = "return [...document.querySelectorAll('circle')].map(c => [c.getAttribute('cx'), c.getAttribute('cy')])"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'unsafe-inline'"


def test_data_are_the_paths_own(make_path: Maker) -> None:
    path = make_path(width=2)
    data = explorer_data([path, path], labels=[0, 0, 1, 1, 1], class_names=("a", "b"))
    points = np.array(data["paths"][0]["points"])  # (L+1, N, 2), a rotation of the two neurons about their mean
    given = path.representations.transpose(0, 2, 1)
    for stack in (points, given):
        assert stack.shape == (7, 5, 2)
    gaps = [np.linalg.norm(stack[3, 0] - stack[5, 4]) for stack in (points, given)]
    assert gaps[0] == pytest.approx(gaps[1], rel=5e-3)  # four digits of each coordinate
    np.testing.assert_allclose(
        data["paths"][0]["spectrum"][2], np.linalg.svd(path.representations[2], compute_uv=False), rtol=1e-3
    )
    assert data["colours"][0] == data["colours"][1] != data["colours"][2]
    assert [entry["name"] for entry in data["legend"]] == ["a", "b"]


def test_nothing_in_the_data_ends_the_script(make_path: Maker) -> None:
    path = make_path().renamed("</script><script>alert(1)</script><!-- ")
    fragment = render("explorer", explorer=explorer_data([path]))
    assert fragment.count("</script>") == 2
    assert "<!--" not in fragment
    stored = re.search(r'id="explorer-data">(.*?)</script>', fragment, re.DOTALL)
    assert stored is not None
    assert json.loads(stored.group(1))["paths"][0]["name"] == path.label


def test_many_samples_are_thinned(make_path: Maker) -> None:
    data = explorer_data([make_path(samples=700, layers=2)])
    assert len(data["colours"]) == len(data["paths"][0]["points"][0]) == 200


def test_the_slider_moves_the_samples_in_a_browser(make_path: Maker, tmp_path: Path) -> None:
    path = make_path(width=3)
    data = explorer_data([path])
    fragment = render("explorer", explorer=data)
    page = tmp_path / "page.html"
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    page.write_text(f"<!DOCTYPE html><html><head><meta charset='utf-8'>{policy}</head><body>{fragment}</body></html>")
    with browser(tmp_path / "profile") as reader:
        reader.get(page.as_uri())
        where = "return document.getElementById('explorer-where').textContent"
        assert reader.execute_script(where) == "p = 0.500"  # where most is to be seen
        slider = reader.find_element("id", "explorer-p")
        slider.send_keys(Keys.HOME)
        slider.send_keys(Keys.ARROW_RIGHT * 100)  # a hundred keys of 0.005 each
        drawn = np.array(reader.execute_script(CIRCLES), dtype=float)
        assert reader.execute_script(where) == "p = 0.500"
        words = reader.execute_script("return document.querySelector('.explorer-panel p').textContent")
        assert console(reader) == []
        assert requests(reader) == []
    p = path.positions
    layer = int(np.searchsorted(p, 0.5, side="right") - 1)
    share = (0.5 - p[layer]) / (p[layer + 1] - p[layer])
    points = np.array(data["paths"][0]["points"])
    wanted = (1 - share) * points[layer] + share * points[layer + 1]
    low, high = np.array(data["low"]), np.array(data["high"])
    across = 110.0 + 200.0 / (high - low).max() * (wanted - (low + high) / 2)
    np.testing.assert_allclose(drawn[:, 0], across[:, 0], atol=0.02)  # drawn to two decimals
    np.testing.assert_allclose(drawn[:, 1], 220.0 - across[:, 1], atol=0.02)
    assert f"layer {layer + 1} of 6" in words


def test_the_explorer_plays_to_the_end_and_stops_where_it_is_told(make_path: Maker, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    fragment = render("explorer", explorer=explorer_data([make_path()]))
    page.write_text(f"<!DOCTYPE html><html><head><meta charset='utf-8'></head><body>{fragment}</body></html>")
    place = "return document.getElementById('explorer-p').value"
    word = "return document.getElementById('explorer-play').textContent"
    with browser(tmp_path / "profile") as reader:
        reader.get(f"{page.as_uri()}#p=0.97")
        button = reader.find_element("id", "explorer-play")
        button.click()
        assert reader.execute_script(word) == "stop"
        WebDriverWait(reader, 10).until(lambda _: reader.execute_script(word) == "play")
        assert reader.execute_script(place) == "1"
        button.click()  # all over again
        WebDriverWait(reader, 10).until(lambda _: 0.0 < float(reader.execute_script(place)) < 1.0)
        button.click()
        stopped = reader.execute_script(place)
        time.sleep(0.1)
        assert reader.execute_script(place) == stopped
        assert console(reader) == []


def test_the_browser_test_would_see_a_request_and_an_error(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<!DOCTYPE html><img src='http://elsewhere.invalid/x.png'><script>throw new Error('seen')</script>")
    with browser(tmp_path / "profile") as reader:
        reader.get(page.as_uri())
        assert requests(reader) == ["http://elsewhere.invalid/x.png"]
        assert any("seen" in line for line in console(reader))
