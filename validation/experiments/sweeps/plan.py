"""What a run will take, said before it starts: tasks, time, memory, disk, measured on a slice of one task."""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .execution import attempt
from .progress import duration
from .tasks import Task

SLICED = "networks"
"""The measure whose time is measured beforehand: that of a training is proportional to its epochs."""
EPOCHS = 50
"""Of the slice. Preparing a training of the paper's size takes some five of them, so the time said is a little too long
rather than too short (chosen by hand)."""
WORTH_IT = 100.0
"""Effort from which a slice is measured. It is about seconds for networks, and a slice of the paper's size takes some
ten (chosen by hand)."""


@dataclass(frozen=True, slots=True)
class Slice:
    """What a few epochs of a task took.

    Attributes
    ----------
    seconds : float
        That the whole task will take.
    memory, disk : float
        Bytes: the most that this process has held, and those of a result, uncompressed.
    """

    seconds: float
    memory: float
    disk: float


def tell_plan(tasks: Sequence[Task], workers: int, tell: Callable[[str], None]) -> None:
    """Say how many tasks there are, how long each and all will take, and what memory and disk they need.

    Parameters
    ----------
    tasks : sequence of Task
        Those to measure.
    workers : int
        How many run at a time.
    tell : function
        Gets the lines. Nothing is said of tasks that take a few minutes in all.
    """
    if sum(task.effort for task in tasks) < WORTH_IT:
        return
    for measure, count in Counter(task.measure for task in tasks).items():
        tell(f"{count} tasks of {measure}")
    trained = [task for task in tasks if _is_plain_training(task)]
    if not trained:
        tell("how long they take shows when the first is done")
        return
    largest = max(trained, key=lambda task: task.effort)
    found = measured_slice(largest)
    if isinstance(found, str):
        tell(f"the time of a training is not known beforehand: its first epochs failed ({found})")
        return
    per_effort = found.seconds / largest.effort
    least, total = (per_effort * f(task.effort for task in trained) for f in (min, sum))
    each = duration(found.seconds) if least > 0.9 * found.seconds else f"{duration(least)} to {duration(found.seconds)}"
    tell(
        f"{len(trained)} trainings of {each}, {duration(total / workers)} in all with {workers} at a time; "
        f"{found.memory / 2**20:.0f} MiB of memory each, {len(trained) * found.disk / 2**20:.0f} MiB of disk in all"
    )
    if len(trained) < len(tasks):
        tell(f"how long the other {len(tasks) - len(trained)} take shows when the first are done")


def measured_slice(task: Task) -> Slice | str:
    """Run the first epochs of a training, and measure what came of it; or say in a line why that failed."""
    parameters = task.parameters
    tail = parameters.get("sgd_epochs")
    epochs = parameters["epochs"] + (parameters["epochs"] // 5 if tail is None else tail)
    few = min(EPOCHS, epochs)
    _, outcome, _, reason = attempt(Task.of(task.measure, {**parameters, "epochs": few, "sgd_epochs": 0}))
    if outcome is None:
        return reason
    seconds = outcome.seconds["training"] * epochs / few + outcome.seconds["measuring"]
    return Slice(seconds, _memory(), float(sum(array.nbytes for array in outcome.arrays.values())))


def _is_plain_training(task: Task) -> bool:
    parameters: dict[str, Any] = task.parameters
    return task.measure == SLICED and not parameters.get("newton") and not parameters.get("continued")


def _memory() -> float:
    """The most memory that this process has held, in bytes; 0 where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
