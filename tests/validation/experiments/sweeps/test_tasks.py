"""A task's identity says what it computes: not where its code stands, and not under which name it was asked for."""

from __future__ import annotations

import importlib
from dataclasses import replace

import pytest

from geodepth.validation.errors import ValidationError
from geodepth.validation.experiments import Sweep, Task
from geodepth.validation.experiments.measures.truths import truth
from geodepth.validation.experiments.sweeps.known_measures import MEASURES, measure_name

DRAWS = "cheap_tasks:draws"
SWEEP = Sweep("draws", DRAWS, {"kind": "normal"}, {"size": (2, 3, 50)}, seeds=(0, 1, 2), batch=2)
PARAMETERS = {"width": 3, "seeds": [0]}


@pytest.mark.parametrize("name", MEASURES)
def test_a_known_measure_has_one_identity_under_all_its_names(name: str) -> None:
    known = MEASURES[name]
    task = Task.of(name, PARAMETERS)
    assert task.measure == name
    assert task.revision == known.revision
    # Where it stands today, and where it stood when its first results were made.
    assert Task.of(known.function, PARAMETERS) == Task.of(known.identity, PARAMETERS) == task
    module, function = known.function.split(":")
    assert Task.of(getattr(importlib.import_module(module), function), PARAMETERS) == task
    assert task.identity.startswith(f"{known.identity.split(':')[1]}-")


def test_the_identities_of_version_0_1() -> None:
    """Literals: a digest that changed would orphan every result that anybody has."""
    assert [Task.of(name, PARAMETERS).identity for name in MEASURES] == [
        "networks-5455f9c1d4aec88f", "truth-d81c1966dd1beca9", "beside_truth-33f66c3700f51c73",
        "motion-52a402f3f6652caf", "collapse-e7b4bf4be851dc5f", "chance-047f90f8fe59b2d9", "causes-b55bf4e959b5350f",
    ]  # fmt: skip


def test_other_functions_are_named_by_where_they_stand() -> None:
    assert measure_name("os.path:join") == "os.path:join"
    assert measure_name(truth) == "truth"
    assert Task.of("os.path:join", PARAMETERS).revision == 1
    for measure in ("join", lambda parameters: parameters):
        with pytest.raises(ValidationError, match="measure is"):
            measure_name(measure)


def test_parameters_must_be_plain() -> None:
    for value in (float("nan"), object(), {1, 2}):
        with pytest.raises(ValidationError, match="plain finite"):
            _ = replace(SWEEP, fixed={"x": value}).tasks


def test_a_later_revision_is_other_work() -> None:
    first, second = SWEEP.tasks, replace(SWEEP, revision=2).tasks
    assert replace(SWEEP, revision=1).tasks == first
    assert [t.parameters for t in first] == [t.parameters for t in second]
    assert not {t.identity for t in first} & {t.identity for t in second}
    revision = MEASURES["truth"].revision
    assert Task.of("truth", {"seeds": [0]}) == Task.of("truth", {"seeds": [0]}, revision=revision)
    with pytest.raises(ValidationError, match="revision is 0"):
        replace(SWEEP, revision=0)
