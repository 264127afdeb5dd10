"""Many starts over any executor, and the landscape of minima that they find."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from geodepth.control.model.errors import ProblemError, check_count, check_number
from geodepth.control.model.problem import OptimalControlProblem, check_problem
from geodepth.control.solution.solution import Solution
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.transcription import Method
from geodepth.foundation import worker_processes
from geodepth.foundation.worker_processes import WorkerPool, run_all

from .solve import solve

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
    outcomes = sorted(run_all(run, range(starts), executor, progress, "starts", ProblemError), key=lambda pair: pair[0])
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


def process_pool(workers: int | None = None) -> WorkerPool:
    """Worker processes for `multistart` and `solve_geodesic`, with one BLAS thread each; Ctrl-C is left to the parent.

    Parameters
    ----------
    workers : int, optional
        How many; by default one per processor core.

    Returns
    -------
    WorkerPool
        A `concurrent.futures.ProcessPoolExecutor`, for use in a `with` block.

    Raises
    ------
    ProblemError
        workers is not a whole number of at least 1.

    Notes
    -----
    Workers are spawned, so a script that calls this needs `if __name__ == "__main__":` around its work.
    """
    return worker_processes.process_pool(workers, ProblemError)
