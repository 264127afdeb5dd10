"""Several phases that are built once, and solved many times with other ends, parameters and guesses."""

from collections.abc import Mapping
from typing import Any, Never

import numpy as np

from geodepth.control.model.errors import ProblemError
from geodepth.control.model.phases.kinks_of_links import kinks_of_links
from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.solution.phases.multi_phase_solution import MultiPhaseSolution
from geodepth.control.solution.phases.read_back_phases import to_multi_phase_solution
from geodepth.control.solvers.back_end import SolverSettings
from geodepth.control.solvers.program import CompiledProgram
from geodepth.control.solvers.scaling.variable_scaling import Scaling, rescaling
from geodepth.control.solvers.status import ProgramResult
from geodepth.control.solving.one_solve import RepeatedSolves, kinks_left, refuse_unknown
from geodepth.control.transcription.phases.linked_transcription import LinkedTranscription
from geodepth.control.verification.phases.certificate_of_phases import quick_certificate_of_phases, with_certificate
from geodepth.foundation.shapes import Float

from .discretized_phases import discretized_phases
from .guess_of_phases import PhasesGuess, initial_variables_of_phases

Program = CompiledProgram[LinkedTranscription]


class PreparedPhases(RepeatedSolves):
    """A problem of several phases that is built, and solved many times; `prepare` makes one.

    Attributes
    ----------
    problem : MultiPhaseProblem
        What was built.
    method, mesh : mapping from name
        Of every phase, how and where.
    settings : SolverSettings
        What the solver is asked for.
    scaling : str, mapping or None
        As it was given.
    native : bool
        Whether a C compiler translated what is evaluated.
    latest : MultiPhaseSolution or None
        The last solve that succeeded, from which the next one starts.

    Notes
    -----
    Pickles as `Prepared` does: it is built again where it is loaded, and starts cold there.
    """

    latest: MultiPhaseSolution | None

    def __init__(
        self,
        problem: MultiPhaseProblem,
        method: Any,
        mesh: Any,
        settings: SolverSettings,
        scaling: Scaling,
        native: bool = False,
    ) -> None:
        self.problem, self._asked = problem, (method, mesh)
        super().__init__(settings, scaling, native)
        self.mesh = {name: part.transcription.mesh for name, part in self._transcription.phases.items()}

    def __reduce__(self) -> tuple[Any, ...]:
        return PreparedPhases, (self.problem, self.method, self.mesh, self.settings, self.scaling, self.native)

    def __repr__(self) -> str:
        intervals = sum(mesh.intervals for mesh in self.mesh.values())
        return (
            f"PreparedPhases({self.problem.name!r}: phases {', '.join(self.mesh)}; {intervals} intervals, "
            f"{self.settings.solver})"
        )

    def solve(
        self,
        phases: Mapping[str, Mapping[str, Any]] | None = None,
        guess: PhasesGuess = None,
        shift: int = 0,
        raise_on_failure: bool = True,
        certify: bool = False,
        **unknown: Never,
    ) -> MultiPhaseSolution:
        """Solve at these values; what is not named is as the problem states it.

        Parameters
        ----------
        phases : mapping from name to mapping, optional
            Of a phase "initial_state", "final_state", "parameters", "initial_time" and "final_time", as in
            `OptimalControlProblem.with_values`: {"ascent": {"parameters": {"thrust": 2.0}}}.
        guess : PhasesGuess, optional
            As `solve` takes it; by default the last solution that was found here, in primal and dual.
        shift : int, default 0
            Of a horizon that recedes, and refused here: with time the links come nearer, and no interval takes the
            place of another. Begin the first phase later, by its initial_time and initial_state.
        raise_on_failure : bool, default True
            Raise when the solver stops short, in place of returning its last iterate.
        certify : bool, default False
            Attach the quick part of `verify` as the solution's certificate; it may take longer than the solve.

        Returns
        -------
        MultiPhaseSolution
            Its `status` says how the solver ended.

        Raises
        ------
        ProblemError
            For a name that is unknown or free, a value that does not fit, values that change what links tie, and
            any other argument.
        SolveError
            When the solver stops short and raise_on_failure is true; it carries the last iterate as `.solution`.

        Notes
        -----
        To verify a solution at other values, give `verify` the problem at these: `problem.with_values(phases)`.
        """
        refuse_unknown(unknown, "phases, guess, raise_on_failure and certify", self.mesh)
        if shift:
            first = next(iter(self.mesh))
            raise ProblemError(
                f"shift is {shift!r:.80}, and the links of several phases stay where they are; begin the first phase "
                f"later: phases={{{first!r}: {{'initial_time': …, 'initial_state': …}}}}"
            )

        def at() -> Program:
            if phases is None:
                return self._program
            there = self._transcription.with_values(phases)
            return self._program.with_values(there, rescaling(there, self.scaling))

        found: MultiPhaseSolution = self._solved(at, guess, lambda _, start: start, raise_on_failure, certify)
        return found

    def _built(self) -> LinkedTranscription:
        self.method, transcription = discretized_phases(self.problem, *self._asked)
        return transcription

    def _variables(self, transcription: LinkedTranscription, guess: PhasesGuess) -> Float[np.ndarray, " size"]:
        return initial_variables_of_phases(transcription, guess)

    def _read(self, program: Program, result: ProgramResult, theta: np.ndarray, statistics: Mapping[str, Any]) -> Any:
        return to_multi_phase_solution(program, result, theta, statistics, self.method)

    def _certified(self, program: Program, solution: MultiPhaseSolution) -> MultiPhaseSolution:
        quick = quick_certificate_of_phases(program.transcription.problem, solution, program)
        return with_certificate(solution, quick)

    def _kinks(self, transcription: LinkedTranscription) -> dict[str, Any]:
        problem = transcription.problem
        left = kinks_left([part.transcription for part in transcription.parts]).get("kinks_left", [])
        left += map(str, kinks_of_links(problem.phases, problem.functions.rows, problem.functions.cost))
        return {"kinks_left": left} if left else {}
