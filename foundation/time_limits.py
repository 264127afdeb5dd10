"""How long a block may take, asked by whatever works within it.

    with ends_within(60.0):
        ...  # however deep: `if time_left() <= 0: stop`

Work that is divided into many solves, some of them far down, needs no clock of its own in each: all of it ends by the
one of the block. Of nested blocks the one that ends first counts.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple


class Deadline(NamedTuple):
    """The end of a block.

    Attributes
    ----------
    clock : function of nothing
        Tells seconds.
    end : float
        What it tells when the block's time is over.
    seconds : float
        How long the block may take.
    """

    clock: Callable[[], float]
    end: float
    seconds: float


_deadlines: ContextVar[tuple[Deadline, ...]] = ContextVar("deadlines", default=())
"""Of the blocks that this thread is in, from the outermost."""


@contextmanager
def ends_within(seconds: float | None, clock: Callable[[], float] = time.perf_counter) -> Iterator[None]:
    """A block that has so much time.

    Parameters
    ----------
    seconds : float or None
        How much; None: as much as the blocks around it.
    clock : function of nothing, default time.perf_counter
        By which it is measured: `time.process_time` counts this process's work, which others at work do not lengthen.

    Notes
    -----
    Nothing is stopped by force: what works within asks for `time_left` where it can stop.
    """
    own = () if seconds is None else (Deadline(clock, clock() + seconds, seconds),)
    token = _deadlines.set((*_deadlines.get(), *own))
    try:
        yield
    finally:
        _deadlines.reset(token)


@contextmanager
def overtime(share: float) -> Iterator[None]:
    """A block, within others, whose time ends later than theirs by this share of it.

    For what must come after the work that the time was for.
    """
    token = _deadlines.set(tuple(each._replace(end=each.end + share * each.seconds) for each in _deadlines.get()))
    try:
        yield
    finally:
        _deadlines.reset(token)


def time_left() -> float:
    """Seconds until the first of the blocks around must end: negative where it is late, infinite where none has one."""
    return min((each.end - each.clock() for each in _deadlines.get()), default=math.inf)
