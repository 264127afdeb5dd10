"""How a command ends: its exit code, and one line on standard error where something went wrong.

    0    done
    1    the command itself says so: doctor or compare found a fault
    2    something that the user gave cannot be used
    3    a solver stopped short; what is known is saved
    130  Ctrl-C

Only bugs show a traceback.
"""

import os
import sys
from collections.abc import Callable

from geodepth.foundation.errors import InputError


def exit_code_of(run: Callable[[], int]) -> int:
    """Run a command, and turn what it raises into a line on standard error and an exit code.

    Parameters
    ----------
    run : function
        The command. It returns its exit code.

    Raises
    ------
    Exception
        What is no error of the user's making and no solver's failure: a bug.
    """
    try:
        code = int(run())
        sys.stdout.flush()
        return code
    except InputError as error:
        return _end(str(error), 2)
    except BrokenPipeError:
        # The reader of a pipe has gone, as `head` does; nothing is left to say to it, at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return _end("interrupted; finished parts are kept, and the same command goes on from them", 130)
    except RuntimeError as error:
        # Where control raised it, the module is there; elsewhere its import, half a second, tells of a bug.
        from geodepth.control.model.errors import ControlError

        if not isinstance(error, ControlError):
            raise
        return _end(str(error), 3)


def _end(message: str, code: int) -> int:
    print(f"geodepth: {' '.join(message.split())}", file=sys.stderr)
    return code
