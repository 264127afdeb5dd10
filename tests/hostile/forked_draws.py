"""Draws in forked workers that have imported everything, each with a limit of time and of memory, results line by line.

A worker takes one draw after another. The parent ends one that is late and starts another in its place. Every result is
a line of JSON, so that a run that was stopped goes on where it was.
"""

import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

Record = dict[str, Any]
MEMORY = 4 * 2**30
"""Bytes of address space that a worker may have."""
CONTEXT = multiprocessing.get_context("fork")


@dataclass(slots=True)
class _Worker:
    process: Any
    pipe: Connection
    seed: int = -1
    began: float = 0.0
    used: float = 0.0

    def begin(self, seed: int) -> None:
        """Hand it a draw, and start the clocks."""
        self.seed, self.began, self.used = seed, time.monotonic(), self.seconds()
        self.pipe.send(seed)

    def seconds(self) -> float:
        """Of processor time so far, where the system tells."""
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        except OSError:
            return time.monotonic()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def late(self, limit: float) -> bool:
        """Whether its draw has worked for more than the limit, or hangs for ten times as long."""
        return self.seconds() - self.used > limit or time.monotonic() - self.began > 10 * limit


def run(judge: Callable[[int], Record], seeds: Iterable[int], workers: int, limit: float) -> Iterator[Record]:
    """The records of all draws, in the order in which they end.

    Parameters
    ----------
    judge
        Makes the record of a draw, with its class under "class".
    seeds
        Of the draws.
    workers
        How many processes.
    limit
        Seconds of work that a draw may take, and a tenth of what it may take on the clock: machines are shared.
    """
    waiting = iter(seeds)
    free = [_start(judge) for _ in range(workers)]
    busy: list[_Worker] = []
    try:
        while True:
            while free and (seed := next(waiting, None)) is not None:
                worker = free.pop()
                worker.begin(seed)
                busy.append(worker)
            if not busy:
                return
            ready = wait([w.pipe for w in busy], timeout=0.5)
            for worker in list(busy):
                if worker.pipe in ready:
                    record = _received(worker)
                elif worker.late(limit):
                    record = {"class": "TIMEOUT", "why": f"more than {limit:g} s"}
                else:
                    continue
                busy.remove(worker)
                if record["class"] in ("TIMEOUT", "CRASH"):
                    _end(worker)
                    worker, ended = _start(judge), worker.seed
                    worker.seed = ended
                free.append(worker)
                yield {"seed": worker.seed, **record}
    finally:
        for worker in [*free, *busy]:
            _end(worker)


def _start(judge: Callable[[int], Record]) -> _Worker:
    ours, theirs = CONTEXT.Pipe()
    process = CONTEXT.Process(target=_serve, args=(judge, theirs), daemon=False)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _received(worker: _Worker) -> Record:
    try:
        found: Record = worker.pipe.recv()
        return found
    except EOFError:
        worker.process.join(5)
        return {"class": "CRASH", "why": f"the worker ended with exit code {worker.process.exitcode}"}


def _end(worker: _Worker) -> None:
    worker.process.kill()
    worker.process.join()
    worker.pipe.close()


def _serve(judge: Callable[[int], Record], pipe: Connection) -> None:
    """In the worker: what a draw prints is counted, and an exception is a record."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with tempfile.TemporaryFile() as noise:
        os.dup2(noise.fileno(), 1)
        os.dup2(noise.fileno(), 2)
        while True:
            try:
                seed = pipe.recv()
            except (EOFError, KeyboardInterrupt):
                return
            noise.seek(0)
            noise.truncate()
            clock = time.process_time()
            try:
                record = judge(seed)
            except Exception as error:
                record = {"class": "EXCEPTION", "why": repr(error)[:300], "trace": traceback.format_exc()[-2000:]}
            sys.stdout.flush()
            sys.stderr.flush()
            pipe.send(record | {"cpu": time.process_time() - clock, "printed": noise.seek(0, os.SEEK_END)})


def done(path: Path) -> dict[int, Record]:
    """The records of an earlier run by seed; a line that was cut off is left out."""
    found: dict[int, Record] = {}
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                record = json.loads(line)
                found[record["seed"]] = record
            except (ValueError, KeyError):
                continue
    return found
