"""A nonlinear program compiled for a back-end, and solved for many parameter values, meshes and starts.

1. Divide variables and constraints by their scales.
2. Compile for the back-end, once for cold and once for warm starts.
3. Solve; between iterations the watch may stop it.
4. Undo the scales, and measure objective and violation ourselves: a solver's flag is not believed.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.errors import ProblemError
from geodepth.control.transcription.transcription import START_ABOVE, Transcription
from geodepth.foundation.shapes import Float

from .back_end import BackEnd, SolverSettings
from .fatrop import Fatrop
from .ipopt import Ipopt
from .iteration_callback import Watch
from .single_shooting import Condensing
from .solver_call import call_solver, unmoved
from .solver_output import muted
from .sqp import Sqp
from .status import Iterate, Status
from .variable_scaling import Scales

_BACK_ENDS: dict[str, BackEnd] = {"ipopt": Ipopt(), "fatrop": Fatrop(), "sqp": Sqp()}
_STOPPED = {"time": Status.TIME_LIMIT, "number": Status.INVALID_NUMBER}
SOLVERS = tuple(_BACK_ENDS)
"""The names of the back-ends."""


@dataclass(frozen=True, slots=True)
class ProgramResult:
    """The end of one solve.

    Attributes
    ----------
    iterate : Iterate
        Where it ended.
    objective : float
        There.
    status : Status
        How it ended.
    iterations : int
        How many; −1 where the solver does not say.
    seconds : float
        The solver's.
    violation : float
        The largest violation of a bound or constraint, measured by us.
    reason : str
        Why it stopped short, where more is known than the status says.
    """

    iterate: Iterate
    objective: float
    status: Status
    iterations: int
    seconds: float
    violation: float
    reason: str = ""


def believed_within(tolerance: float) -> float:
    """What is left of the conditions may be this much, measured by us, where a solver was asked for `tolerance`.

    It measures in scales of its own: a hundred times the tolerance, and never less than 1e-6 (both chosen by hand).
    """
    return max(1e-6, 1e2 * tolerance)


def check_solver(solver: object) -> None:
    """Raise ProblemError unless this names a back-end."""
    if solver not in SOLVERS:
        raise ProblemError(f"solver is {solver!r:.80}; choose one of {list(SOLVERS)}")


class Program:
    """A transcription compiled for one back-end; solve it for many parameter values, meshes and guesses.

    Parameters
    ----------
    transcription : Transcription
        The program.
    settings : SolverSettings, optional
        The back-end and what it is asked for; by default ipopt to a tolerance of 1e-8.
    scales : Scales, optional
        What variables and constraints are divided by.

    Raises
    ------
    ProblemError
        There is no such back-end, or it does not take this program or these settings.

    Notes
    -----
    Ctrl-C and the time limit stop ipopt and sqp at their next iteration, with the last iterate kept. fatrop has no way
    to be asked: it is left behind at work, with nothing but its start kept, and takes no callback. Where no time limit
    is given, it has one of a minute at least, and of ten evaluations of all functions for each of max_iterations.
    """

    def __init__(
        self, transcription: Transcription, settings: SolverSettings | None = None, scales: Scales | None = None
    ) -> None:
        self.settings = settings = settings or SolverSettings()
        check_solver(settings.solver)
        self.transcription = transcription
        self._back_end = _BACK_ENDS[settings.solver]
        self._scales = scales
        self._check_fits()
        self._compiled: dict[bool, Any] = {}
        z, theta = transcription.variables, transcription.parameters
        self._evaluate = ca.Function("fg", [z, theta], [transcription.objective, transcription.constraints])
        self._watch = Watch(transcription.lower.size, transcription.constraint_lower.size, theta.numel())
        self._condensing, self._inner = None, None
        if transcription.rollout is not None:
            self._condensing = Condensing(transcription)
            inner = None if scales is None else self._condensing.scales(scales)
            self._inner = Program(self._condensing.reduced, settings, inner)

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
        begin = self.transcription.completed(variables, parameters, START_ABOVE) if start is None else variables
        if self._condensing is not None and self._inner is not None:
            reduced = None if start is None else self._condensing.condensed(start)
            result = self._inner.solve(begin[self._condensing.kept], parameters, reduced)
            iterate = self._condensing.expanded(result.iterate, parameters, self.lagrangian_gradient)
            objective, violation = self.measure(iterate.variables, parameters)
            return replace(result, iterate=iterate, objective=objective, violation=violation)
        self._compile(warm=start is not None)
        clock = time.perf_counter()
        iterate, statistics = self._run(begin, parameters, start)
        seconds = time.perf_counter() - clock
        objective, violation = self.measure(iterate.variables, parameters)
        return ProgramResult(
            iterate=iterate,
            objective=objective,
            status=self._status(statistics, violation),
            iterations=int(statistics.get("iter_count", -1)),
            seconds=seconds,
            violation=violation,
        )

    def prepare(self, warm: bool = False) -> None:
        """Compile now what `solve` would compile at its first call."""
        (self._inner or self)._compile(warm)

    def lagrangian_gradient(
        self, variables: np.ndarray, parameters: np.ndarray, multipliers: np.ndarray
    ) -> Float[np.ndarray, " size"]:
        """∇_z of objective + multipliers · constraints (size,); the bounds' multipliers are not in it."""
        return _computed(self._gradient, variables, parameters, multipliers)[0]

    def values(self, variables: np.ndarray, parameters: np.ndarray) -> tuple[float, np.ndarray]:
        """The objective and the constraints' values (rows,); NaN where they cannot be evaluated."""
        objective, constraints = _computed(self._evaluate, variables, parameters)
        return float(objective[0]), constraints

    def measure(self, variables: np.ndarray, parameters: np.ndarray) -> tuple[float, float]:
        """Objective and largest violation of a bound or constraint, whatever a solver says; slacks at their kinks."""
        t = self.transcription
        variables = t.completed(variables, parameters)
        objective, constraints = self.values(variables, parameters)
        gaps = [
            t.constraint_lower - constraints,
            constraints - t.constraint_upper,
            t.lower - variables,
            variables - t.upper,
        ]
        return objective, float(np.max(np.concatenate(gaps), initial=0.0))

    @cached_property
    def _gradient(self) -> Any:
        t = self.transcription
        multipliers = ca.MX.sym("multipliers", t.constraint_lower.size)
        lagrangian = t.objective + ca.dot(multipliers, t.constraints)
        return ca.Function("gradient", [t.variables, t.parameters, multipliers], [ca.gradient(lagrangian, t.variables)])

    def _check_fits(self) -> None:
        solver, back_end = self.settings.solver, self._back_end
        if back_end.needs_stages and not self.transcription.staged:
            raise ProblemError(
                f"solver {solver!r} needs stages that only touch their neighbours: a boundary constraint that ties "
                "both ends, or condensed=True, leaves none; use solver='ipopt'"
            )
        if not back_end.stoppable and self.settings.callback is not None:
            raise ProblemError(f"callback is given, and solver {solver!r} tells of no iterations; use solver='ipopt'")

    def _run(
        self, variables: np.ndarray, parameters: np.ndarray, start: Iterate | None
    ) -> tuple[Iterate, Mapping[str, Any]]:
        """The solver's last iterate and what it says of it."""
        t, told = self.transcription, self._back_end.bounds
        size, rows = (1.0, 1.0) if self._scales is None else (self._scales.variables, self._scales.constraints)
        arguments = {"x0": variables / size, "p": parameters}
        arguments["lbx"], arguments["ubx"] = told(t.lower / size, t.upper / size)
        arguments["lbg"], arguments["ubg"] = told(t.constraint_lower / rows, t.constraint_upper / rows)
        if start is not None:
            arguments |= {"lam_x0": start.variable_multipliers * size, "lam_g0": start.constraint_multipliers * rows}
        compiled = self._compile(warm=start is not None)
        self._watch.begin(self.settings.callback, self.settings.time_limit)
        try:
            result, statistics = call_solver(
                compiled, arguments, self._watch, self._back_end.stoppable, self.settings.max_iterations
            )
        except RuntimeError as error:
            if "option" in str(error):
                raise self._refused(error) from None
            # A solver that gives up by an exception, at a start where a function is undefined, say.
            result, statistics = unmoved(arguments), {}
        if self._watch.reason and not self._back_end.stoppable:
            # One that was left behind may still be at work on it.
            self._compiled.clear()
        if statistics.get("return_status") == "Invalid_Option":
            raise self._refused(RuntimeError("it cannot load what an option names, such as a linear solver"))
        if self._watch.error is not None:
            raise self._watch.error
        x, bounds, multipliers = (np.array(result[k]).ravel() for k in ("x", "lam_x", "lam_g"))
        return Iterate(x * size, bounds / size, multipliers / rows), statistics

    def _status(self, statistics: Mapping[str, Any], violation: float) -> Status:
        if self._watch.reason:
            return _STOPPED.get(self._watch.reason, Status.INTERRUPTED)
        status = self._back_end.status(statistics, self.settings)
        rows = np.ones(0) if self._scales is None else self._scales.constraints
        limit = believed_within(self.settings.tolerance) * float(np.max(rows, initial=1.0))
        # A flag is not believed: what is called solved must satisfy its constraints.
        return Status.FAILED if status is Status.SOLVED and not violation <= limit else status

    def _compile(self, warm: bool) -> Any:
        if warm not in self._compiled:
            options = {
                "print_time": False,
                # What is undefined is told by the status.
                "show_eval_warnings": False,
                "error_on_fail": False,
                **({"iteration_callback": self._watch} if self._back_end.stoppable else {}),
                **self._back_end.options(self.settings, self.transcription, warm),
            }
            try:
                with muted("stdout", "stderr") as printed:
                    self._compiled[warm] = ca.nlpsol("program", self._back_end.plugin, self._scaled(), options)
            except (RuntimeError, NotImplementedError, TypeError) as error:
                raise self._refused(error, "".join(printed)) from None
        return self._compiled[warm]

    def _refused(self, error: Exception, printed: str = "") -> ProblemError:
        """The error for options; IPOPT prints what is wrong with a setting, in its first line, and raises less."""
        settings = self.settings
        said = [line.strip() for line in printed.splitlines() if line.startswith("Setting:")]
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        said = said or [line for line in lines if not line.startswith(("Use ", "You have", "Did you"))][-1:]
        reason = re.sub(r"\S+\.[ch]pp:\d+: ", "", said[0] if said else "no reason given")
        return ProblemError(
            f"options {dict(settings.options or {})!r}: solver {settings.solver!r} does not take this program or these "
            f"options ({reason[:200]}); correct or drop them"
        )

    def _scaled(self) -> dict[str, Any]:
        """The program in variables and constraints of order one."""
        t = self.transcription
        if self._scales is None:
            return {"x": t.variables, "p": t.parameters, "f": t.objective, "g": t.constraints}
        scaled = ca.MX.sym("z", t.lower.size)
        objective, constraints = self._evaluate.call([self._scales.variables * scaled, t.parameters], True, False)
        return {"x": scaled, "p": t.parameters, "f": objective, "g": constraints / self._scales.constraints}


def _computed(function: Any, *arguments: np.ndarray) -> list[np.ndarray]:
    """The function's outputs as rows; NaN where it gives up by an exception, as CVODES does at an undefined rate."""
    try:
        with muted("stderr"):
            found = function.call([ca.DM(a) for a in arguments])
    except RuntimeError:
        return [np.full(function.numel_out(i), np.nan) for i in range(function.n_out())]
    return [np.array(value).ravel() for value in found]
