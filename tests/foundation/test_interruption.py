"""Ctrl-C: the first is noted, the second is Python's own, and afterwards everything is as before."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time

import pytest

from geodepth.foundation.interruption import held_back, interruption, within


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


def test_what_is_held_back_comes_when_the_block_ends() -> None:
    before = signal.getsignal(signal.SIGINT)

    def held() -> None:
        with held_back() as event:
            for _ in range(3):
                signal.raise_signal(signal.SIGINT)
            assert event.is_set()
            reached.append(True)

    reached: list[bool] = []
    with pytest.raises(KeyboardInterrupt):
        held()
    assert reached == [True]
    with interruption() as event:
        held()  # handed to the block around it
        assert event.is_set()
    assert signal.getsignal(signal.SIGINT) is before


def test_a_program_of_its_own_is_interrupted_once_and_then_ended_at_once() -> None:
    code = (
        "import signal, time\nfrom geodepth.foundation.interruption import interrupted_once\n"
        "with interrupted_once(130):\n"
        "    try:\n        signal.raise_signal(signal.SIGINT)\n"
        "    except KeyboardInterrupt:\n        signal.raise_signal(signal.SIGINT)\n"
        "        print('put away', flush=True)\n"
        "time.sleep(1.1)\nsignal.raise_signal(signal.SIGINT)\nprint('never')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("put away\n", "", 130)


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
