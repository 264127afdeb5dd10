"""What is told and asked between a solver's iterations: progress, time limits, a wish to stop."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import casadi as ca
import numpy as np

from geodepth.foundation.shapes import Float
from geodepth.foundation.time_limits import time_left

from .solver_output import heard


@dataclass(frozen=True, slots=True)
class Progress:
    """One iteration of a solver.

    Attributes
    ----------
    iteration : int
        Its number, from 0.
    objective : float
        There.
    seconds : float
        Since the start.
    variables : ndarray
        The variables of the program that the solver sees (size,), in their own units.
    """

    iteration: int
    objective: float
    seconds: float
    variables: Float[np.ndarray, " size"]


Callback = Callable[[Progress], Any]
"""Called at every iteration; what it returns, if true, stops the solver."""


class Watch(ca.Callback):  # type: ignore[misc]
    """CasADi's iteration callback.

    Attributes
    ----------
    reason : str
        Why the last solve was stopped: "", "user", "time", "error", or "number" where its start is undefined.
    error : BaseException or None
        What the callback raised.
    """

    def __init__(self, variables: int, constraints: int, parameters: int) -> None:
        ca.Callback.__init__(self)
        self._sizes = {"x": variables, "lam_x": variables, "g": constraints, "lam_g": constraints}
        self._sizes |= {"p": parameters, "lam_p": parameters, "f": 1}
        self.begin(None)
        self.construct("watch", {})

    def begin(self, callback: Callback | None, cost: float = 1.0, size: float | np.ndarray = 1.0) -> None:
        """Forget the last solve; `cost` and `size` are what objective and variables are divided by in this one."""
        self.callback, self.cost, self.size = callback, cost, size
        self.iteration, self.started = 0, time.perf_counter()
        self.reason = ""
        self.error: BaseException | None = None

    def stop(self) -> None:
        """Ask the solver to stop at its next iteration."""
        self.reason = "user"

    def get_n_in(self) -> int:
        """CasADi asks: how many inputs."""
        return int(ca.nlpsol_n_out())

    def get_n_out(self) -> int:
        """CasADi asks: how many outputs."""
        return 1

    def get_name_in(self, index: int) -> str:
        """CasADi asks: an input's name."""
        return str(ca.nlpsol_out(index))

    def get_name_out(self, index: int) -> str:
        """CasADi asks: the output's name."""
        return "ret"

    def get_sparsity_in(self, index: int) -> Any:
        """CasADi asks: an input's shape."""
        return ca.Sparsity.dense(self._sizes[ca.nlpsol_out(index)], 1)

    def eval(self, values: list[Any]) -> list[int]:
        """CasADi tells of an iteration; 1 stops the solver."""
        seconds = time.perf_counter() - self.started
        if self.callback is not None and not self.reason:
            progress = Progress(
                self.iteration, float(values[1]) * self.cost, seconds, np.array(values[0]).ravel() * self.size
            )
            try:
                with heard():
                    if self.callback(progress):
                        self.reason = "user"
            # An exception must not cross the solver's C++; it goes on when the solver has stopped.
            except BaseException as error:
                self.reason, self.error = "error", error
        if time_left() <= 0:
            self.reason = self.reason or "time"
        self.iteration += 1
        return [1 if self.reason else 0]
