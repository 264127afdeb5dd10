"""Work spread over processes: pools whose workers keep quiet, and the outcomes as they finish."""

import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import resource_tracker
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from .argument_checks import ArgumentChecks
from .errors import InputError
from .interruption import ATTENTION, held_back

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")


class WorkerPool(ProcessPoolExecutor):
    """A pool of processes that does not wait for running work when its `with` block ends in an exception.

    Ctrl-C waits while the pool takes work or ends, for a lock that was left behind would stop the pool for ever.
    """

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Send work to the processes, which begin with the first."""
        with held_back(), _children_undisturbed():
            return super().submit(function, *args, **kwargs)

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> bool | None:
        with held_back() as interrupted:
            thread = getattr(self, "_executor_manager_thread", None)
            workers = list((getattr(self, "_processes", None) or {}).values())
            waiting = list((getattr(self, "_pending_work_items", None) or {}).values())
            self.shutdown(wait=False, cancel_futures=kind is not None)
            while kind is None and thread is not None and thread.is_alive() and not interrupted.is_set():
                thread.join(ATTENTION)
            if thread is not None and thread.is_alive():
                # Python's thread behind the pool tells every future that the workers died, and of one that was
                # cancelled it prints a traceback.
                for item in waiting:
                    if item.future.cancelled():
                        item.future = Future()
                for worker in workers:
                    worker.terminate()
                thread.join()
        return None


@contextmanager
def _children_undisturbed() -> Iterator[None]:
    """Within, processes begin with Ctrl-C blocked: until they can ignore it, it would break their start off."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # would unblock the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def process_pool(workers: int | None = None, error: type[InputError] = InputError) -> WorkerPool:
    """Worker processes, one BLAS thread each, that leave Ctrl-C to the parent and end when it does.

    Parameters
    ----------
    workers : int, optional
        How many; by default one per processor core.
    error : type of InputError, optional
        What is raised for a number of workers that cannot be used.

    Raises
    ------
    InputError
        The class `error`, where workers is not a whole number of at least 1.

    Notes
    -----
    Workers are spawned, so a script that calls this needs `if __name__ == "__main__":` around its work.
    """
    count = (os.cpu_count() or 1) if workers is None else ArgumentChecks(error).count("workers", workers)
    return WorkerPool(count, mp_context=multiprocessing.get_context("spawn"), initializer=_quiet_worker)


def _quiet_worker() -> None:
    from threadpoolctl import threadpool_limits

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threadpool_limits(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A parent that was killed leaves nobody to hand results to, and workers that would wait for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class Flight(Generic[Task, Outcome]):
    """Tasks that an executor works on, handed out as they finish.

    `concurrent.futures.wait` takes a lock of every future, and Ctrl-C in its midst leaves them taken. Here the futures
    come by themselves, and what needs their locks is not interrupted.

    Attributes
    ----------
    pending : dict of Future to task
        What was sent and has not come back.
    """

    def __init__(self, executor: Executor) -> None:
        self.pending: dict[Future[Outcome], Task] = {}
        self._executor = executor
        self._done: SimpleQueue[Future[Outcome]] = SimpleQueue()

    def send(self, function: Callable[[Task], Outcome], task: Task) -> None:
        """Send a task."""
        with held_back():
            future = self._executor.submit(function, task)
            self.pending[future] = task
            future.add_done_callback(self._done.put)

    def next(self) -> tuple[Task, Future[Outcome]]:
        """Wait for one that is done, which is then pending no longer."""
        future = self._done.get()
        return self.pending.pop(future), future

    def cancel(self) -> None:
        """Cancel what has not begun."""
        with held_back():
            for future in self.pending:
                future.cancel()


def run_all(
    function: Callable[[Task], Outcome],
    tasks: Iterable[Task],
    executor: Executor | None = None,
    progress: bool = True,
    label: str = "starts",
    error: type[InputError] = InputError,
) -> Iterator[tuple[Task, Outcome]]:
    """Apply a function to every task, and hand out each outcome as it finishes.

    Parameters
    ----------
    function : function of one task
        With an executor of processes it must be importable (no lambda), and so must what the tasks hold.
    tasks : iterable
        Read at once; each must be hashable by itself or by identity.
    executor : Executor, optional
        Where the work is done; by default here, one task after another.
    progress : bool, default True
        Show a bar where standard error is a terminal.
    label : str
        The bar's name.
    error : type of InputError, optional
        What is raised where the work cannot be sent to another process.

    Yields
    ------
    (task, outcome)
        In the order in which they finish.

    Raises
    ------
    InputError
        The class `error`, where the work cannot be sent to another process.

    Notes
    -----
    On an exception, Ctrl-C included, what has not begun is cancelled and the exception goes on.
    """
    from tqdm import tqdm

    todo: Sequence[Task] = list(tasks)
    with tqdm(total=len(todo), desc=label, disable=None if progress else True, file=sys.stderr, leave=False) as bar:
        if executor is None:
            for task in todo:
                yield task, function(task)
                bar.update()
            return
        flight: Flight[Task, Outcome] = Flight(executor)
        try:
            for task in todo:
                flight.send(function, task)
            while flight.pending:
                task, future = flight.next()
                yield task, future.result()
                with held_back():
                    bar.update()
        except (AttributeError, TypeError, pickle.PicklingError) as failure:
            # The same errors may come out of the function itself: those are the caller's.
            if "pickle" not in str(failure):
                raise
            reason = " ".join(str(failure).split())
            raise error(
                f"the work cannot be sent to another process: {reason}; define its functions with def at the top of a "
                "module, or give no executor"
            ) from failure
        finally:
            flight.cancel()
