"""Ctrl-C: the first is noted, the second is Python's own, and afterwards everything is as before."""

from __future__ import annotations

import signal
import threading

import pytest

from geodepth.foundation.interruption import interruption


def test_the_first_is_noted_and_the_second_interrupts() -> None:
    before, called = signal.getsignal(signal.SIGINT), []
    with interruption(lambda: called.append(1)) as event:
        assert not event.is_set()
        signal.raise_signal(signal.SIGINT)
        assert event.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert called == [1]
    assert signal.getsignal(signal.SIGINT) is before


def test_an_ignored_signal_stays_ignored_and_threads_are_left_alone() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interruption() as event:
            signal.raise_signal(signal.SIGINT)
            assert not event.is_set()
    finally:
        signal.signal(signal.SIGINT, before)
    seen = []

    def elsewhere() -> None:
        with interruption() as event:
            seen.append((event.is_set(), signal.getsignal(signal.SIGINT)))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert seen == [(False, before)]
