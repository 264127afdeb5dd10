"""Ctrl-C during a training: the epoch is finished and the state saved before KeyboardInterrupt is raised."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def interruption() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets, so that an epoch is never cut in two; a second one interrupts at once.

    Only the main thread may set signal handlers, and only it receives Ctrl-C; elsewhere the event is never set.
    """
    event = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return
    previous = signal.getsignal(signal.SIGINT)
    if previous is None or previous is signal.SIG_IGN:
        yield event
        return

    def remember(number: int, frame: object) -> None:
        event.set()
        signal.signal(signal.SIGINT, previous)

    signal.signal(signal.SIGINT, remember)
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, previous)
