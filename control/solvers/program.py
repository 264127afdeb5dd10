"""A nonlinear program compiled for a back-end, and solved for many parameter values, meshes and starts.

1. Compile for the back-end, once for cold and once for warm starts.
2. Divide variables, constraints and objective by their scales, which the start tells.
3. Solve; between iterations the watch may stop it.
4. Undo the scales, and measure what is left of the conditions ourselves: a solver's flag is not believed.
5. Where the scales misled, because the path became far larger or smaller than its start, solve again from there.
"""

import time
from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import Any, Generic, Self, TypeVar

import casadi as ca
import numpy as np

from geodepth.control.model.errors import CHECKS, ProblemError
from geodepth.control.solvers.scaling.first_order_conditions import (
    Evaluation,
    Residuals,
    believed_within,
    of_bounds_met,
    residuals,
    violation,
)
from geodepth.control.solvers.scaling.kept_scales import KeptScales
from geodepth.control.solvers.scaling.variable_scaling import Rescaling, Scales, path_scales
from geodepth.control.transcription.nonlinear_program import NonlinearProgram
from geodepth.control.transcription.transcription import START_ABOVE, Transcription
from geodepth.foundation.shapes import Float
from geodepth.foundation.time_limits import ends_within, time_left

from .back_end import BackEnd, SolverSettings
from .compiled_solver import compiled_solver, refused, small
from .fatrop import Fatrop
from .ipopt import Ipopt
from .iteration_callback import Watch
from .single_shooting import Condensing
from .solver_call import Outcome, call_solver, computed, in_turns, on_bounds, unmoved, without_noise
from .sqp import Sqp
from .stagewise import Gradient, derivatives_of, divided, gradient_of_lagrangian
from .status import Iterate, ProgramResult, Status
from .turned_angles import without_turns

GENTLE = 64.0
"""By how much less the objective weighs in a second solve where the first stopped at a point that is not feasible: an
objective that weighs much may have led there, to a horizon too short, say (chosen by hand)."""
MOST_SOLVES = 5
"""With scales from the last one's end (chosen by hand): each tells sizes to a factor of its tolerance."""
MOST_TOGETHER = 3000
"""Iterations of these solves together after which none follows one that gave up at its own limit (chosen by hand)."""
_UNDECIDED = (Status.SOLVED, Status.ACCEPTABLE, Status.FAILED, Status.ITERATION_LIMIT)
"""Ends that are the solver's opinion, which our own measure may correct."""

_BACK_ENDS: dict[str, BackEnd] = {"ipopt": Ipopt(), "fatrop": Fatrop(), "sqp": Sqp()}
_STOPPED = {"time": Status.TIME_LIMIT, "number": Status.INVALID_NUMBER}
SOLVERS = tuple(_BACK_ENDS)
"""The names of the back-ends."""


def check_solver(solver: object) -> None:
    """Raise ProblemError unless this names a back-end."""
    CHECKS.choice("solver", solver, SOLVERS)


Discretized = TypeVar("Discretized", bound=NonlinearProgram)


class CompiledProgram(Generic[Discretized]):
    """A transcription compiled for one back-end; solve it for many parameter values, meshes and guesses.

    Parameters
    ----------
    transcription : NonlinearProgram
        The program: a Transcription, or a LinkedTranscription of several phases.
    settings : SolverSettings, optional
        The back-end and what it is asked for; by default ipopt to a tolerance of 1e-8.
    scaling : function of (variables, θ), optional
        Gives the scales for a solve from there; by default the solver sees the program as it is.
    native : bool, default False
        Write what `solve_again` evaluates in C, and have the system's compiler translate it.

    Raises
    ------
    ProblemError
        There is no such back-end, or it does not take this program or these settings.

    Notes
    -----
    Ctrl-C and the time limit, of the settings or of `ends_within` around it, stop ipopt and sqp at their next
    iteration, with the last iterate kept. fatrop has no way to be asked: it is left behind at work, with nothing but
    its start kept, and takes no callback. Where no time limit is given, it has one of a minute at least, and of ten
    evaluations of all functions for each of max_iterations.
    """

    def __init__(
        self,
        transcription: Discretized,
        settings: SolverSettings | None = None,
        scaling: Rescaling | None = None,
        native: bool = False,
    ) -> None:
        self.settings = settings = settings or SolverSettings()
        check_solver(settings.solver)
        self.transcription, self.native = transcription, native
        self._back_end = _BACK_ENDS[settings.solver]
        self._scaling = scaling
        self._back_end.check_fits(settings, transcription)
        self._compiled: dict[tuple[bool, bool, int], Any] = {}
        z, theta = transcription.variables, transcription.parameters
        self._evaluate = ca.Function("fg", [z, theta], [transcription.objective, transcription.constraints])
        count = theta.numel() if scaling is None else theta.numel() + sum(_sizes(transcription)) + 1
        self._watch = Watch(*_sizes(transcription), count)
        self._condensing: Condensing | None = None
        self._inner: CompiledProgram[Transcription] | None = None
        if transcription.rollout is not None:
            self._condensing = Condensing(transcription.parts[0].transcription)
            self._inner = CompiledProgram(self._condensing.reduced, settings, scaling, native)

    def solve(self, variables: np.ndarray, parameters: np.ndarray, start: Iterate | None = None) -> ProgramResult:
        """Solve from a guess.

        Parameters
        ----------
        variables : ndarray
            The guess (size,).
        parameters : ndarray
            θ.
        start : Iterate, optional
            Adds multipliers; the solver then starts close to its bounds.
        """
        with ends_within(self.settings.time_limit):
            return self._in_good_scales(variables, parameters, start)

    def _in_good_scales(self, variables: np.ndarray, parameters: np.ndarray, start: Iterate | None) -> ProgramResult:
        t = self.transcription
        if self._scaling is None:
            begin = t.completed(variables, parameters, START_ABOVE) if start is None else variables
            return self._solve(begin, parameters, start, None)
        left = None if start is None else self.residuals(start, parameters)
        if start is not None and left is not None and left.largest <= self.settings.tolerance:
            # Nothing is left to do, and fatrop may not stop where it has nothing to do.
            return ProgramResult(start, left.objective, Status.SOLVED, 0, 0.0, left.feasibility)
        used = self._scaling(variables, parameters, False)
        begin = t.completed(variables, parameters, START_ABOVE * used.variables) if start is None else variables
        result = self._solve(begin, parameters, start, used)
        if result.status is Status.INFEASIBLE and start is None:
            used = replace(used, objective=GENTLE * used.objective)
            result = self._followed(result, self._solve(begin, parameters, None, used))
        for _ in range(MOST_SOLVES - 1):
            tired = result.status is Status.ITERATION_LIMIT and result.iterations >= MOST_TOGETHER
            if tired or result.status not in _UNDECIDED:
                break
            there = self._scaling(result.iterate.variables, parameters, True)
            if not used.differ(there) or self._holds(result, parameters):
                break
            if time_left() <= 0:
                return replace(result, status=Status.TIME_LIMIT)
            used, known = there, result.iterate if result.status is Status.SOLVED else None
            result = self._followed(result, self._solve(result.iterate.variables, parameters, known, used))
        denied = result.status in _UNDECIDED and result.status is not Status.SOLVED
        return replace(result, status=Status.SOLVED) if denied and self._holds(result, parameters) else result

    @staticmethod
    def _followed(result: ProgramResult, again: ProgramResult) -> ProgramResult:
        """The second of two solves, with what both took."""
        spent = result.iterations + again.iterations, result.seconds + again.seconds
        return replace(again, iterations=spent[0], seconds=spent[1])

    def _holds(self, result: ProgramResult, parameters: np.ndarray) -> bool:
        """Whether the conditions hold in the sizes of the path that was found: nearly, where the solver succeeded; to
        its tolerance, where it says that it did not."""
        tolerance = self.settings.tolerance
        limit = believed_within(tolerance) if result.status is Status.SOLVED else tolerance
        return self.residuals(result.iterate, parameters).largest <= limit

    def _solve(
        self,
        variables: np.ndarray,
        parameters: np.ndarray,
        start: Iterate | None,
        used: Scales | None,
        known: Scales | None = None,
    ) -> ProgramResult:
        """One solve, with these scales; again, where it is known what errors are relative to."""
        clock = time.perf_counter()
        if self._condensing is not None and self._inner is not None:
            reduced = None if start is None else self._condensing.condensed(start)
            inner = None if used is None else self._condensing.scales(used)
            result = self._inner._run(variables[self._condensing.kept], parameters, reduced, inner, known is not None)
            iterate = self._condensing.expanded(result[0], parameters, self.lagrangian_gradient)
            statistics, reason = result[1], self._inner._watch.reason
        else:
            iterate, statistics = self._run(variables, parameters, start, used, known is not None)
            reason = self._watch.reason
        seconds, iterate = time.perf_counter() - clock, without_turns(self.transcription, iterate, parameters)
        z = self.transcription.completed(iterate.variables, parameters)
        objective, constraints = self.values(z, parameters)
        sizes = known if used is None or known is not None else path_scales(self.transcription, z, parameters)
        violated = violation(self.transcription, z, constraints, sizes)
        return ProgramResult(
            iterate=iterate,
            objective=objective,
            status=self._status(statistics, violated, reason),
            iterations=int(statistics.get("iter_count", -1)),
            seconds=seconds,
            violation=violated,
        )

    def solve_again(self, start: Iterate, parameters: np.ndarray, kept: KeptScales) -> ProgramResult | None:
        """Solve from the last solution at other values, in the scales of its path; None where that does not do.

        Parameters
        ----------
        start : Iterate
            The last solution, with the ends that are asked for.
        parameters : ndarray
            θ.
        kept : KeptScales
            Of its path.

        Notes
        -----
        Compiled for many solves at its first: small programs are written out in scalars, which takes longer once. A
        path of another size is believed where the conditions hold in its own.
        """
        t, tolerance = self.transcription, self.settings.tolerance
        _, constraints = self.values(start.variables, parameters)
        if violation(t, start.variables, constraints, kept.errors) <= tolerance:
            # Little was changed; perhaps nothing is left to do.
            left = self.residuals(start, parameters, kept.errors)
            if left.largest <= tolerance:
                return ProgramResult(start, left.objective, Status.SOLVED, 0, 0.0, left.feasibility)
        with ends_within(self.settings.time_limit):
            result = self._solve(start.variables, parameters, start, kept.solver, kept.errors)
        solved = result.status is Status.SOLVED
        fits = solved and (kept.fit(t, result.iterate.variables) or self._holds(result, parameters))
        return result if fits else None

    def prepare(self, warm: bool = False, again: bool = False) -> None:
        """Compile now what `solve`, or `solve_again`, would compile at its first call."""
        (self._inner or self)._compile(warm, again)

    def plain_solver(self) -> Any:
        """CasADi's solver of the scaled program, which tells of no iterations: for graphs and generated code.

        Raises
        ------
        ProblemError
            The program is condensed: what it hides is found outside of the solver.
        """
        if self._condensing is not None:
            raise ProblemError("condensed=True has no function of its own; use MultipleShooting() without it")
        return compiled_solver(self._back_end, self.settings, self.transcription, self._scaled, None, warm=False)

    def told(self, lower: np.ndarray, upper: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Scaled bounds as the back-end is told them."""
        return self._back_end.bounds(lower, upper)

    def with_values(self, transcription: Discretized, scaling: Rescaling | None) -> Self:
        """The same compiled program at other values, of the transcription's own `with_values`; one solves at a time."""
        other = copy(self)
        other.transcription, other._scaling = transcription, scaling
        vars(other)["_gradient"] = self._gradient
        if self._condensing is not None and self._inner is not None:
            other._condensing = self._condensing.with_bounds(transcription.parts[0].transcription)
            other._inner = self._inner.with_values(other._condensing.reduced, scaling)
        return other

    def lagrangian_gradient(
        self, variables: np.ndarray, parameters: np.ndarray, multipliers: np.ndarray
    ) -> Float[np.ndarray, " size"]:
        """∇_z of objective + multipliers · constraints (size,); the bounds' multipliers are not in it."""
        return self._gradient(variables, parameters, multipliers)

    def values(self, variables: np.ndarray, parameters: np.ndarray) -> tuple[float, np.ndarray]:
        """The objective and the constraints' values (rows,); NaN where they cannot be evaluated."""
        objective, constraints = computed(self._evaluate, variables, parameters)
        return float(objective[0]), constraints

    def measure(self, variables: np.ndarray, parameters: np.ndarray) -> tuple[float, float]:
        """Objective and largest violation of a bound or constraint in their own units; slacks at their kinks."""
        variables = self.transcription.completed(variables, parameters)
        objective, constraints = self.values(variables, parameters)
        return objective, violation(self.transcription, variables, constraints)

    def residuals(self, iterate: Iterate, parameters: np.ndarray, sizes: Scales | None = None) -> Residuals:
        """What is left of the first-order conditions, relative to the sizes along the iterate's path."""
        z, multipliers = iterate.variables, iterate.constraint_multipliers
        objective, _ = self.values(self.transcription.completed(z, parameters), parameters)
        _, constraints = self.values(z, parameters)
        slope = self.lagrangian_gradient(z, parameters, np.zeros_like(multipliers))
        at = Evaluation(objective, constraints, slope, self.lagrangian_gradient(z, parameters, multipliers))
        return residuals(self.transcription, iterate, at, sizes or path_scales(self.transcription, z, parameters))

    @cached_property
    def _gradient(self) -> Gradient:
        own = self._own_derivatives if self._back_end.takes_derivatives else {}
        return gradient_of_lagrangian(self.transcription, own)

    def _run(
        self, variables: np.ndarray, parameters: np.ndarray, start: Iterate | None, scales: Scales | None, again: bool
    ) -> tuple[Iterate, Mapping[str, Any]]:
        """The solver's last iterate and what it says of it."""
        t, told = self.transcription, self._back_end.bounds
        size, rows, cost = (
            (1.0, 1.0, 1.0) if scales is None else (scales.variables, scales.constraints, scales.objective)
        )
        arguments = {"x0": variables / size, "p": parameters}
        if scales is not None:
            arguments["p"] = np.concatenate([parameters, scales.variables, scales.constraints, [cost]])
        arguments["lbx"], arguments["ubx"] = told(t.lower / size, t.upper / size)
        arguments["lbg"], arguments["ubg"] = told(t.constraint_lower / rows, t.constraint_upper / rows)
        if start is not None and not self._back_end.checks_signs:
            _, constraints = self.values(start.variables, parameters)
            start = of_bounds_met(t, start, constraints, scales)
        if start is not None and self._back_end.takes_multipliers:
            arguments["lam_x0"] = start.variable_multipliers * size / cost
            arguments["lam_g0"] = start.constraint_multipliers * rows / cost
        self._watch.begin(self.settings.callback, cost, size)

        def call(number: int, given: Mapping[str, Any]) -> Outcome:
            return self._call(self._compile(start is not None, again, number), given, again)

        result, statistics = in_turns(self._back_end.turns(self.settings), call, arguments, self._watch)
        x, bounds, multipliers = (result[name] for name in ("x", "lam_x", "lam_g"))
        variables = on_bounds(without_noise(x) * size, t.lower, t.upper)
        return Iterate(variables, bounds / size * cost, multipliers / rows * cost), statistics

    def _call(self, compiled: Any, arguments: Mapping[str, Any], again: bool) -> Outcome:
        """One call of the solver."""
        try:
            most, stoppable = self.settings.max_iterations, self._back_end.stoppable
            result, statistics = call_solver(compiled, arguments, self._watch, stoppable, most, again)
        except RuntimeError as error:
            if "option" in str(error):
                raise refused(self.settings, error) from None
            # A solver that gives up by an exception, at a start where a function is undefined, say.
            result, statistics = unmoved(arguments), {}
        if self._watch.reason and not self._back_end.stoppable:
            # One that was left behind may still be at work on it.
            self._compiled.clear()
        if statistics.get("return_status") == "Invalid_Option":
            raise refused(self.settings, RuntimeError("it cannot load what an option names, such as a linear solver"))
        if self._watch.error is not None:
            raise self._watch.error
        return result, statistics

    def _status(self, statistics: Mapping[str, Any], violated: float, reason: str) -> Status:
        if reason:
            return _STOPPED.get(reason, Status.INTERRUPTED)
        status = self._back_end.status(statistics, self.settings)
        # A flag is not believed: what is called solved must satisfy its constraints.
        limit = believed_within(self.settings.tolerance)
        return Status.FAILED if status is Status.SOLVED and not violated <= limit else status

    def _compile(self, warm: bool, again: bool = False, number: int = 0) -> Any:
        """The solver of this turn; in C only the first, which is to be quick."""
        key = warm, again, number
        if key not in self._compiled:
            given = self._back_end, self.settings, self.transcription, self._scaled, self._watch
            form = "scalars" if again and small(self._evaluate) else "graph"
            form = "C" if self.native and again and not number else form
            turn = self._back_end.turns(self.settings)[number]
            own = self._own_derivatives if self._back_end.takes_derivatives and form == "graph" else {}
            self._compiled[key] = compiled_solver(*given, warm=warm, again=again, form=form, turn=turn, derivatives=own)
        return self._compiled[key]

    @cached_property
    def _scaled(self) -> dict[str, Any]:
        """The program in variables, constraints and an objective of order one; the scales follow θ as parameters."""
        t = self.transcription
        if self._scaling is None:
            return {"x": t.variables, "p": t.parameters, "f": t.objective, "g": t.constraints}
        count, (size, rows) = t.parameters.numel(), _sizes(t)
        z, p = ca.MX.sym("z", size), ca.MX.sym("p", count + size + rows + 1)
        theta, sizes, divisors, cost = divided(p, count, size, rows)
        objective, constraints = self._evaluate.call([sizes * z, theta], True, False)
        return {"x": z, "p": p, "f": objective / cost, "g": constraints / divisors}

    @cached_property
    def _own_derivatives(self) -> dict[str, Any]:
        """Those of the scaled program, by option of the solver; none where they are left to CasADi."""
        return derivatives_of(self.transcription, self._scaled["x"], self._scaled["p"], self._scaling is not None)


Program = CompiledProgram[Transcription]
"""The program of one phase."""


def _sizes(t: NonlinearProgram) -> tuple[int, int]:
    """How many variables and constraints a program has."""
    return int(t.lower.size), int(t.constraint_lower.size)
