"""The one error that this package raises for bad input."""

from geodepth.foundation.errors import InputError


class NetworkError(InputError):
    """Bad input to `geodepth.nets`: one line that names the argument, what was seen, what is expected, what to do."""
