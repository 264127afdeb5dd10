"""Ctrl-C: the first is noted, the second is Python's own, and afterwards everything is as before."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from geodepth.foundation.interruption import interruption, within


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


def test_within_returns_raises_and_leaves_behind() -> None:
    assert within(10.0, lambda: 7) == 7
    with pytest.raises(ValueError, match="mine"):
        within(10.0, lambda: int("mine"))
    released, clock = threading.Event(), time.monotonic()
    with pytest.raises(TimeoutError):
        within(0.1, released.wait)
    assert 0.1 < time.monotonic() - clock < 5
    released.set()


def test_ctrl_c_leaves_what_cannot_be_stopped_behind() -> None:
    released, clock = threading.Event(), time.monotonic()
    timer = threading.Timer(0.1, signal.raise_signal, [signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        within(60.0, released.wait)
    assert time.monotonic() - clock < 5
    released.set()


def test_nested_blocks_are_all_told_and_so_are_later_ones() -> None:
    before, called = signal.getsignal(signal.SIGINT), []
    with interruption() as outer:
        with interruption(lambda: called.append("inner")) as inner:
            signal.raise_signal(signal.SIGINT)
            assert (inner.is_set(), outer.is_set(), called) == (True, True, ["inner"])
        with interruption(lambda: called.append("later")) as later:
            assert (later.is_set(), called) == (True, ["inner", "later"])
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
    with interruption() as fresh:
        assert not fresh.is_set()
