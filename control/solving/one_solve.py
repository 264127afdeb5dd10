"""Solves of a compiled program: from a guess, or from an earlier iterate with its multipliers where they fit.

`solve_once` is one of them, `RepeatedSolves` many, each from the last one that succeeded.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.errors import CHECKS, ProblemError
from geodepth.control.model.kinks_of_problem import unreplaced_kinks
from geodepth.control.solution.phases.multi_phase_solution import MultiPhaseSolution
from geodepth.control.solution.solution import Solution, SolveError
from geodepth.control.solvers.back_end import SolverSettings
from geodepth.control.solvers.compiled_solver import check_compiler
from geodepth.control.solvers.diagnosis.why_it_stopped import diagnosed
from geodepth.control.solvers.program import CompiledProgram, Discretized
from geodepth.control.solvers.scaling.kept_scales import KeptScales, kept_scales
from geodepth.control.solvers.scaling.variable_scaling import Scaling, rescaling
from geodepth.control.solvers.status import Iterate, ProgramResult, Status
from geodepth.control.transcription.phases.linked_transcription import LinkedTranscription
from geodepth.control.transcription.transcription import Transcription
from geodepth.control.verification.quick_certificate import OVERTIME
from geodepth.foundation.files.atomic_files import write_atomically
from geodepth.foundation.shapes import Float
from geodepth.foundation.time_limits import ends_within, overtime

from .optimum_function import optimum_function

MISLED = (Status.INFEASIBLE, Status.DIVERGED, Status.INVALID_NUMBER, Status.DEPENDENT, Status.FAILED)
"""Ends of a start from the last solution that say nothing of the problem yet: another start may lead further."""

OF_PREPARE = ("problem", "method", "mesh", "solver", "tolerance", "max_iterations", "time_limit", "options", "scaling")
"""What `prepare` takes, beside callback and native, and no solve after it."""
OF_A_PHASE = ("initial_state", "final_state", "parameters", "initial_time", "final_time")
"""What each phase has of its own."""


def solve_once(
    program: CompiledProgram[Discretized],
    parameters: Float[np.ndarray, " theta"],
    start: Iterate | None,
    guessed: Callable[[], Float[np.ndarray, " size"]],
) -> ProgramResult:
    """Solve, and say why where the solver gave up.

    Parameters
    ----------
    program : CompiledProgram
        What to solve.
    parameters : ndarray
        θ.
    start : Iterate or None
        An earlier iterate, of `reusable`.
    guessed : function of nothing
        The guess as variables (size,), for a start without multipliers.
    """
    if start is not None:
        result, variables = program.solve(start.variables, parameters, start), start.variables
        if result.status is Status.SOLVED:
            return result
    # Multipliers of a program too far from this one mislead; its point may still be a good guess.
    if start is None or result.status in (Status.FAILED, Status.INFEASIBLE):
        variables = guessed()
        result = program.solve(variables, parameters)
    return diagnosed(program, result, variables, parameters)


def reusable(guess: object, transcription: Transcription | LinkedTranscription) -> Iterate | None:
    """The earlier iterate with its multipliers, when it belongs to a program of the same shape."""
    if not isinstance(guess, Solution | MultiPhaseSolution) or guess.problem_name != transcription.problem.name:
        return None
    iterate = guess.iterate
    if iterate is None:
        return None
    earlier = (iterate.variables.shape, iterate.constraint_multipliers.shape)
    return iterate if earlier == (transcription.lower.shape, transcription.constraint_lower.shape) else None


def kinks_left(transcriptions: Sequence[Transcription]) -> dict[str, Any]:
    """For the statistics of a solve that stopped short: the kinks that nothing replaced."""
    found = []
    for transcription in transcriptions:
        problem = transcription.problem
        running = problem.functions.running_slacks is None or transcription.layout.slacks > 0
        found += [str(kink) for kink in unreplaced_kinks(problem, running)]
    return {"kinks_left": found} if found else {}


def refuse_unknown(unknown: Mapping[str, Any], known: str, in_phases: Mapping[str, Any] | None = None) -> None:
    """Raise ProblemError for arguments that `solve` of a prepared problem does not take, and say where they belong.

    Parameters
    ----------
    unknown : mapping
        What was given.
    known : str
        What it takes, in words.
    in_phases : mapping, optional
        Of several phases, by name.
    """
    for name in unknown:
        where = f"it takes {known}"
        if name in (*OF_PREPARE, "callback", "native"):
            where = f"it is fixed when a problem is built: prepare(problem, {name}=...)"
        elif in_phases is not None and name in OF_A_PHASE:
            where = f"it is a phase's own: phases={{{next(iter(in_phases))!r}: {{{name!r}: ...}}}}"
        elif in_phases is None and name == "phases":
            where = "the problem has one phase, whose values are arguments themselves: initial_state={...}"
        raise ProblemError(f"{name} is no argument of solve of a prepared problem; {where}")


class RepeatedSolves(ABC):
    """A program that is built, and solved many times, each time from the last solution that was found.

    How variables come from a guess, and a solution from a result, is said by those who know the phases there are.

    Attributes
    ----------
    settings : SolverSettings
        What the solver is asked for.
    scaling : str, mapping or None
        As it was given.
    native : bool
        Whether a C compiler translated what is evaluated.
    latest : Solution, MultiPhaseSolution or None
        The last solve that succeeded, from which the next one starts.
    """

    latest: Any

    def __init__(self, settings: SolverSettings, scaling: Scaling, native: bool) -> None:
        clock = time.perf_counter()
        if CHECKS.flag("native", native):
            check_compiler("native=True")
        self.settings, self.scaling, self.native, self.latest = settings, scaling, native, None
        self._transcription = self._built()
        self._program = CompiledProgram(self._transcription, settings, rescaling(self._transcription, scaling), native)
        if native:
            self._program.prepare(warm=True, again=True)
        self._there = self._program
        self._kept: KeptScales | None = None
        self._cold: Any = None
        self._unreported = time.perf_counter() - clock

    def function(self) -> Any:
        """The optimum as a casadi.Function, differentiable once, for use in graphs of one's own.

        Returns
        -------
        casadi.Function
            (initial_state, final_state, parameters, times) -> (cost, states, controls, free). The arguments are the
            numbers that the problem gives, in its order: states at the ends, fixed parameters, and fixed times. The
            results are the cost, the states at the nodes (nx, K+1), the control values of each interval point by point
            (points · nu, K), and the free parameters and times (nq,). Of several phases the arguments of each in turn,
            named "phase0_initial_state" and so on, and the cost with three results of each.

        Raises
        ------
        ProblemError
            The method is condensed.

        Notes
        -----
        Every call starts from the last solution found here before `function` was called, or from the default guess; it
        tells nothing of how the solver ended. Derivatives hold the active set: where it changes they jump. Where its
        constraints depend on each other CasADi raises RuntimeError.
        """
        there = self._there.transcription
        theta = there.parameter_values()
        known = None if self.latest is None else self.latest.iterate
        start = self._variables(there, None) if known is None else known.variables
        scales = rescaling(there, self.scaling)(start, theta, known is not None)
        return optimum_function(self._program, scales, start)

    def generate_c(self, path: str | Path) -> Path:
        """Write the function of `function` as one file of C, which needs the standard library alone.

        Parameters
        ----------
        path : str or Path
            The file, such as "swing_up.c"; its function is called `optimum`, and takes what CasADi's generated code
            takes: int optimum(const double** arg, double** res, casadi_int* iw, double* w, int mem).

        Raises
        ------
        ProblemError
            The solver is another than "sqp", whose code alone stands without a library; algebraic equations need
            Newton's method; or the place cannot be written.
        """
        path = CHECKS.path("path", path)
        if self.settings.solver != "sqp":
            raise ProblemError(
                f"generate_c: the code of solver {self.settings.solver!r} needs its library; prepare with solver='sqp'"
            )
        parts = [part.transcription.problem.functions.algebraic for part in self._transcription.parts]
        if any(part is not None and part.by_newton for part in parts):
            raise ProblemError(
                "generate_c: algebraic_equations are not linear in some of their variables, and Newton's method has no "
                "C code here; state these as controls, with the equations as a PathConstraint"
            )
        generator = ca.CodeGenerator("optimum.c", {"with_header": False})
        generator.add(self.function())
        return write_atomically(path, generator.dump().encode(), ProblemError)

    @abstractmethod
    def _built(self) -> Any:
        """The transcription."""

    @abstractmethod
    def _variables(self, transcription: Any, guess: Any) -> Float[np.ndarray, " size"]:
        """The program's variables of a guess."""

    @abstractmethod
    def _read(self, program: Any, result: ProgramResult, theta: np.ndarray, statistics: Mapping[str, Any]) -> Any:
        """The solution."""

    @abstractmethod
    def _certified(self, program: Any, solution: Any) -> Any:
        """The solution with its quick certificate."""

    @abstractmethod
    def _kinks(self, transcription: Any) -> Mapping[str, Any]:
        """For statistics, the kinks that nothing replaced."""

    def _solved(
        self,
        program: Callable[[], Any],
        guess: Any,
        moved: Callable[[Any, Iterate], Iterate],
        raise_on_failure: bool,
        certify: bool,
    ) -> Any:
        """A solve of a program, from a guess or from the last solution, which is moved before."""
        clock = time.perf_counter()
        CHECKS.flag("raise_on_failure", raise_on_failure)
        CHECKS.flag("certify", certify)
        with ends_within(self.settings.time_limit):
            there = program()
            solution = self._one(there, guess, moved, clock)
            if solution.success and certify:
                with overtime(OVERTIME):
                    solution = self._certified(there, solution)
        if raise_on_failure and not solution.success:
            raise SolveError(f"{there.transcription.problem.name}: {solution.advice}", solution)
        return solution

    def _one(self, program: Any, guess: Any, moved: Callable[[Any, Iterate], Iterate], clock: float) -> Any:
        """How the solver ended; `clock` is when the work on it began."""
        transcription = program.transcription
        theta, again = transcription.parameter_values(), guess is None and self.latest is not None
        self._cold = self._cold if guess is None else guess
        guess = self.latest if again else guess
        start = reusable(guess, transcription)
        if start is not None:
            start = moved(transcription, start)
            # Where ends are given otherwise, the path starts from there.
            fixed = transcription.lower == transcription.upper
            start = replace(start, variables=np.where(fixed, transcription.lower, start.variables))
        variables = self._variables(transcription, guess) if start is None else start.variables
        program.prepare(warm=start is not None, again=again)
        build, self._unreported = self._unreported + time.perf_counter() - clock, 0.0
        result = self._solved_again(program, start, theta) if again and start is not None else None
        if result is None:
            self._kept = None
            result = solve_once(
                program, theta, start, lambda: variables if start is None else self._variables(transcription, guess)
            )
            if again and result.status in MISLED:
                cold = solve_once(program, theta, None, lambda: self._variables(transcription, self._cold))
                result = cold if cold.status is Status.SOLVED else result
        solution = self._read(program, result, theta, {"build_seconds": build})
        if solution.success:
            self.latest, self._there = solution, program
            return solution
        return replace(solution, statistics={**solution.statistics, **self._kinks(transcription)})

    def _solved_again(self, program: Any, start: Iterate, theta: np.ndarray) -> ProgramResult | None:
        """From the last solution, in the scales of the path on which they were last computed."""
        there = self._there.transcription
        if self._kept is None and self.latest is not None and self.latest.iterate is not None:
            scaling, found = rescaling(there, self.scaling), self.latest.iterate.variables
            self._kept = kept_scales(there, scaling, found, there.parameter_values(), self.scaling is not None)
        if self._kept is None:
            return None
        result: ProgramResult | None = program.solve_again(start, theta, self._kept)
        if result is not None and not self._kept.fit(program.transcription, result.iterate.variables):
            self._kept = None
        return result
