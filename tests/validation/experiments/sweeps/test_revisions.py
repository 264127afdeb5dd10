"""What a result was measured by: revisions of measures are part of the identity, other code is told and redone."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from geodepth.validation.errors import ValidationError
from geodepth.validation.experiments import Outcome, Store, Sweep, Task, run_tasks
from geodepth.validation.experiments.measures.beside_truths import beside_truth
from geodepth.validation.experiments.measures.networks import networks
from geodepth.validation.experiments.measures.truths import truth
from geodepth.validation.experiments.sweeps import execution
from geodepth.validation.experiments.sweeps.circumstances import digest_of_code
from geodepth.validation.experiments.sweeps.known_measures import MEASURES

HERE = Path(__file__).parent
SWEEP = Sweep("draws", "cheap_tasks:draws", {"kind": "normal"}, {"size": (2, 3)}, seeds=(0, 1), batch=2)


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(HERE))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]))


def quiet(_: str) -> None:
    pass


PROBLEM: dict[str, Any] = {
    "data": {"name": "teacher", "dimensions": [3, 1, 3], "kind": "residual", "samples": 6, "seed": 0},
    "width": 3, "layers": 5, "effective_depth": 2.0, "rank_cost": 0.1, "seeds": [1],
}  # fmt: skip


def test_the_numbers_of_a_revision_do_not_change() -> None:
    """Where one of these fails for a reason that is meant, raise the measure's revision in MEASURES, here and there."""
    assert {name: known.revision for name, known in MEASURES.items()} == {
        "networks": 1, "truth": 2, "beside-truth": 2,
    }  # fmt: skip
    trained = networks(PROBLEM | {"epochs": 20, "sgd_epochs": 5, "dtype": "float64"})
    solved = truth(PROBLEM | {"starts": 2})
    both = beside_truth(PROBLEM | {"starts": 2, "members": 1, "epochs": 20})

    def of(outcome: Outcome, *names: str) -> list[float]:
        return [float(outcome.rows[0][name]) for name in names]

    # Twenty epochs carry rounding only a little further; the optimizer's tolerance is 1e-8.
    assert of(trained, "cost", "stable", "path_length", "theorem_lower") == pytest.approx(PINNED["networks"], rel=1e-6)
    assert of(solved, "cost", "stable", "path_length", "theorem_lower") == pytest.approx(PINNED["truth"], rel=1e-4)
    assert of(both, "cost", "truth_cost", "excess") == pytest.approx(PINNED["beside-truth"], rel=1e-4)


PINNED: dict[str, list[float]] = {
    "networks": [3.20934982, -0.947021376, 3.89437712, -59.901129],
    "truth": [0.786201042, -1.2421285, 8.32334592, -24.5604107],
    "beside-truth": [1.61389803, 0.786201042, 1.05278032],
}


def test_a_later_revision_is_other_work() -> None:
    first, second = SWEEP.tasks, replace(SWEEP, revision=2).tasks
    assert replace(SWEEP, revision=1).tasks == first
    assert [t.parameters for t in first] == [t.parameters for t in second]
    assert not {t.identity for t in first} & {t.identity for t in second}
    revision = MEASURES["truth"].revision
    assert Task.of("truth", {"seeds": [0]}) == Task.of("truth", {"seeds": [0]}, revision=revision)
    with pytest.raises(ValidationError, match="revision is 0"):
        replace(SWEEP, revision=0)


def test_results_of_other_code_are_told_and_redone_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    assert not run_tasks(SWEEP.tasks, store, say=quiet).outdated
    assert "other code" not in run_tasks(SWEEP.tasks, store, say=quiet).sentence
    monkeypatch.setattr(execution, "code", lambda: "another")
    kept = run_tasks(SWEEP.tasks, store, say=quiet)
    assert (kept.measured, kept.outdated) == ((), SWEEP.tasks)
    assert "2 of those there come from other code" in kept.sentence
    assert run_tasks(SWEEP.tasks[:1], store, say=quiet, again=True).measured == SWEEP.tasks[:1]
    assert store.circumstances(SWEEP.tasks[0])["code"] == "another"
    assert run_tasks(SWEEP.tasks, store, say=quiet).outdated == SWEEP.tasks[1:]
    # Measured before results knew their code: just as unknown.
    for path in (tmp_path / "circumstances").glob("*.json"):
        path.write_text("{}")
    assert len(run_tasks(SWEEP.tasks, store, say=quiet).outdated) == 2


def test_the_digest_of_the_code_follows_what_numbers_depend_on(tmp_path: Path) -> None:
    for room in ("control", "nets", "validation/experiments"):
        (tmp_path / room).mkdir(parents=True)
        (tmp_path / room / "a.py").write_text("x = 1\n")
    before = digest_of_code(tmp_path)
    (tmp_path / "validation" / "figures").mkdir()
    (tmp_path / "validation" / "figures" / "waterfall.py").write_text("y = 1\n")
    assert digest_of_code(tmp_path) == before
    (tmp_path / "nets" / "a.py").write_text("x = 2\n")
    assert digest_of_code(tmp_path) != before
