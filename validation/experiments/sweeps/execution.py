"""Running tasks: what is missing, over any executor; one task's failure or one worker's death harms no other.

1. Look for the tasks whose results are missing.
2. Send them to the workers. A task that raises has failed, and the others go on.
3. Store each result as soon as it is there.
4. Where a process of our own pool dies, try the tasks that were in flight again, each in a process of its own. One
   whose process dies once more has failed.

The pool is not loky's, which is joblib's too. Tried on two workers and twelve tasks: where one worker is killed, loky
fails all tasks that are in flight or wait; its idle workers still live 20 s after the parent is killed, and they do
not leave Ctrl-C to it.
"""

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from geodepth.foundation.versions import versions_of
from geodepth.foundation.worker_processes import Flight, process_pool
from geodepth.validation.errors import ValidationError

from .circumstances import PACKAGES, code, hardware, one_torch_thread
from .outcome import Outcome
from .progress import Progress
from .results import Store, sweep_leftovers
from .tasks import Task

TIMEOUT = "10s"
"""For a Dask scheduler to answer (chosen by hand)."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A task that could not be measured.

    Attributes
    ----------
    task : Task
        The task.
    reason : str
        Why, in one line.
    """

    task: Task
    reason: str


@dataclass(frozen=True, slots=True)
class Run:
    """What a run did.

    Attributes
    ----------
    measured : tuple of Task
        Now.
    present : tuple of Task
        Those that were there already.
    failures : tuple of Failure
        Those that could not be measured.
    seconds : float
        Of the run.
    outdated : tuple of Task
        Those of the present ones that other code of geodepth has measured.
    left : int
        How many were not begun, because the hours were over.
    """

    measured: tuple[Task, ...]
    present: tuple[Task, ...]
    failures: tuple[Failure, ...]
    seconds: float
    outdated: tuple[Task, ...] = ()
    left: int = 0

    @property
    def sentence(self) -> str:
        """The run in one line, and one more for every failure."""
        lines = [
            f"{len(self.measured)} tasks measured in {self.seconds:.0f} s, {len(self.present)} were there already, "
            f"{len(self.failures)} failed"
        ]
        if self.left:
            lines.append(f"  {self.left} were not begun in the hours that were given; the same command goes on")
        if self.outdated:
            lines.append(f"  {len(self.outdated)} of those there come from other code than this; --again redoes them")
        return "\n".join([*lines, *(f"  {f.task.identity}: {f.reason}; {f.task.text}" for f in self.failures)])


def run_tasks(
    tasks: Sequence[Task],
    store: Store,
    executor: Executor | None = None,
    workers: int = 1,
    say: Callable[[str], None] | None = None,
    again: bool = False,
    hours: float | None = None,
) -> Run:
    """Measure the tasks whose results are missing, and store each as soon as it is there.

    Parameters
    ----------
    tasks : sequence of Task
        What is asked for.
    store : Store
        Where results are.
    executor : Executor, optional
        Any of concurrent.futures' kind: processes, threads, Dask's client.get_executor(). By default processes of our
        own.
    workers : int
        How many of our own; 1 is this very process.
    say : function, optional
        Gets lines about the progress; standard error by default.
    again : bool
        Whether results that other code has measured, of the same revision, are measured anew. Otherwise they are kept
        and named in `Run.outdated`.
    hours : float, optional
        After them no task is begun; those that run are finished.

    Returns
    -------
    Run
        What was done. Tasks that failed are in it, not raised.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C, with what is finished stored.
    ValidationError
        A result cannot be written.
    """
    began = time.perf_counter()
    sweep_leftovers(store.folder)
    present = tuple(task for task in tasks if store.has(task))
    outdated = tuple(task for task in present if store.circumstances(task).get("code") != code())
    if again:
        present, outdated = tuple(task for task in present if task not in set(outdated)), ()
    there = set(present)
    missing = [task for task in tasks if task not in there]
    tell = say or (lambda line: print(line, file=sys.stderr, flush=True))
    measured: list[Task] = []
    failures: list[Failure] = []
    progress = Progress(missing, tell, workers if executor is None else 1)
    until = float("inf") if hours is None else time.perf_counter() + 3600.0 * hours
    for task, outcome, circumstances, reason in _outcomes(missing, executor, workers, until):
        if outcome is not None:
            store.save(task, outcome, circumstances)
            measured.append(task)
        else:
            failures.append(Failure(task, reason))
        progress.done(task, reason)
    left = len(missing) - len(measured) - len(failures)
    return Run(tuple(measured), present, tuple(failures), time.perf_counter() - began, outdated, left)


Answer = tuple[Task, Outcome | None, dict[str, Any], str]


def _outcomes(tasks: Sequence[Task], executor: Executor | None, workers: int, until: float) -> Iterator[Answer]:
    if executor is not None:
        yield from _over(tasks, executor, len(tasks) or 1, until)
    elif workers == 1 or len(tasks) < 2:
        for task in tasks:
            if time.perf_counter() > until:
                return
            yield attempt(task)
    else:
        yield from _over_own_processes(tasks, workers, until)


def _over(tasks: Sequence[Task], executor: Executor, window: int, until: float) -> Iterator[Answer]:
    """Answers as they come; a broken executor answers for what was in flight, then BrokenExecutor is raised."""
    waiting = deque(tasks)
    flight: Flight[Task, Answer] = Flight(executor)
    answering: list[Task] = []
    try:
        while waiting or flight.pending:
            while waiting and len(flight.pending) < window and time.perf_counter() <= until:
                flight.send(attempt, waiting[0])
                waiting.popleft()
            if not flight.pending:
                return
            task, future = flight.next()
            answering = [task]
            answer = _answer(task, future)
            answering = []
            yield answer
    except BrokenExecutor:
        raise _BrokenError([*answering, *flight.pending.values()], list(waiting)) from None
    finally:
        flight.cancel()


def _answer(task: Task, future: Future[Answer]) -> Answer:
    try:
        return future.result()
    except BrokenExecutor:
        raise
    except Exception as error:  # what the executor itself has to say: a task that it could not send, a lost worker
        return task, None, {}, _one_line(error)


class _BrokenError(Exception):
    """An executor broke, with these tasks in flight and those not yet begun."""

    def __init__(self, in_flight: list[Task], waiting: list[Task]) -> None:
        super().__init__("a worker process died")
        self.in_flight, self.waiting = in_flight, waiting


def _over_own_processes(tasks: Sequence[Task], workers: int, until: float) -> Iterator[Answer]:
    todo = list(tasks)
    while todo and time.perf_counter() <= until:
        suspects: list[Task] = []
        with process_pool(workers) as pool:
            try:
                # No more in flight than there are workers: when one dies, the suspects are few.
                yield from _over(todo, pool, workers, until)
                return
            except _BrokenError as broken:
                suspects, todo = broken.in_flight, broken.waiting
        for task in suspects:
            with process_pool(1) as pool:
                try:
                    yield from _over([task], pool, 1, float("inf"))
                except _BrokenError:
                    yield task, None, {}, "its process died twice (killed, or out of memory)"


def attempt(task: Task) -> Answer:
    """Measure one task with one thread of linear algebra; whatever it raises becomes a reason."""
    from threadpoolctl import threadpool_limits

    began = time.perf_counter()
    try:
        with threadpool_limits(1), one_torch_thread():
            outcome = task.run()
    except Exception as error:
        return task, None, {}, _one_line(error)
    circumstances = {
        "seconds": {"task": time.perf_counter() - began},
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "hardware": hardware(task.parameters.get("device", "cpu")),
        "versions": versions_of(*PACKAGES),
        "code": code(),
    }
    return task, outcome, circumstances, ""


@contextmanager
def dask_executor(address: str) -> Iterator[Executor]:
    """The executor of a Dask cluster; it needs the extra `geodepth[dask]`.

    Parameters
    ----------
    address : str
        Of the scheduler, such as tcp://host:8786.

    Raises
    ------
    ValidationError
        Dask is not installed, or no scheduler answers.
    """
    try:
        import distributed
    except ImportError:
        raise ValidationError("--scheduler needs Dask; install geodepth[dask], or leave it out") from None
    try:
        # Dask has no types of its own.
        client: Any = distributed.Client(address, timeout=TIMEOUT, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise ValidationError(f"--scheduler {address} does not answer ({_one_line(error)}); start one there") from None
    with client:
        # A task that takes its worker down is tried on others twice before it counts as failed.
        yield client.get_executor(pure=False, retries=2)


def _one_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:500]
