"""Ctrl-C that lets the present step end: the first is noted, the second interrupts at once."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def interruption(react: Callable[[], object] | None = None) -> Iterator[threading.Event]:
    """Within, the first Ctrl-C sets the event that is handed out, and the second is Python's own.

    Parameters
    ----------
    react : function, optional
        Called at the first Ctrl-C, for example to ask a solver to stop at its next iteration.

    Notes
    -----
    Only the main thread may set signal handlers, and only it receives Ctrl-C. Elsewhere, and where Ctrl-C is ignored,
    the event is never set.
    """
    event = threading.Event()
    previous = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or previous in (None, signal.SIG_IGN):
        yield event
        return

    def remember(*_: object) -> None:
        event.set()
        if react is not None:
            react()
        signal.signal(signal.SIGINT, previous)

    signal.signal(signal.SIGINT, remember)
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, previous)
