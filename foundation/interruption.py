"""Ctrl-C that lets the present step end, or waits for it, and a way out of steps that cannot be asked to end."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Outcome = TypeVar("Outcome")

ATTENTION = 0.05
"""Seconds between two looks at whether Ctrl-C came or the time is over (chosen by hand: a reader notices no delay)."""

ONE_PRESS = 1.0
"""Seconds within which a second Ctrl-C counts as the first one still: `timeout` sends two at once, and a hand that is
not sure presses again (chosen by hand)."""


_entered: list[tuple[threading.Event, Callable[[], object]]] = []
"""The blocks that the main thread is in, from the outermost."""


@contextmanager
def interruption(react: Callable[[], object] = lambda: None) -> Iterator[threading.Event]:
    """Within, the first Ctrl-C sets the event that is handed out, and the second is Python's own.

    Parameters
    ----------
    react : function, optional
        Called at the first Ctrl-C, for example to ask a solver to stop at its next iteration.

    Notes
    -----
    Blocks may be nested: a Ctrl-C is told to all of them, and to those that are entered after it.

    Only the main thread may set signal handlers, and only it receives Ctrl-C. Elsewhere, and where Ctrl-C is ignored,
    the event is never set.
    """
    event = threading.Event()
    previous = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or previous in (None, signal.SIG_IGN):
        yield event
        return

    def remember(*_: object) -> None:
        for noted, told in _entered:
            noted.set()
            told()
        signal.signal(signal.SIGINT, previous)

    outermost = not _entered
    if outermost:
        signal.signal(signal.SIGINT, remember)
    elif _entered[-1][0].is_set():
        event.set()
        react()
    _entered.append((event, react))
    try:
        yield event
    finally:
        _entered.pop()
        if outermost:
            signal.signal(signal.SIGINT, previous)


@contextmanager
def held_back() -> Iterator[threading.Event]:
    """Within, Ctrl-C only sets the event that is handed out; what it does elsewhere, it does when the block ends.

    Notes
    -----
    Python raises KeyboardInterrupt between any two steps of the main thread: within other libraries' code too, where a
    lock was just taken and would never be given back. Around such code it has to wait. The code must not take long.
    """
    event = threading.Event()
    previous = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or previous in (None, signal.SIG_IGN):
        yield event
        return
    signal.signal(signal.SIGINT, lambda *_: event.set())
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, previous)
        if event.is_set():
            signal.raise_signal(signal.SIGINT)


@contextmanager
def interrupted_once(code: int) -> Iterator[None]:
    """The last word of a program on Ctrl-C: within, it raises KeyboardInterrupt; afterwards it ends the process.

    Parameters
    ----------
    code : int
        The exit code of a process that is ended so.

    Notes
    -----
    Within `ONE_PRESS` of the last one it does nothing: a program that is about to end because of the first would be
    broken off while it puts things away. Only for a program's own process: it stays when the block ends.
    """
    last, over = -ONE_PRESS, False

    def press(*_: object) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < ONE_PRESS:
            return
        last = now
        if over:
            os._exit(code)
        raise KeyboardInterrupt

    own = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if own and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, press)
    try:
        yield
    finally:
        over = True


def within(seconds: float, function: Callable[[], Outcome]) -> Outcome:
    """What a function returns, unless the time is over or Ctrl-C comes before it does.

    Parameters
    ----------
    seconds : float
        How long it may take.
    function : function of nothing
        Runs in a thread of its own.

    Raises
    ------
    TimeoutError
        The time is over.
    KeyboardInterrupt
        Ctrl-C came.

    Notes
    -----
    A thread cannot be ended from outside: one that takes too long is left behind, and works on until the process ends.
    What the function uses must not be used again.
    """
    outcomes: list[Outcome] = []
    errors: list[BaseException] = []
    done = threading.Event()

    def run() -> None:
        try:
            outcomes.append(function())
        except BaseException as error:
            errors.append(error)
        finally:
            done.set()

    threading.Thread(target=run, daemon=True).start()
    end = time.monotonic() + seconds
    with interruption() as interrupted:
        while not done.wait(ATTENTION):
            if interrupted.is_set():
                raise KeyboardInterrupt
            if time.monotonic() > end:
                raise TimeoutError(f"not done within {seconds:g} seconds")
    if errors:
        raise errors[0]
    return outcomes[0]
