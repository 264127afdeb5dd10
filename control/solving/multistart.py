"""Many starts over any executor, and the landscape of minima that they find."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np

from geodepth.control.model.errors import ControlError, ProblemError, check_count, check_number
from geodepth.control.model.problem import OptimalControlProblem, check_problem
from geodepth.control.solution.solution import Solution
from geodepth.control.transcription.layout import Method
from geodepth.control.transcription.mesh import Mesh

from .solve import solve

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")
RandomGuess = Callable[[OptimalControlProblem, np.random.Generator], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Minimum:
    """A distinct local minimum: its best solution, the indices of the starts that found it, of how many in all."""

    solution: Solution
    found_by: tuple[int, ...]
    starts: int

    @property
    def cost(self) -> float:
        return self.solution.cost

    @property
    def frequency(self) -> float:
        """The share of starts that ended in this minimum."""
        return len(self.found_by) / self.starts


def multistart(
    problem: OptimalControlProblem,
    starts: int = 32,
    seed: int = 0,
    guess: RandomGuess | None = None,
    method: Method | None = None,
    mesh: Mesh | None = None,
    solver: str = "ipopt",
    tolerance: float = 1e-8,
    distinct: float = 1e-6,
    executor: Executor | None = None,
    progress: bool = True,
) -> list[Minimum]:
    """Solve from `starts` random guesses; the distinct minima, best first. Starts that failed are not among them.

    guess: (problem, generator) -> a guess, by default uniform within finite bounds, and normal around the default
    elsewhere; start i draws from the generator seeded by (seed, i), so the same seed gives the same starts over any
    executor. Two starts found the same minimum when costs agree to `distinct` and states to its square root,
    relative. With an executor of processes the problem's functions must be importable (no lambdas).
    """
    check_problem(problem)
    check_count("starts", starts)
    check_count("seed", seed, 0)
    check_number("distinct", distinct, 0, 1, "a number between 0 and 1, such as 1e-6")
    if guess is not None and not callable(guess):
        raise ProblemError(f"guess is {guess!r:.80}; give a function of the problem and a random generator")
    if executor is not None and not isinstance(executor, Executor):
        raise ProblemError(f"executor is {executor!r:.80}; give a concurrent.futures.Executor, or None")
    run = partial(_solve_start, problem, seed, guess or random_guess, method, mesh, solver, tolerance)
    outcomes = sorted(run_all(run, range(starts), executor, progress, "starts"), key=lambda pair: pair[0])
    solved = [(i, s) for i, s in outcomes if s.success]
    solved.sort(key=lambda pair: pair[1].cost)
    groups: list[list[tuple[int, Solution]]] = []
    for index, solution in solved:
        for group in groups:
            if _same(group[0][1], solution, distinct):
                group.append((index, solution))
                break
        else:
            groups.append([(index, solution)])
    return [Minimum(group[0][1], tuple(sorted(i for i, _ in group)), starts) for group in groups]


def random_guess(problem: OptimalControlProblem, generator: np.random.Generator) -> dict[str, Any]:
    """A straight line between ends, with a random middle, for each state; a random constant for each control."""
    guess: dict[str, Any] = {}
    for kind, names in (("states", problem.states), ("controls", problem.controls)):
        lower, upper = problem.bounds(kind)
        for name, low, high in zip(names, lower, upper, strict=True):
            if np.isfinite(low) and np.isfinite(high):
                value = generator.uniform(low, high)
            else:
                value = float(np.clip(generator.normal(), low, high))
            first = (problem.initial_state or {}).get(name, value) if kind == "states" else value
            last = (problem.final_state or {}).get(name, value) if kind == "states" else value
            guess[name] = (first, last)
    return guess


def _solve_start(
    problem: OptimalControlProblem,
    seed: int,
    guess: RandomGuess,
    method: Method | None,
    mesh: Mesh | None,
    solver: str,
    tolerance: float,
    index: int,
) -> Solution:
    generator = np.random.default_rng([seed, index])
    return solve(problem, method, mesh, solver, tolerance, guess(problem, generator), raise_on_failure=False)


def _same(first: Solution, second: Solution, distinct: float) -> bool:
    if abs(first.cost - second.cost) > distinct * max(1.0, abs(first.cost)):
        return False
    scale = 1.0 + np.max(np.abs(first.states), axis=0)
    return bool(np.max(np.abs(first.states - second.states) / scale) <= np.sqrt(distinct))


class WorkerPool(ProcessPoolExecutor):
    """A pool of processes that does not wait for running work when its `with` block ends in an exception."""

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> bool | None:
        if kind is not None:
            workers = list((getattr(self, "_processes", None) or {}).values())
            self.shutdown(wait=False, cancel_futures=True)
            for worker in workers:
                worker.terminate()
        return super().__exit__(kind, value, traceback)


def process_pool(workers: int | None = None) -> WorkerPool:
    """Worker processes, one BLAS thread each, that leave Ctrl-C to the parent.

    They are spawned, so a script that calls this needs `if __name__ == "__main__":` around its work.
    """
    count = (os.cpu_count() or 1) if workers is None else check_count("workers", workers)
    return WorkerPool(count, mp_context=multiprocessing.get_context("spawn"), initializer=_quiet_worker)


def _quiet_worker() -> None:
    from threadpoolctl import threadpool_limits

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threadpool_limits(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A parent that was killed leaves nobody to hand results to, and workers that would wait for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def run_all(
    function: Callable[[Task], Outcome],
    tasks: Iterable[Task],
    executor: Executor | None = None,
    progress: bool = True,
    label: str = "starts",
) -> Iterator[tuple[Task, Outcome]]:
    """(task, outcome) as they finish: here, one after another, or over an executor; a bar on a terminal only.

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
        pending: dict[Future[Outcome], Task] = {executor.submit(function, task): task for task in todo}
        try:
            while pending:
                done, _ = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    task = pending.pop(future)
                    yield task, future.result()
                    bar.update()
        except AttributeError as error:
            raise ControlError(f"the work cannot be sent to another process: {error}") from error
        finally:
            for future in pending:
                future.cancel()
