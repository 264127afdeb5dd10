"""The time left follows the effort that is left."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from geodepth.validation.experiments import Sweep
from geodepth.validation.experiments.sweeps.progress import Progress

DRAWS = "cheap_tasks:draws"
SWEEP = Sweep("draws", DRAWS, {"kind": "normal"}, {"size": (2, 3, 50)}, seeds=(0, 1, 2), batch=2)


def test_time_left_follows_the_effort_of_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = replace(SWEEP, batch=None, effort=lambda parameters: float(parameters["size"]))
    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    lines: list[str] = []
    progress = Progress(sweep.tasks, lines.append)
    now[0] += 4.0
    progress.done(sweep.tasks[0])  # 2 of 55 in 4 s: 53 take 106 s
    assert "[1/3]" in lines[-1]
    assert "about 2 min left" in lines[-1]
    now[0] += 6.0
    progress.done(sweep.tasks[1], "ValueError: no")  # 5 of 55 in 10 s: 50 take 100 s
    assert "failed (ValueError: no) after 10 s, about 2 min left" in lines[-1]
    progress.done(sweep.tasks[2])
    assert "left" not in lines[-1]
