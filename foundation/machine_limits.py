"""What this machine can hold and finish: absurd sizes are refused by an estimate, before any work."""

import os
import sys

from .errors import InputError

YEAR = 365 * 86400.0
"""Seconds. What takes longer on any machine is a slip of the keyboard (chosen by hand)."""
LARGEST = 10**300
"""Estimates above it count as this, within the range of a float."""


def memory_of_this_machine() -> float:
    """The bytes that a process can have here: the physical memory, or the process's own limit; infinite if unknown."""
    known = [float("inf")]
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        known.append(float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")))
    if sys.platform != "win32":
        import resource

        own = resource.getrlimit(resource.RLIMIT_AS)[0]
        if own != resource.RLIM_INFINITY:
            known.append(float(own))
    return min(known)


def refuse_absurd_size(job: str, memory: float, seconds: float = 0.0, *, error: type[InputError] = InputError) -> None:
    """Refuse a job that this machine cannot hold, or no machine finishes.

    Parameters
    ----------
    job : str
        What is asked for, with the arguments that make it large: "a network of width 100000 and 20 layers".
    memory : float
        The least number of bytes that it needs at once; a whole number of any size will do.
    seconds : float
        The least time that it takes, on the fastest machine there is.
    error : type of InputError
        What is raised.

    Raises
    ------
    InputError
        The memory is more than `memory_of_this_machine`, or the time more than a year.
    """
    memory, seconds = float(min(memory, LARGEST)), float(min(seconds, LARGEST))
    limit = memory_of_this_machine()
    if not memory <= limit:
        raise error(f"{job} needs at least {_bytes(memory)} of memory, and there are {_bytes(limit)}; ask for less")
    if not seconds <= YEAR:
        raise error(f"{job} takes at least {seconds / YEAR:.2g} years, and a year is the limit; ask for less")


def _bytes(size: float) -> str:
    return f"{size / 1e9:.3g} GB"
