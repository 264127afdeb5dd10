"""The one error of this package: something the user gave cannot be used."""

from geodepth.foundation.errors import InputError


class ValidationError(InputError):
    """Bad input. The message is one line: the argument, the value seen, what is expected, what to do."""
