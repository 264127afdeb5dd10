"""How far a run is, and how long it will still take."""

import time
from collections.abc import Callable, Sequence

from .tasks import Task


class Progress:
    """Says a line for every task that is done: how many are, how much time is left.

    The time left is the time passed so far, in proportion to the effort that is left; the tasks know their effort.
    """

    def __init__(self, tasks: Sequence[Task], tell: Callable[[str], None], workers: int = 1) -> None:
        self.total = len(tasks)
        self.left = sum(task.effort for task in tasks)
        self.tell = tell
        self.count = 0
        self.spent = 0.0
        self.began = time.perf_counter()
        if tasks:
            tell(f"{self.total} tasks to measure, {workers} at a time" if workers > 1 else f"{self.total} tasks")

    def done(self, task: Task, reason: str = "") -> None:
        """One more is done, or has failed for that reason."""
        self.count += 1
        self.spent += task.effort
        self.left -= task.effort
        passed = time.perf_counter() - self.began
        rest = "" if self.count == self.total else f", about {duration(passed * self.left / self.spent)} left"
        words = f"failed ({reason})" if reason else "done"
        self.tell(f"[{self.count}/{self.total}] {task.identity} {words} after {duration(passed)}{rest}")


def duration(seconds: float) -> str:
    """Seconds for people."""
    if seconds < 90.0:
        return f"{seconds:.0f} s"
    return f"{seconds / 60.0:.0f} min" if seconds < 5400.0 else f"{seconds / 3600.0:.1f} h"
