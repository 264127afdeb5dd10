"""What CasADi and its solvers print while they work, kept from the console: a thread at a time."""

import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

MOST_PIECES = 200
"""Of what is printed, as many are kept, the last (chosen by hand): a failing integrator prints megabytes."""

_lock = threading.Lock()


class _Muted:
    """A stream that passes on what threads write, but for those that are muted."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.kept: dict[int, deque[str]] = {}

    def write(self, text: str) -> int:
        kept = self.kept.get(threading.get_ident())
        if kept is None:
            return int(self.stream.write(text))
        kept.append(text)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@contextmanager
def muted(*names: str) -> Iterator[deque[str]]:
    """Within, what this thread prints to these streams of `sys`, "stdout" or "stderr", is kept, and handed out."""
    kept: deque[str] = deque(maxlen=MOST_PIECES)
    with _exchanged(names, kept):
        yield kept


@contextmanager
def heard() -> Iterator[None]:
    """Within `muted`: what this thread prints is printed after all, for functions of the user's."""
    with _exchanged(("stdout", "stderr"), None):
        yield


@contextmanager
def _exchanged(names: tuple[str, ...], kept: deque[str] | None) -> Iterator[None]:
    thread, before = threading.get_ident(), {}
    with _lock:
        for name in names:
            stream = getattr(sys, name)
            if stream is None or (kept is None and not isinstance(stream, _Muted)):
                continue
            muting = stream if isinstance(stream, _Muted) else _Muted(stream)
            before[name] = muting, muting.kept.get(thread)
            _set(muting, thread, kept)
            setattr(sys, name, muting)
    try:
        yield
    finally:
        with _lock:
            for name, (muting, earlier) in before.items():
                _set(muting, thread, earlier)
                if not muting.kept and getattr(sys, name) is muting:
                    setattr(sys, name, muting.stream)


def _set(muting: _Muted, thread: int, kept: deque[str] | None) -> None:
    if kept is None:
        muting.kept.pop(thread, None)
    else:
        muting.kept[thread] = kept
