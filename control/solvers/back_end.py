"""What a solver of nonlinear programs tells of itself, and what it is asked for.

To add one: write its class in a file of its own, and enter it into the table in program.py.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from geodepth.control.model.errors import CHECKS, ProblemError
from geodepth.control.transcription.nonlinear_program import NonlinearProgram
from geodepth.foundation.frozen_copies import freeze_fields

from .iteration_callback import Callback
from .status import Status

_STATUS = {
    "Solve_Succeeded": Status.SOLVED,
    "Solved_To_Acceptable_Level": Status.ACCEPTABLE,
    "Maximum_Iterations_Exceeded": Status.ITERATION_LIMIT,
    "Maximum_CpuTime_Exceeded": Status.TIME_LIMIT,
    "Maximum_WallTime_Exceeded": Status.TIME_LIMIT,
    "Infeasible_Problem_Detected": Status.INFEASIBLE,
    "Diverging_Iterates": Status.DIVERGED,
    "Invalid_Number_Detected": Status.INVALID_NUMBER,
    "Not_Enough_Degrees_Of_Freedom": Status.OVERDETERMINED,
    "User_Requested_Stop": Status.INTERRUPTED,
}


@dataclass(frozen=True, slots=True)
class SolverSettings:
    """What a solver is asked for.

    Attributes
    ----------
    solver : str, default "ipopt"
        The back-end's name.
    tolerance : float, default 1e-8
        Of the scaled first-order conditions.
    max_iterations : int, default 3000
        When it gives up.
    time_limit : float, optional
        Seconds, of all solves of one call.
    options : mapping, optional
        Handed to the solver as they are, over ours.
    callback : function of one Progress, optional
        Told of every iteration; stops the solver by returning something true.

    Raises
    ------
    ProblemError
        At construction, for a value that cannot be used.
    """

    solver: str = "ipopt"
    tolerance: float = 1e-8
    max_iterations: int = 3000
    time_limit: float | None = None
    options: Mapping[str, Any] | None = None
    callback: Callback | None = None

    def __post_init__(self) -> None:
        freeze_fields(self)
        wanted = "a number between 0 and 1, such as 1e-8"
        plain: dict[str, Any] = {
            "tolerance": CHECKS.number("tolerance", self.tolerance, above=0, below=1, wanted=wanted),
            "max_iterations": CHECKS.count("max_iterations", self.max_iterations, 1, 10**9),
        }
        if self.time_limit is not None:
            wanted = "a positive number of seconds, or None"
            plain["time_limit"] = CHECKS.number("time_limit", self.time_limit, above=0, below=math.inf, wanted=wanted)
        for name, value in plain.items():
            object.__setattr__(self, name, value)
        if self.callback is not None:
            CHECKS.function("callback", self.callback, 1, "a function of one Progress")
        named = self.options is None or (
            isinstance(self.options, Mapping) and all(isinstance(name, str) for name in self.options)
        )
        if not named:
            raise CHECKS.refusal("options", self.options, "a mapping from the solver's option names to values")


@dataclass(frozen=True, slots=True)
class Turn:
    """One of the calls that a solve may take, each from where the last one ended.

    Attributes
    ----------
    options : mapping
        Over those of the back-end.
    trial : bool, default False
        Whether its end counts only where it succeeds, and costs no more.
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    trial: bool = False


class BackEnd(ABC):
    """A solver behind CasADi's nlpsol.

    Attributes
    ----------
    plugin : str
        Its name there.
    stoppable : bool
        Whether it tells of its iterations, and can be asked to stop between them: by a callback, a time limit, Ctrl-C.
        One that cannot is left behind at work.
    needs_stages : bool
        Whether constraints may touch neighbouring stages only.
    takes_multipliers : bool
        Whether a warm start gives it more than a point.
    checks_signs : bool
        Whether it sees that a multiplier has the sign of a bound that is not met.
    takes_derivatives : bool
        Whether it has options for functions in place of CasADi's derivatives.
    """

    plugin: ClassVar[str]
    stoppable: ClassVar[bool] = True
    needs_stages: ClassVar[bool] = False
    takes_multipliers: ClassVar[bool] = True
    checks_signs: ClassVar[bool] = True
    takes_derivatives: ClassVar[bool] = False

    def check_fits(self, settings: SolverSettings, program: NonlinearProgram) -> None:
        """Raise ProblemError for a program, or settings, that the solver does not take."""
        if self.needs_stages and not program.staged:
            raise ProblemError(
                f"solver {settings.solver!r} needs stages that only touch their neighbours: a boundary constraint that "
                "ties both ends, several phases, or condensed=True, leave none; use solver='ipopt'"
            )
        if not self.stoppable and settings.callback is not None:
            raise ProblemError(
                f"callback is given, and solver {settings.solver!r} tells of no iterations; use solver='ipopt'"
            )

    @abstractmethod
    def options(
        self, settings: SolverSettings, transcription: NonlinearProgram, warm: bool, again: bool
    ) -> dict[str, Any]:
        """nlpsol's options.

        Parameters
        ----------
        settings : SolverSettings
            What is asked for; its own options go over ours.
        transcription : NonlinearProgram
            The program.
        warm : bool
            Whether it starts from multipliers too, close to its bounds.
        again : bool
            Whether that is the last solution of the same program, at other values.
        """

    def turns(self, settings: SolverSettings) -> tuple[Turn, ...]:
        """The calls that a solve takes until one succeeds; one for all that is asked for, by default."""
        return (Turn(),)

    def bounds(self, lower: np.ndarray, upper: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What the solver is told, so that the bounds themselves hold."""
        return lower, upper

    def status(self, statistics: Mapping[str, Any], settings: SolverSettings) -> Status:
        """How it ended, by what it says; empty statistics: by an exception."""
        return _STATUS.get(str(statistics.get("return_status", "")), Status.FAILED)
