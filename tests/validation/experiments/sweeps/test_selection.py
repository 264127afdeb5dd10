"""A run is cut down to some tasks, by conditions, by number and by time."""

from __future__ import annotations

from pathlib import Path

import pytest

from geodepth.validation.errors import ValidationError
from geodepth.validation.experiments import Store, Sweep, run_tasks
from geodepth.validation.experiments.sweeps.selection import first_missing, matching

DRAWS = Sweep("draws", "cheap_tasks:draws", {"kind": {"law": "normal"}}, {"size": (2, 3, 50)}, (0, 1, 2), batch=2)
OTHERS = Sweep("others", "cheap_tasks:draws", {"kind": {"law": "cauchy"}}, {"size": (2,)}, (0,))
WITH_COMMA = Sweep("draws, others", "cheap_tasks:draws", {"kind": {"law": "uniform"}}, {"size": (2,)}, (0,))


@pytest.mark.parametrize(
    ("conditions", "tasks"),
    [
        ((), 7), (("size=2",), 3), (("size=2.0",), 3), (("size=2,50",), 5), (("kind.law=normal", "size=3"), 2),
        (("sweep=others",), 1), (("seed=2",), 3), (("seed=0,1", "size=50"), 1),
    ],
)  # fmt: skip
def test_conditions_choose_the_tasks_that_meet_all(conditions: tuple[str, ...], tasks: int) -> None:
    found = matching((DRAWS, OTHERS), conditions)
    assert len(found) == tasks
    everything = [*DRAWS.tasks, *OTHERS.tasks]
    assert [task for task in everything if task in set(found)] == list(found)


def test_a_name_with_a_comma_is_one_name() -> None:
    sweeps = (DRAWS, OTHERS, WITH_COMMA)
    assert matching(sweeps, ["sweep=draws, others"]) == WITH_COMMA.tasks
    assert len(matching(sweeps, ["sweep=draws,others"])) == 7


@pytest.mark.parametrize(
    ("condition", "words"),
    [("size", "give name=value"), ("colour=2", "known names are"), ("size=7", "there are size=2,3,50")],
)
def test_other_conditions_are_refused(condition: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        matching((DRAWS, OTHERS), [condition])


def test_as_many_of_the_missing_tasks_as_asked_for(tmp_path: Path) -> None:
    store = Store(tmp_path)
    tasks = DRAWS.tasks
    run_tasks(tasks[1:2], store, say=lambda line: None)
    assert first_missing(tasks, store, None) == tasks
    assert first_missing(tasks, store, 2) == tasks[:3]
    run = run_tasks(first_missing(tasks, store, 2), store, say=lambda line: None)
    assert (run.measured, run.present) == ((tasks[0], tasks[2]), (tasks[1],))


@pytest.mark.parametrize("workers", [1, 2])
def test_no_task_is_begun_when_the_hours_are_over(workers: int, tmp_path: Path) -> None:
    sweep = Sweep("draws", "cheap_tasks:draws", {"sleep": 0.3}, {"size": tuple(range(2, 42))}, (0,))
    run = run_tasks(sweep.tasks, Store(tmp_path), workers=workers, say=lambda line: None, hours=1.0 / 3600.0)
    # A second is over before forty times 0.3 are; what had begun was finished and stored.
    assert 0 < len(run.measured) < 40
    assert run.left == 40 - len(run.measured)
    assert f"{run.left} were not begun" in run.sentence
    assert all(Store(tmp_path).has(task) for task in run.measured)
    assert sum(Store(tmp_path).has(task) for task in sweep.tasks) == len(run.measured)
