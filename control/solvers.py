"""Who solves: NLP back-ends behind one call, with one tolerance and one set of statuses."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import casadi as ca
import numpy as np

from .errors import ProblemError
from .solution import Iterate, Status
from .transcription import Transcription

if TYPE_CHECKING:
    from jaxtyping import Float

SOLVERS = ("ipopt", "fatrop")

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


class Program:
    """A transcription compiled for one back-end; solve it for many parameter values, meshes and guesses."""

    def __init__(
        self,
        transcription: Transcription,
        solver: str = "ipopt",
        tolerance: float = 1e-8,
        max_iterations: int = 3000,
        time_limit: float | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        if solver not in SOLVERS:
            raise ProblemError(f"solver is {solver!r}; choose one of {list(SOLVERS)}")
        if not (np.isfinite(tolerance) and 0 < tolerance < 1):
            raise ProblemError(f"tolerance is {tolerance!r}; give a number between 0 and 1, such as 1e-8")
        if max_iterations < 1:
            raise ProblemError(f"max_iterations is {max_iterations!r}; give a whole number of at least 1")
        if solver == "fatrop" and not transcription.staged:
            raise ProblemError(
                "solver 'fatrop' needs stages that only touch their neighbours, and a boundary constraint ties the "
                "two ends together; use solver='ipopt'"
            )
        self.transcription = transcription
        self.solver = solver
        self._settings = (float(tolerance), int(max_iterations), time_limit, dict(options or {}))
        self._compiled: dict[bool, Any] = {}
        program = (transcription.variables, transcription.parameters)
        self._evaluate = ca.Function("fg", [*program], [transcription.objective, transcription.constraints])

    def solve(self, variables: np.ndarray, parameters: np.ndarray, start: Iterate | None = None) -> ProgramResult:
        """Solve from these variables; `start` adds multipliers, and the solver then starts close to its bounds."""
        t = self.transcription
        arguments = {
            "x0": variables,
            "p": parameters,
            "lbx": t.lower,
            "ubx": t.upper,
            "lbg": t.constraint_lower,
            "ubg": t.constraint_upper,
        }
        if start is not None:
            arguments |= {"lam_x0": start.variable_multipliers, "lam_g0": start.constraint_multipliers}
        compiled = self._compile(warm=start is not None)
        clock = time.perf_counter()
        try:
            result = compiled(**arguments)
        except RuntimeError as error:
            # CasADi turns Ctrl-C into a RuntimeError when a solver does not catch it itself.
            if "KeyboardInterrupt" in str(error):
                raise KeyboardInterrupt from error
            raise
        seconds = time.perf_counter() - clock
        statistics = compiled.stats()
        iterate = Iterate(*(np.array(result[k]).ravel() for k in ("x", "lam_x", "lam_g")))
        objective, violation = self.measure(iterate.variables, parameters)
        return ProgramResult(
            iterate=iterate,
            objective=objective,
            status=self._status(statistics, violation),
            iterations=int(statistics.get("iter_count", -1)),
            seconds=seconds,
            violation=violation,
        )

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
        return np.array(self._gradient(variables, parameters, multipliers)).ravel()

    def prepare(self, warm: bool = False) -> None:
        """Compile now what `solve` would compile at its first call."""
        self._compile(warm)

    def values(self, variables: np.ndarray, parameters: np.ndarray) -> tuple[float, np.ndarray]:
        """The objective and the constraints' values (rows,)."""
        objective, constraints = (np.array(v).ravel() for v in self._evaluate(variables, parameters))
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
        return objective, float(max((g.max(initial=0.0) for g in gaps), default=0.0))

    def _status(self, statistics: Mapping[str, Any], violation: float) -> Status:
        word = str(statistics.get("return_status", ""))
        if self.solver == "fatrop":
            if statistics.get("success"):
                status = Status.SOLVED
            else:
                reached = statistics.get("iter_count", 0) >= self._settings[1]
                status = Status.ITERATION_LIMIT if reached else Status.FAILED
        else:
            status = _STATUS.get(word, Status.FAILED)
        # A flag is not believed: what is called solved must satisfy its constraints.
        if status is Status.SOLVED and not violation <= max(1e-6, 1e2 * self._settings[0]):
            return Status.FAILED
        return status

    def _compile(self, warm: bool) -> Any:
        if warm not in self._compiled:
            t = self.transcription
            program = {"x": t.variables, "p": t.parameters, "f": t.objective, "g": t.constraints}
            build = self._ipopt_options if self.solver == "ipopt" else self._fatrop_options
            self._compiled[warm] = ca.nlpsol("program", self.solver, program, build(warm))
        return self._compiled[warm]

    def _ipopt_options(self, warm: bool) -> dict[str, Any]:
        tolerance, iterations, limit, extra = self._settings
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
        if limit is not None:
            options["max_wall_time"] = float(limit)
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
        return {"ipopt": options | extra, "print_time": False, "record_time": True, "error_on_fail": False}

    def _fatrop_options(self, warm: bool) -> dict[str, Any]:
        tolerance, iterations, _, extra = self._settings
        t = self.transcription
        options: dict[str, Any] = {"tol": tolerance, "max_iter": iterations, "print_level": 0}
        if warm:
            options |= {"warm_start_init_point": True, "mu_init": max(tolerance, 1e-7)}
        return {
            "fatrop": options | extra,
            "structure_detection": "auto",
            "equality": (t.constraint_lower == t.constraint_upper).tolist(),
            "print_time": False,
            "error_on_fail": False,
        }
