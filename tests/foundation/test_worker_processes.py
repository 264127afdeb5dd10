"""Work over processes: every outcome comes back with its task, workers keep to one BLAS thread, errors go on."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from geodepth.foundation.errors import InputError
from geodepth.foundation.worker_processes import process_pool, run_all


def square(number: int) -> int:
    return number * number


def blas_threads(_: int) -> list[int]:
    import numpy as np
    from threadpoolctl import threadpool_info

    np.ones((2, 2)) @ np.ones((2, 2))
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


def test_every_outcome_comes_back_with_its_task_here_and_over_an_executor() -> None:
    wanted = {n: n * n for n in range(7)}
    assert list(run_all(square, range(7), progress=False)) == sorted(wanted.items())
    with ThreadPoolExecutor(2) as executor:
        assert dict(run_all(square, range(7), executor, progress=False)) == wanted


def test_an_exception_cancels_what_has_not_begun_and_goes_on() -> None:
    begun: list[int] = []

    def fails_at_once(task: int) -> None:
        begun.append(task)
        if task == 0:
            raise KeyError(task)
        time.sleep(0.05)

    with ThreadPoolExecutor(1) as executor, pytest.raises(KeyError):
        list(run_all(fails_at_once, range(50), executor, progress=False))
    assert len(begun) < 50


def test_workers_have_one_blas_thread_and_what_cannot_be_sent_is_said_in_one_line() -> None:
    with process_pool(1) as pool:
        ((_, threads),) = run_all(blas_threads, [0], pool, progress=False)
        assert set(threads) <= {1}
        with pytest.raises(InputError, match="cannot be sent to another process"):
            list(run_all(lambda task: task, [1], pool, progress=False))


def test_a_pool_left_by_an_exception_does_not_wait_for_running_work() -> None:
    def interrupted() -> None:
        with process_pool(1) as pool:
            pool.submit(square, 2).result()
            pool.submit(time.sleep, 60)
            raise KeyboardInterrupt

    began = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert time.perf_counter() - began < 30


PRESSED_TWICE = """
import signal, sys, time
from geodepth.foundation.interruption import interrupted_once
from geodepth.foundation.worker_processes import process_pool, run_all

INNER = ("futures/_base.py", "futures/process.py", "threading.py")

def pressed_at(number):
    # Ctrl-C at that line of the main thread's work within futures and locks, and once more at the next.
    seen = 0
    def line(frame, event, _):
        nonlocal seen
        if event == "line" and frame.f_code.co_filename.endswith(INNER):
            seen += 1
            if seen in (number, number + 1):
                signal.raise_signal(signal.SIGINT)
        return line
    return line

if __name__ == "__main__":
    with interrupted_once(130):
        for number in map(int, sys.argv[1:]):
            try:
                with process_pool(1) as pool:
                    list(run_all(abs, range(1), pool, progress=False))
                    sys.settrace(pressed_at(number))
                    list(run_all(time.sleep, [0.02] * 20, pool, progress=False))
            except KeyboardInterrupt:
                print("interrupted at", number)
            sys.settrace(None)
            time.sleep(1.1)  # what comes sooner counts as the same press
"""


def test_ctrl_c_pressed_twice_within_locks_ends_a_pool_and_says_nothing(tmp_path: Path) -> None:
    """Where the press left the locks of `concurrent.futures.wait` taken, at line 1340, the pool never ended."""
    script, lines = tmp_path / "pressed.py", ["60", "700", "1340", "2330"]
    script.write_text(PRESSED_TWICE)
    done = subprocess.run([sys.executable, script, *lines], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.splitlines(), done.stderr) == ([f"interrupted at {line}" for line in lines], "")
    assert done.returncode == 0


@pytest.mark.parametrize("workers", [0, -1, 1.5, "a"])
def test_a_number_of_workers_that_is_none_is_refused(workers: object) -> None:
    with pytest.raises(InputError, match=r"workers is .*; give a whole number of at least 1"):
        process_pool(workers)  # type: ignore[arg-type]
