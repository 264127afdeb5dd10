"""prepare: a problem transcribed and compiled once, and solved for many end values, parameters and guesses.

1. Transcribe the problem by the method on the mesh; compile the program at the first solve that needs it.
2. For each solve, put end values among the bounds and parameters into θ.
3. Make the guess the program's variables; an earlier solution gives its multipliers too, where they fit.
4. Solve, with scales that the start tells.
5. Read the result back, and certify it where that is asked for.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Never, overload

import numpy as np

from geodepth.control.model.errors import CHECKS
from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.read_back import to_solution
from geodepth.control.solution.solution import Solution
from geodepth.control.solvers.back_end import SolverSettings
from geodepth.control.solvers.iteration_callback import Callback
from geodepth.control.solvers.program import Program
from geodepth.control.solvers.scaling.variable_scaling import Scaling, rescaling
from geodepth.control.solvers.status import Iterate, ProgramResult
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.transcription import Method, Transcription
from geodepth.control.verification.quick_certificate import quick_certificate
from geodepth.foundation.shapes import Float

from .discretized import discretized
from .guess import Guess, initial_variables
from .one_solve import RepeatedSolves, kinks_left, refuse_unknown
from .phases.prepared_phases import PreparedPhases
from .receding_horizon import moved_on


@overload
def prepare(
    problem: OptimalControlProblem,
    method: Method | None = None,
    mesh: Mesh | None = None,
    solver: str = "ipopt",
    tolerance: float = 1e-8,
    max_iterations: int = 3000,
    time_limit: float | None = None,
    options: Mapping[str, Any] | None = None,
    scaling: Scaling = "automatic",
    callback: Callback | None = None,
    native: bool = False,
) -> "Prepared": ...


@overload
def prepare(
    problem: MultiPhaseProblem,
    method: Method | Mapping[str, Method] | None = None,
    mesh: Mesh | Mapping[str, Mesh] | None = None,
    solver: str = "ipopt",
    tolerance: float = 1e-8,
    max_iterations: int = 3000,
    time_limit: float | None = None,
    options: Mapping[str, Any] | None = None,
    scaling: Scaling = "automatic",
    callback: Callback | None = None,
    native: bool = False,
) -> PreparedPhases: ...


def prepare(
    problem: OptimalControlProblem | MultiPhaseProblem,
    method: Any = None,
    mesh: Any = None,
    solver: str = "ipopt",
    tolerance: float = 1e-8,
    max_iterations: int = 3000,
    time_limit: float | None = None,
    options: Mapping[str, Any] | None = None,
    scaling: Scaling = "automatic",
    callback: Callback | None = None,
    native: bool = False,
) -> "Prepared | PreparedPhases":
    """Build a problem once, to solve it many times with other end values, parameters and guesses.

    Parameters
    ----------
    problem : OptimalControlProblem or MultiPhaseProblem
        What to solve.
    method, mesh, solver, tolerance, max_iterations, time_limit, options, scaling, callback
        As in `solve`; the time limit is one solve's, with its certificate.
    native : bool, default False
        Have the system's C compiler translate what is evaluated for all solves but the first; takes seconds to build.

    Returns
    -------
    Prepared or PreparedPhases
        Its `solve` gives a Solution each time, of several phases a MultiPhaseSolution.

    Raises
    ------
    ProblemError
        For arguments that cannot be used.

    Notes
    -----
    What a problem gives as a number may be another at every solve: states at its ends, fixed parameters, and fixed
    times. A number that a function closes over is part of the function: make it an entry of `parameters`.
    """
    settings = SolverSettings(solver, tolerance, max_iterations, time_limit, options, callback)
    if isinstance(problem, MultiPhaseProblem):
        return PreparedPhases(problem, method, mesh, settings, scaling, native)
    return Prepared(problem, method, mesh, settings, scaling, native)


class Prepared(RepeatedSolves):
    """A problem that is built, and solved many times; `prepare` makes one.

    Attributes
    ----------
    problem, method, mesh
        What was built, how and where.
    settings : SolverSettings
        What the solver is asked for.
    scaling : str, mapping or None
        As it was given.
    native : bool
        Whether a C compiler translated what is evaluated.
    latest : Solution or None
        The last solve that succeeded, from which the next one starts.

    Notes
    -----
    Pickles by what it was made from: it is built again where it is loaded, and starts cold there. A problem pickles
    where its functions do, as those of a module.
    """

    latest: Solution | None

    def __init__(
        self,
        problem: OptimalControlProblem,
        method: Method | None,
        mesh: Mesh | None,
        settings: SolverSettings,
        scaling: Scaling,
        native: bool = False,
    ) -> None:
        self.problem, self._asked = problem, (method, mesh)
        super().__init__(settings, scaling, native)
        self.mesh = self._transcription.mesh

    def _built(self) -> Transcription:
        self.method, transcription = discretized(self.problem, *self._asked)
        return transcription

    def __reduce__(self) -> tuple[Any, ...]:
        return Prepared, (self.problem, self.method, self.mesh, self.settings, self.scaling, self.native)

    def __repr__(self) -> str:
        return f"Prepared({self.problem.name!r}: {self.mesh.intervals} intervals, {self.settings.solver})"

    def solve(
        self,
        initial_state: Mapping[str, Any] | None = None,
        final_state: Mapping[str, Any] | None = None,
        parameters: Mapping[str, float] | None = None,
        guess: Guess = None,
        shift: int = 0,
        initial_time: float | None = None,
        final_time: float | None = None,
        raise_on_failure: bool = True,
        certify: bool = False,
        **unknown: Never,
    ) -> Solution:
        """Solve at these values; what is not named is as the problem states it.

        Parameters
        ----------
        initial_state, final_state : mapping from name to float or (lower, upper), optional
            States at the ends; those that the problem leaves free may be fixed too.
        parameters : mapping from name to float, optional
            Fixed parameters.
        guess : Guess, optional
            As `solve` takes it; by default the last solution that was found here, in primal and dual. {} starts as the
            first solve does. Where the last solution misleads the solver, it starts once more from the guess that was
            given last.
        shift : int, default 0
            By how many intervals the solution that it starts from is moved on first, for a horizon that recedes.
        initial_time, final_time : float, optional
            The horizon, where both its ends are fixed.
        raise_on_failure : bool, default True
            Raise when the solver stops short, in place of returning its last iterate.
        certify : bool, default False
            Attach the quick part of `verify` as the solution's certificate; it may take longer than the solve.

        Returns
        -------
        Solution
            Its `status` says how the solver ended; `statistics["build_seconds"]` what was built for this solve.

        Raises
        ------
        ProblemError
            For a name that is unknown or free, and a value that does not fit.
        SolveError
            When the solver stops short and raise_on_failure is true; it carries the last iterate as `.solution`.

        Notes
        -----
        To verify a solution at other values, give `verify` the problem at these: `problem.with_values(...)`.
        """
        refuse_unknown(unknown, "initial_state, final_state, parameters, initial_time, final_time, guess and shift")
        CHECKS.count("shift", shift, 0, self.mesh.intervals)
        values = (initial_state, final_state, parameters, initial_time, final_time)

        def moved(transcription: Transcription, start: Iterate) -> Iterate:
            return moved_on(transcription, start, shift) if shift else start

        solution: Solution = self._solved(lambda: self._at(*values), guess, moved, raise_on_failure, certify)
        return solution

    def _variables(self, transcription: Transcription, guess: Guess) -> Float[np.ndarray, " size"]:
        return initial_variables(transcription, guess)

    def _read(self, program: Program, result: ProgramResult, theta: np.ndarray, statistics: Mapping[str, Any]) -> Any:
        return to_solution(program, result, theta, statistics, self.method)

    def _certified(self, program: Program, solution: Solution) -> Solution:
        return replace(solution, certificate=quick_certificate(program.transcription.problem, solution, program))

    def _kinks(self, transcription: Transcription) -> dict[str, Any]:
        return kinks_left([transcription])

    def _at(self, *values: Any) -> Program:
        """The program at the values of `solve`."""
        if all(value is None for value in values):
            return self._program
        transcription = self._transcription.with_values(*values)
        return self._program.with_values(transcription, rescaling(transcription, self.scaling))
