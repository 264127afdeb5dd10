"""Who solves: NLP back-ends behind one call, with one tolerance and one set of statuses."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.errors import ProblemError, check_count, check_number
from geodepth.control.transcription.transcription import Transcription
from geodepth.foundation.shapes import Float

from .iteration_watch import Callback, Watch, listening
from .single_shooting import Condensing
from .status import Iterate, Status
from .variable_scaling import Scales

SOLVERS = ("ipopt", "fatrop", "sqp")

FATROP_RELAXES = 1e-8
"""By how much fatrop widens every bound, relative to its size or 1, with no option against it."""

_STATUS = {
    "Solve_Succeeded": Status.SOLVED,
    "Solved_To_Acceptable_Level": Status.ACCEPTABLE,
    "Maximum_Iterations_Exceeded": Status.ITERATION_LIMIT,
    "Maximum_CpuTime_Exceeded": Status.TIME_LIMIT,
    "Maximum_WallTime_Exceeded": Status.TIME_LIMIT,
    "Infeasible_Problem_Detected": Status.INFEASIBLE,
    "Diverging_Iterates": Status.DIVERGED,
    "Invalid_Number_Detected": Status.INVALID_NUMBER,
    "User_Requested_Stop": Status.INTERRUPTED,
}


@dataclass(frozen=True, slots=True)
class ProgramResult:
    """The end of one NLP solve; violation is the largest violation of a bound or constraint, measured by us."""

    iterate: Iterate
    objective: float
    status: Status
    iterations: int
    seconds: float
    violation: float


def check_solver(solver: object) -> None:
    """Raise ProblemError unless this names a back-end."""
    if solver not in SOLVERS:
        raise ProblemError(f"solver is {solver!r:.80}; choose one of {list(SOLVERS)}")


class Program:
    """A transcription compiled for one back-end; solve it for many parameter values, meshes and guesses.

    solver: "ipopt"; "fatrop", which knows the stages' structure; "sqp", CasADi's own with qrQP, for small programs and
    warm starts. callback: told of every iteration of ipopt and sqp, stops them by returning something true.

    Ctrl-C stops ipopt and sqp at their next iteration, with the last iterate kept. fatrop has no way to be asked: it
    ends first, and takes neither a callback nor a time limit.
    """

    def __init__(
        self,
        transcription: Transcription,
        solver: str = "ipopt",
        tolerance: float = 1e-8,
        max_iterations: int = 3000,
        time_limit: float | None = None,
        options: Mapping[str, Any] | None = None,
        callback: Callback | None = None,
        scales: Scales | None = None,
    ) -> None:
        check_solver(solver)
        check_number("tolerance", tolerance, 0, 1, "a number between 0 and 1, such as 1e-8")
        check_count("max_iterations", max_iterations, 1, 10**9)
        if time_limit is not None:
            check_number("time_limit", time_limit, 0, np.inf, "a positive number of seconds, or None")
        if callback is not None and not callable(callback):
            raise ProblemError(f"callback is {callback!r}; give a function of one Progress")
        if options is not None and not isinstance(options, Mapping):
            raise ProblemError(f"options is {options!r}; give a mapping from the solver's option names to values")
        if solver == "fatrop" and not transcription.staged:
            raise ProblemError(
                "solver 'fatrop' needs stages that only touch their neighbours: a boundary constraint that ties both "
                "ends, or condensed=True, leaves none; use solver='ipopt'"
            )
        if solver == "fatrop" and (time_limit is not None or callback is not None):
            given = "callback" if time_limit is None else "time_limit"
            raise ProblemError(f"{given} is given, and solver 'fatrop' cannot be stopped; use solver='ipopt'")
        self.transcription = transcription
        self.solver = solver
        self._settings = (float(tolerance), int(max_iterations), time_limit, dict(options or {}))
        self._callback = callback
        self._scales = scales
        self._compiled: dict[bool, Any] = {}
        program = (transcription.variables, transcription.parameters)
        self._evaluate = ca.Function("fg", [*program], [transcription.objective, transcription.constraints])
        self._watch = Watch(transcription.lower.size, transcription.constraint_lower.size, program[1].numel())
        self._condensing, self._inner = None, None
        if transcription.rollout is not None:
            self._condensing = Condensing(transcription)
            inner = None if scales is None else self._condensing.scales(scales)
            reduced = self._condensing.reduced
            self._inner = Program(reduced, solver, tolerance, max_iterations, time_limit, options, callback, inner)

    def solve(self, variables: np.ndarray, parameters: np.ndarray, start: Iterate | None = None) -> ProgramResult:
        """Solve from these variables; `start` adds multipliers, and the solver then starts close to its bounds."""
        if self._condensing is not None and self._inner is not None:
            return self._solve_condensed(self._condensing, self._inner, variables, parameters, start)
        t = self.transcription
        size, rows = (1.0, 1.0) if self._scales is None else (self._scales.variables, self._scales.constraints)
        arguments = {"x0": variables / size, "p": parameters}
        arguments["lbx"], arguments["ubx"] = self._bounds(t.lower / size, t.upper / size)
        arguments["lbg"], arguments["ubg"] = self._bounds(t.constraint_lower / rows, t.constraint_upper / rows)
        if start is not None:
            arguments |= {"lam_x0": start.variable_multipliers * size, "lam_g0": start.constraint_multipliers * rows}
        compiled = self._compile(warm=start is not None)
        clock = time.perf_counter()
        self._watch.begin(self._callback, self._settings[2])
        broken = False
        with listening(self._watch):
            try:
                result = compiled(**arguments)
            except RuntimeError as error:
                if "option" in str(error):
                    raise self._refused(error) from None
                # A solver that gives up by an exception, at a start where a function is undefined, say.
                result = {
                    "x": arguments["x0"],
                    "lam_x": 0 * arguments["x0"],
                    "lam_g": np.zeros(t.constraint_lower.size),
                }
                broken = True
        if self._watch.error is not None:
            raise self._watch.error
        seconds = time.perf_counter() - clock
        statistics = {} if broken else compiled.stats()
        x, bounds, multipliers = (np.array(result[k]).ravel() for k in ("x", "lam_x", "lam_g"))
        iterate = Iterate(x * size, bounds / size, multipliers / rows)
        objective, violation = self.measure(iterate.variables, parameters)
        return ProgramResult(
            iterate=iterate,
            objective=objective,
            status=self._status(statistics, violation),
            iterations=int(statistics.get("iter_count", -1)),
            seconds=seconds,
            violation=violation,
        )

    def _solve_condensed(
        self,
        condensing: Condensing,
        inner: Program,
        variables: np.ndarray,
        parameters: np.ndarray,
        start: Iterate | None,
    ) -> ProgramResult:
        """Solve without the inner nodes, and put them back."""
        reduced = None if start is None else condensing.condensed(start)
        result = inner.solve(variables[condensing.kept], parameters, reduced)
        iterate = condensing.expanded(result.iterate, parameters, self.lagrangian_gradient)
        objective, violation = self.measure(iterate.variables, parameters)
        return replace(result, iterate=iterate, objective=objective, violation=violation)

    def _bounds(self, lower: np.ndarray, upper: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What the solver is told, so that the bounds themselves hold: fatrop relaxes inequalities on its own."""
        if self.solver != "fatrop":
            return lower, upper
        room = 0.25 * (upper - lower)
        below, above = (np.minimum(FATROP_RELAXES * np.maximum(1.0, np.abs(bound)), room) for bound in (lower, upper))
        return lower + np.where(np.isfinite(lower), below, 0.0), upper - np.where(np.isfinite(upper), above, 0.0)

    @property
    def tolerance(self) -> float:
        return self._settings[0]

    @cached_property
    def _gradient(self) -> Any:
        t = self.transcription
        multipliers = ca.MX.sym("multipliers", t.constraint_lower.size)
        lagrangian = t.objective + ca.dot(multipliers, t.constraints)
        return ca.Function("gradient", [t.variables, t.parameters, multipliers], [ca.gradient(lagrangian, t.variables)])

    def lagrangian_gradient(
        self, variables: np.ndarray, parameters: np.ndarray, multipliers: np.ndarray
    ) -> Float[np.ndarray, " size"]:
        """∇_z of objective + multipliers · constraints; the bounds' multipliers are not in it."""
        return _computed(self._gradient, variables, parameters, multipliers)[0]

    def prepare(self, warm: bool = False) -> None:
        """Compile now what `solve` would compile at its first call."""
        (self._inner or self)._compile(warm)

    def values(self, variables: np.ndarray, parameters: np.ndarray) -> tuple[float, np.ndarray]:
        """The objective and the constraints' values (rows,); NaN where they cannot be evaluated."""
        objective, constraints = _computed(self._evaluate, variables, parameters)
        return float(objective[0]), constraints

    def measure(self, variables: np.ndarray, parameters: np.ndarray) -> tuple[float, float]:
        """Objective and largest violation of a bound or constraint, whatever a solver says."""
        t = self.transcription
        objective, constraints = self.values(variables, parameters)
        gaps = [
            t.constraint_lower - constraints,
            constraints - t.constraint_upper,
            t.lower - variables,
            variables - t.upper,
        ]
        return objective, float(np.max(np.concatenate(gaps), initial=0.0))

    def _status(self, statistics: Mapping[str, Any], violation: float) -> Status:
        if self._watch.reason:
            return Status.TIME_LIMIT if self._watch.reason == "time" else Status.INTERRUPTED
        if self.solver == "fatrop":
            if statistics.get("success"):
                status = Status.SOLVED
            else:
                reached = statistics.get("iter_count", 0) >= self._settings[1]
                status = Status.ITERATION_LIMIT if reached else Status.FAILED
        else:
            status = _STATUS.get(str(statistics.get("return_status", "")), Status.FAILED)
        # A flag is not believed: what is called solved must satisfy its constraints.
        if status is Status.SOLVED and not violation <= max(1e-6, 1e2 * self._settings[0]) * self._size():
            return Status.FAILED
        return status

    def _size(self) -> float:
        return 1.0 if self._scales is None else max(1.0, float(self._scales.constraints.max()))

    def _compile(self, warm: bool) -> Any:
        if warm not in self._compiled:
            build = {"ipopt": self._ipopt_options, "fatrop": self._fatrop_options, "sqp": self._sqp_options}
            plugin = "sqpmethod" if self.solver == "sqp" else self.solver
            try:
                self._compiled[warm] = ca.nlpsol("program", plugin, self._scaled(), build[self.solver](warm))
            except (RuntimeError, NotImplementedError, TypeError) as error:
                raise self._refused(error) from None
        return self._compiled[warm]

    def _refused(self, error: Exception) -> ProblemError:
        last = [line.strip() for line in str(error).splitlines() if line.strip()][-1:]
        return ProblemError(
            f"options {dict(self._settings[3])!r}: solver {self.solver!r} does not take this program or these "
            f"options ({' '.join(last)[:200]}); correct or drop them"
        )

    def _scaled(self) -> dict[str, Any]:
        """The program in variables and constraints of order one."""
        t = self.transcription
        if self._scales is None:
            return {"x": t.variables, "p": t.parameters, "f": t.objective, "g": t.constraints}
        scaled = ca.MX.sym("z", t.lower.size)
        objective, constraints = self._evaluate.call([self._scales.variables * scaled, t.parameters], True, False)
        return {"x": scaled, "p": t.parameters, "f": objective, "g": constraints / self._scales.constraints}

    def _ipopt_options(self, warm: bool) -> dict[str, Any]:
        tolerance, iterations, _, extra = self._settings
        options: dict[str, Any] = {
            "tol": tolerance,
            "constr_viol_tol": tolerance,
            "dual_inf_tol": 1.0,
            "compl_inf_tol": max(1e-4, tolerance),
            "acceptable_iter": 0,
            "max_iter": iterations,
            "print_level": 0,
            "sb": "yes",
            "bound_relax_factor": 0.0,
        }
        if warm:
            options |= {
                "warm_start_init_point": "yes",
                "warm_start_bound_push": 1e-9,
                "warm_start_bound_frac": 1e-9,
                "warm_start_slack_bound_push": 1e-9,
                "warm_start_slack_bound_frac": 1e-9,
                "warm_start_mult_bound_push": 1e-9,
                "mu_init": max(tolerance, 1e-7),
            }
        return {
            "ipopt": options | extra,
            "print_time": False,
            # What is undefined is told by the status.
            "show_eval_warnings": False,
            "record_time": True,
            "error_on_fail": False,
            "iteration_callback": self._watch,
        }

    def _sqp_options(self, warm: bool) -> dict[str, Any]:
        """Exact Hessians, made convex where they are not; qrQP needs no other library and keeps the structure."""
        tolerance, iterations, _, extra = self._settings
        options: dict[str, Any] = {
            "qpsol": "qrqp",
            "qpsol_options": {"print_iter": False, "print_header": False, "print_info": False, "error_on_fail": False},
            "convexify_strategy": "regularize",
            "tol_pr": tolerance,
            "tol_du": tolerance,
            "max_iter": iterations,
            "print_header": False,
            "print_iteration": False,
            "print_status": False,
            "print_time": False,
            # What is undefined is told by the status.
            "show_eval_warnings": False,
            "error_on_fail": False,
            "iteration_callback": self._watch,
        }
        return options | extra

    def _fatrop_options(self, warm: bool) -> dict[str, Any]:
        tolerance, iterations, _, extra = self._settings
        t = self.transcription
        options: dict[str, Any] = {"tol": tolerance, "max_iter": iterations, "print_level": 0}
        # A warm start gives it the point alone: it takes no multipliers, and from a small first barrier it may cycle.
        return {
            "fatrop": options | extra,
            "structure_detection": "auto",
            "equality": (t.constraint_lower == t.constraint_upper).tolist(),
            "print_time": False,
            # What is undefined is told by the status.
            "show_eval_warnings": False,
            "error_on_fail": False,
        }


def _computed(function: Any, *arguments: np.ndarray) -> list[np.ndarray]:
    """The function's outputs as rows; NaN where it gives up by an exception, as CVODES does at an undefined rate."""
    try:
        found = function.call([ca.DM(a) for a in arguments])
    except RuntimeError:
        return [np.full(function.numel_out(i), np.nan) for i in range(function.n_out())]
    return [np.array(value).ravel() for value in found]
