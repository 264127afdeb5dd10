"""Many starts over any executor, and the landscape of minima that they find."""

import pickle
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, Generic, TypeVar, overload

import numpy as np

from geodepth.control.model.errors import CHECKS, ProblemError
from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.model.problem import OptimalControlProblem, check_problem
from geodepth.control.solution.phases.multi_phase_solution import MultiPhaseSolution
from geodepth.control.solution.solution import Solution
from geodepth.control.solvers.status import Status
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.transcription import Method
from geodepth.control.verification.error_scales import cost_scale, state_scale
from geodepth.control.verification.phases.certificate_of_phases import cost_scale_of_solution
from geodepth.foundation import worker_processes
from geodepth.foundation.interruption import interruption
from geodepth.foundation.worker_processes import WorkerPool, run_all

from .robust.random_guess import random_guess
from .solve import solve

RandomGuess = Callable[[OptimalControlProblem, np.random.Generator], Mapping[str, Any]]
RandomPhasesGuess = Callable[[MultiPhaseProblem, np.random.Generator], Mapping[str, Any]]
Found = TypeVar("Found", Solution, MultiPhaseSolution)


@dataclass(frozen=True, slots=True)
class Minimum(Generic[Found]):
    """A distinct local minimum.

    Attributes
    ----------
    solution : Solution or MultiPhaseSolution
        The best of those that found it.
    found_by : tuple of int
        The indices of the starts that did.
    starts : int
        Of how many in all; fewer than were asked for where Ctrl-C ended the search.
    """

    solution: Found
    found_by: tuple[int, ...]
    starts: int

    @property
    def cost(self) -> float:
        """Of the best solution."""
        return self.solution.cost

    @property
    def frequency(self) -> float:
        """The share of starts that ended in this minimum."""
        return len(self.found_by) / self.starts


@overload
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
) -> list[Minimum[Solution]]: ...


@overload
def multistart(
    problem: MultiPhaseProblem,
    starts: int = 32,
    seed: int = 0,
    guess: RandomPhasesGuess | None = None,
    method: Method | Mapping[str, Method] | None = None,
    mesh: Mesh | Mapping[str, Mesh] | None = None,
    solver: str = "ipopt",
    tolerance: float = 1e-8,
    distinct: float = 1e-6,
    executor: Executor | None = None,
    progress: bool = True,
) -> list[Minimum[MultiPhaseSolution]]: ...


def multistart(
    problem: OptimalControlProblem | MultiPhaseProblem,
    starts: int = 32,
    seed: int = 0,
    guess: Callable[..., Mapping[str, Any]] | None = None,
    method: Method | Mapping[str, Method] | None = None,
    mesh: Mesh | Mapping[str, Mesh] | None = None,
    solver: str = "ipopt",
    tolerance: float = 1e-8,
    distinct: float = 1e-6,
    executor: Executor | None = None,
    progress: bool = True,
) -> list[Minimum[Any]]:
    """Solve from random guesses, and sort what they find into distinct minima.

    Parameters
    ----------
    problem : OptimalControlProblem or MultiPhaseProblem
        Over an executor of processes its functions must be importable (no lambdas).
    starts : int, default 32
        How many guesses.
    seed : int, default 0
        Start i draws from the generator seeded by (seed, i): the same seed gives the same starts over any executor.
    guess : function of (problem, generator), optional
        Makes a guess, of several phases a mapping from their names to one each; by default `random_guess`.
    method, mesh, solver, tolerance
        As in `solve`.
    distinct : float, default 1e-6
        Two starts found the same minimum when costs agree to this and states to its square root, relative.
    executor : concurrent.futures.Executor, optional
        Where the solves run; by default here, one after another.
    progress : bool, default True
        Show a bar on a terminal.

    Returns
    -------
    list of Minimum
        Best first; starts that failed are not among them.

    Raises
    ------
    ProblemError
        For arguments that cannot be used, and work that cannot be sent to another process.
    KeyboardInterrupt
        Ctrl-C came before any start had found a minimum.

    Notes
    -----
    Ctrl-C ends the search at once, and the minima found so far are returned.
    """
    if not isinstance(problem, MultiPhaseProblem):
        check_problem(problem)
    starts, seed = CHECKS.count("starts", starts), CHECKS.count("seed", seed, 0)
    CHECKS.flag("progress", progress)
    CHECKS.number("distinct", distinct, above=0, below=1, wanted="a number between 0 and 1, such as 1e-6")
    if guess is not None and not callable(guess):
        raise CHECKS.refusal("guess", guess, "a function of the problem and a random generator")
    if executor is not None and not isinstance(executor, Executor):
        raise CHECKS.refusal("executor", executor, "a concurrent.futures.Executor, or None")
    if isinstance(executor, ProcessPoolExecutor):
        _check_sendable({f.name: getattr(problem, f.name) for f in fields(problem)} | {"guess": guess})
    settings = {"method": method, "mesh": mesh, "solver": solver, "tolerance": tolerance}
    run = partial(_solve_start, problem, guess or random_guess, seed, settings)
    outcomes: list[tuple[int, Any]] = []
    try:
        # Over an executor nothing is at work here that Ctrl-C could break.
        with interruption() if executor is None else nullcontext() as interrupted:
            for outcome in run_all(run, range(starts), executor, progress, "starts", ProblemError):
                if outcome[1].status is Status.INTERRUPTED:
                    raise KeyboardInterrupt
                outcomes.append(outcome)
                if interrupted is not None and interrupted.is_set():
                    raise KeyboardInterrupt
    except KeyboardInterrupt:
        if not any(solution.success for _, solution in outcomes):
            raise
    outcomes.sort(key=lambda pair: pair[0])
    solved = [(i, s) for i, s in outcomes if s.success]
    solved.sort(key=lambda pair: pair[1].cost)
    groups: list[list[tuple[int, Any]]] = []
    for index, solution in solved:
        for group in groups:
            if _same(problem, group[0][1], solution, distinct):
                group.append((index, solution))
                break
        else:
            groups.append([(index, solution)])
    return [Minimum(group[0][1], tuple(sorted(i for i, _ in group)), len(outcomes)) for group in groups]


def _solve_start(
    problem: Any, guess: Callable[..., Any], seed: int, settings: Mapping[str, Any], index: int
) -> Solution | MultiPhaseSolution:
    generator = np.random.default_rng([seed, index])
    try:
        start = guess(problem, generator)
    except Exception as error:
        reason = " ".join(str(error).split())
        raise ProblemError(f"guess fails at start {index}: {type(error).__name__}: {reason:.200}; mend it") from error
    found: Solution | MultiPhaseSolution = solve(
        problem, guess=start, raise_on_failure=False, effort="once", **settings
    )
    return found


def _check_sendable(parts: Mapping[str, Any]) -> None:
    """Raise ProblemError unless all parts of the work can be sent to another process."""
    for name, part in parts.items():
        try:
            pickle.dumps(part)
        except Exception as failure:
            raise ProblemError(
                f"{name} cannot be sent to another process ({' '.join(str(failure).split()):.120}); define its "
                "functions with def at the top of a module, in place of lambda, or give no executor"
            ) from failure


def _same(problem: Any, first: Any, second: Any, distinct: float) -> bool:
    several = isinstance(problem, MultiPhaseProblem)
    scale = cost_scale_of_solution(problem, first) if several else cost_scale(problem, first)
    if abs(first.cost - second.cost) > distinct * scale:
        return False
    stated = problem.by_name if several else {problem.name: problem}
    apart = [
        np.max(np.abs(phase.states - second.in_order[name].states) / state_scale(stated[name], phase))
        for name, phase in first.in_order.items()
    ]
    return bool(max(apart) <= np.sqrt(distinct))


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
