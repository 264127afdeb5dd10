"""The argument checks of this package: each returns the value in its plain type, or raises one ValidationError."""

from typing import Any

from geodepth.foundation.argument_checks import ArgumentChecks

from .errors import ValidationError

CHECKS = ArgumentChecks(ValidationError)
_NUMBERS = ArgumentChecks(ValidationError, give="it must be")

check_array, check_count, check_choice = CHECKS.array, CHECKS.count, CHECKS.choice


def check_number(name: str, value: Any, *, positive: bool) -> float:
    """Return `value` as a finite float, greater than zero if `positive`, else at least zero.

    Raises
    ------
    ValidationError
        For anything else.
    """
    if positive:
        return _NUMBERS.number(name, value, above=0.0, wanted="finite and positive")
    return _NUMBERS.number(name, value, least=0.0, wanted="finite and zero or positive")
