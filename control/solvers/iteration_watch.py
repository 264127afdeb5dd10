"""What is told and asked between a solver's iterations: progress, time limits, Ctrl-C."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import casadi as ca
import numpy as np

from geodepth.foundation.shapes import Float


@dataclass(frozen=True, slots=True)
class Progress:
    """One iteration of a solver: its number from 0, objective, seconds since the start, the program's variables."""

    iteration: int
    objective: float
    seconds: float
    variables: Float[np.ndarray, " size"]


Callback = Callable[[Progress], Any]
"""Called once an iteration; what it returns, if true, stops the solver."""


class Watch(ca.Callback):  # type: ignore[misc]
    """CasADi's iteration callback. After a solve, `reason` says why it was stopped: "", "user", "time" or "error"."""

    def __init__(self, variables: int, constraints: int, parameters: int) -> None:
        ca.Callback.__init__(self)
        self._sizes = {"x": variables, "lam_x": variables, "g": constraints, "lam_g": constraints}
        self._sizes |= {"p": parameters, "lam_p": parameters, "f": 1}
        self.begin(None, None)
        self.construct("watch", {})

    def begin(self, callback: Callback | None, time_limit: float | None) -> None:
        """Forget the last solve."""
        self.callback, self.time_limit = callback, time_limit
        self.iteration, self.started = 0, time.perf_counter()
        self.reason = ""
        self.error: BaseException | None = None

    def get_n_in(self) -> int:
        return int(ca.nlpsol_n_out())

    def get_n_out(self) -> int:
        return 1

    def get_name_in(self, index: int) -> str:
        return str(ca.nlpsol_out(index))

    def get_name_out(self, index: int) -> str:
        return "ret"

    def get_sparsity_in(self, index: int) -> Any:
        return ca.Sparsity.dense(self._sizes[ca.nlpsol_out(index)], 1)

    def eval(self, values: list[Any]) -> list[int]:
        seconds = time.perf_counter() - self.started
        if self.callback is not None and not self.reason:
            progress = Progress(self.iteration, float(values[1]), seconds, np.array(values[0]).ravel())
            try:
                if self.callback(progress):
                    self.reason = "user"
            # An exception must not cross the solver's C++; it goes on when the solver has stopped.
            except BaseException as error:
                self.reason, self.error = "error", error
        if self.time_limit is not None and seconds > self.time_limit:
            self.reason = self.reason or "time"
        self.iteration += 1
        return [1 if self.reason else 0]


@contextmanager
def listening(watch: Watch) -> Iterator[None]:
    """Within, the first Ctrl-C asks the solver to stop at its next iteration, and the second is Python's own."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)
    if before in (signal.SIG_IGN, None):
        yield
        return

    def stop(*_: Any) -> None:
        watch.reason = "user"
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
