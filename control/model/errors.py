"""The errors of the control tower, and the checks of arguments that raise them."""

from collections.abc import Iterable

from geodepth.foundation.argument_checks import ArgumentChecks
from geodepth.foundation.errors import InputError


class ControlError(Exception):
    """Any error that this package raises on purpose."""


class ProblemError(ControlError, InputError):
    """Something the user gave cannot be used: the message names it, what was seen, and what to do."""


CHECKS = ArgumentChecks(ProblemError)
"""Checks of numbers, counts, choices and flags that raise ProblemError."""


def check_names(which: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raise ProblemError unless all names that are given are known; `which` is the argument that gives them."""
    names = list(known)
    for name in given:
        if name not in names:
            raise ProblemError(f"{which} names {name!r}, which is not one of {names[:12]}; correct the name")
