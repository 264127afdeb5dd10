"""Who does the work of a search: this process or an executor, and a journal that knows what is done already."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from geodepth.control.geodesics.transcribed.path_problem import PathProblem
from geodepth.control.model.errors import CHECKS, ProblemError
from geodepth.foundation.time_limits import time_left
from geodepth.foundation.worker_processes import run_all

from .journal import Journal
from .outcome import Ended
from .starts import Start

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Workers:
    """Where the starts of a search are solved.

    Attributes
    ----------
    journal : Journal
        Where finished starts are kept and looked for.
    executor : concurrent.futures.Executor, optional
        None solves one start after another here.
    progress : bool
        Whether a terminal shows a bar.
    """

    journal: Journal
    executor: Executor | None
    progress: bool

    def __post_init__(self) -> None:
        if self.executor is not None and not callable(getattr(self.executor, "submit", None)):
            raise CHECKS.refusal("executor", self.executor, "an executor, as process_pool() returns, or None")
        object.__setattr__(self, "progress", CHECKS.flag("progress", self.progress))

    def run(self, function: Callable[[Ended], Result], ended: Sequence[Ended], label: str) -> list[Result]:
        """Apply a function, which must be importable, to starts that ended.

        Returns
        -------
        list
            What it makes of them, in the order in which it is done with them.
        """
        return [result for _, result in run_all(function, ended, self.executor, self.progress, label, ProblemError)]

    def solve(self, problem: PathProblem, starts: Sequence[Start], label: str) -> list[Ended]:
        """Solve the starts that the journal does not know.

        Parameters
        ----------
        problem : PathProblem
            What they all solve.
        starts : sequence of Start
            With different origins.
        label : str
            Of the bar on a terminal.

        Returns
        -------
        list of Ended
            Where each of the starts ended, in their order.

        Raises
        ------
        TimeoutError
            The time of `ends_within` was over before all of them had ended.
        """
        known = {start.origin: self.journal.read(problem, start) for start in starts}
        missing = [start for start in starts if known[start.origin] is None]
        solve = partial(self.journal.solve, problem)
        for start, ended in run_all(solve, missing, self.executor, self.progress, label, ProblemError):
            known[start.origin] = ended
            if time_left() <= 0 and None in known.values():
                raise TimeoutError(f"{label}: the time was over before all starts had ended")
        return [ended for ended in known.values() if ended is not None]
