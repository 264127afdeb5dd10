"""What a run will take is said before it starts, and is what it takes."""

from __future__ import annotations

import re
import time

from geodepth.validation.experiments.sweeps.plan import Slice, measured_slice, tell_plan
from geodepth.validation.experiments.sweeps.tasks import Task


def training(epochs: int, effort: float = 1.0, **options: object) -> Task:
    data = {"name": "teacher", "dimensions": [5, 2, 5], "seed": 0, "samples": 300, "test_samples": 50}
    shape = {"width": 32, "layers": 8, "effective_depth": 3.0, "weight_decay": 0.01, "seeds": [0]}
    return Task.of("networks", {"data": data, **shape, "epochs": epochs, **options}, effort)


def test_a_slice_says_how_long_the_whole_takes() -> None:
    task = training(600)
    found = measured_slice(task)
    assert isinstance(found, Slice)
    began = time.perf_counter()
    outcome = task.run()
    taken = time.perf_counter() - began
    # Times on a machine that does other work as well: within a factor of four either way.
    assert 0.25 < found.seconds / taken < 4.0
    assert found.disk <= sum(array.nbytes for array in outcome.arrays.values())
    assert found.memory > 1e7


def test_a_plan_is_told_of_what_is_long_alone() -> None:
    lines: list[str] = []
    tell_plan([training(600)], 1, lines.append)
    assert not lines
    efforts = (400.0, 200.0)
    tell_plan([training(6000, effort) for effort in efforts] + [training(7, newton=True)], 2, lines.append)
    assert lines[0] == "3 tasks of networks"
    assert re.match(r"2 trainings of .+ to .+, .+ in all with 2 at a time; \d+ MiB of memory each, \d+ MiB", lines[1])
    assert "the other 1 take" in lines[2]
    lines.clear()
    tell_plan([training(6000, 400.0, newton=True)], 1, lines.append)
    assert lines == ["1 tasks of networks", "how long they take shows when the first is done"]


def test_a_training_that_cannot_start_is_no_reason_not_to_go_on() -> None:
    lines: list[str] = []
    tell_plan([training(6000, 400.0, weight_decay=-1.0)], 1, lines.append)
    assert "its first epochs failed" in lines[-1]
