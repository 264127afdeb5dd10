"""A few starts on a coarse mesh, and the paths that they lead to, cheapest first.

1. Transcribe by collocation on few intervals of the mesh that is asked for, once for all starts; a map as it is.
2. Solve from the guess, from a simulation, from the relaxed program's optimum, and from random guesses; or, if so
   asked, from simulations under random controls.
3. Give those that were solved, the cheapest first.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np

from geodepth.control.model.errors import ProblemError
from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.phases.read_back_phases import to_multi_phase_solution
from geodepth.control.solution.read_back import to_solution
from geodepth.control.solvers.back_end import SolverSettings
from geodepth.control.solvers.diagnosis.why_it_stopped import path_ran_off
from geodepth.control.solvers.program import CompiledProgram
from geodepth.control.solvers.scaling.variable_scaling import Scaling, rescaling
from geodepth.control.solvers.status import Status
from geodepth.control.solving.discretized import discretized
from geodepth.control.solving.guess import Rollout, initial_variables
from geodepth.control.solving.phases.discretized_phases import discretized_phases
from geodepth.control.solving.phases.guess_of_phases import initial_variables_of_phases
from geodepth.control.solving.phases.one_for_each import one_for_each
from geodepth.control.transcription.direct_collocation import DirectCollocation
from geodepth.control.transcription.mesh import ROUNDOFF, Mesh
from geodepth.control.transcription.transcription import Method
from geodepth.foundation.time_limits import time_left

from .random_guess import random_guess, random_rollout
from .relaxed_program import relaxed_path

INTERVALS, INTERVALS_OF_SEVERAL = 10, 6
"""Of the coarse mesh of one phase, and of each of several (chosen on the peers' problems: on 10 intervals of three
Radau points they are mostly solved in less than 0.1 s, to costs that are right to 1e-3; the launch of four phases is
solved on 6, and not on 10)."""
MOST_RANDOM, MOST_VARIABLES = 4, 4000
"""Random starts, and variables of all of them together (chosen by hand): large programs get fewer, and one at least."""
MOST_ITERATIONS = 300
"""Of one coarse solve (chosen by hand): a start that needs more is no good one."""
COLLOCATION = DirectCollocation("radau", 3)
"""By which coarse meshes are transcribed: it bears stiff dynamics, and sees bounds inside intervals."""


class CoarseStarts(NamedTuple):
    """What the starts led to.

    Attributes
    ----------
    found : list of Solution or MultiPhaseSolution
        Those that were solved, the cheapest first.
    tried : int
        How many there were.
    interrupted : bool
        Whether Ctrl-C ended them.
    followed : tuple of (Solution or MultiPhaseSolution, float)
        Those of them from which the problem was solved on the mesh that is asked for, and what the path there costs.
    where : str
        On what kind of mesh, in words.
    """

    found: list[Any]
    tried: int
    interrupted: bool
    followed: tuple[tuple[Any, float], ...] = ()
    where: str = " on a coarse mesh"

    def and_those(self, more: "CoarseStarts") -> "CoarseStarts":
        """With what others led to."""
        found = sorted([*self.found, *more.found], key=lambda solution: float(solution.cost))
        either = self.interrupted or more.interrupted
        return self._replace(found=found, tried=self.tried + more.tried, interrupted=either)

    def followed_by(self, start: Any, end: Any) -> "CoarseStarts":
        """With the end of one more solve from one of them, where it was solved."""
        return self._replace(followed=(*self.followed, (start, float(end.cost)))) if end.success else self


def coarse_starts(
    problem: Any, mesh: Any, guess: Any, tolerance: float, scaling: Scaling, simulated: bool = False
) -> CoarseStarts:
    """Solve from a few starts on a coarse mesh, as far as time allows.

    Parameters
    ----------
    problem : OptimalControlProblem or MultiPhaseProblem
        What to solve.
    mesh : Mesh, mapping or None
        That is asked for, of which nodes are left out.
    guess : optional
        As `solve` takes it.
    tolerance, scaling
        As in `solve`.
    simulated : bool, default False
        Start from simulations under random controls alone, which several phases do not have.

    Notes
    -----
    Random starts draw from the seed 0: the same problem has the same starts.
    """
    transcription: Any
    method: Any = {}
    if isinstance(problem, MultiPhaseProblem):
        given, methods, meshes = one_for_each("mesh", mesh, problem), dict[str, Any](), dict[str, Any]()
        for name, phase in problem.by_name.items():
            methods[name], meshes[name] = _coarsely(phase, given[name], INTERVALS_OF_SEVERAL)
        method, transcription = discretized_phases(problem, methods, meshes)
    else:
        method, transcription = discretized(problem, *_coarsely(problem, mesh, INTERVALS))
    settings = SolverSettings("ipopt", tolerance, MOST_ITERATIONS)
    program: Any = CompiledProgram(transcription, settings, rescaling(transcription, scaling))
    parameters = transcription.parameter_values()
    found: list[Any] = []
    tried = 0
    for variables in _simulations(transcription) if simulated else _starts(problem, program, parameters, guess):
        if time_left() <= 0:
            break
        result = program.solve(variables, parameters)
        tried += 1
        if result.status is Status.INTERRUPTED:
            return CoarseStarts(found, tried, True)
        if result.status is Status.SOLVED and not path_ran_off(
            transcription, variables, result.iterate.variables, parameters
        ):
            several = isinstance(problem, MultiPhaseProblem)
            found.append(
                to_multi_phase_solution(program, result, parameters, {}, method)
                if several
                else to_solution(program, result, parameters, {}, method)
            )
    found.sort(key=lambda solution: float(solution.cost))
    starts = CoarseStarts(found, tried, False)
    return starts._replace(where="") if in_discrete_time(problem) else starts


def in_discrete_time(problem: Any) -> bool:
    """Whether the problem, or a phase of it, is stated by x_next, which has a mesh of its own."""
    return any(phase.steps is not None for phase in getattr(problem, "phases", (problem,)))


def _starts(problem: Any, program: Any, parameters: np.ndarray, guess: Any) -> Iterator[np.ndarray]:
    transcription = program.transcription
    given = _variables(transcription, guess)
    yield given
    if guess is None:
        with suppress(ProblemError):
            # Where the dynamics lead under middling controls, if that can be simulated.
            yield _variables(transcription, Rollout({}))
    yield relaxed_path(transcription, given, parameters)
    generator = np.random.default_rng(0)
    for _ in range(int(np.clip(MOST_VARIABLES // given.size, 1, MOST_RANDOM))):
        yield _variables(transcription, random_guess(problem, generator))


def _simulations(transcription: Any) -> Iterator[np.ndarray]:
    generator = np.random.default_rng(0)
    for _ in range(MOST_RANDOM):
        with suppress(ProblemError):
            yield _variables(transcription, random_rollout(transcription.problem, generator))


def _variables(transcription: Any, guess: Any) -> np.ndarray:
    several = isinstance(transcription.problem, MultiPhaseProblem)
    return initial_variables_of_phases(transcription, guess) if several else initial_variables(transcription, guess)


def _coarsely(problem: OptimalControlProblem, mesh: Mesh | None, most: int) -> tuple[Method | None, Mesh | None]:
    """Method and mesh; a map has its own."""
    return (COLLOCATION, _coarse(mesh, most)) if problem.steps is None else (None, None)


def _coarse(mesh: Mesh | None, most: int) -> Mesh:
    """Few intervals of equal length, or every few nodes of a mesh whose intervals are not."""
    if mesh is None:
        return Mesh.uniform(most)
    count = min(most, mesh.intervals)
    if np.ptp(mesh.steps) < ROUNDOFF:
        return Mesh.uniform(count)
    return Mesh(mesh.breakpoints[np.unique(np.linspace(0, mesh.intervals, count + 1).round().astype(int))])
