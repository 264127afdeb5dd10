"""How a command ends: its exit code, and one line on standard error where something went wrong.

    0    done
    1    the command itself says so: doctor or compare found a fault
    2    something that the user gave cannot be used
    3    a solver stopped short; what is known is saved
    130  Ctrl-C

Only bugs show a traceback. What a command says never ends it: results are saved before, and a terminal that lacks a
letter, a reader that has gone, or a full disk under a log costs words alone.
"""

import contextlib
import difflib
import errno
import io
import itertools
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TextIO

from geodepth.foundation.errors import InputError

INTERRUPTED = 130
"""What shells know a program by that Ctrl-C ended."""
REFUSALS = (
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM, errno.EMFILE),
    *(errno.ENAMETOOLONG, errno.EISDIR, errno.ENOTDIR, errno.ELOOP),
)
"""What a system says of a full disk or of a place that cannot be used; a file that is missing may be a bug."""
CHOICE = r"invalid choice (.*) for argument '(.*?)'\. Expected one of \((.*?),?\)"
"""What the reader of options says of a value that is none of the choices."""
NO_NUMBER = (
    (r"Error parsing (\S+): invalid literal for int\(\) with base 10: (.*)", r"\1 is \2; give a whole number"),
    (r"Error parsing (\S+): could not convert string to float: (.*)", r"\1 is \2; give a number"),
)
"""What it says of a value that is no number, and what is said instead."""
UNKNOWN = r"Unrecognized options: (--?[^\s,]+)"
"""How it begins where an option is none."""
LONGEST_LINE = 400
"""Letters of what is said of a wrong option (chosen by hand)."""


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
        return int(run())
    except InputError as error:
        return _end(str(error), 2)
    except KeyboardInterrupt:
        return _end("interrupted; finished parts are kept, and the same command goes on from them", INTERRUPTED)
    except MemoryError as error:
        return _end(f"memory does not suffice ({str(error) or 'no more is given'}); give smaller sizes", 2)
    except OSError as error:
        if error.errno not in REFUSALS:
            raise
        return _end(f"{error.filename or 'a file'} cannot be used ({error.strerror}); make room, or give another", 2)
    except RuntimeError as error:
        # Where control raised it, the module is there; elsewhere its import, half a second, tells of a bug.
        from geodepth.control.model.errors import ControlError

        if not isinstance(error, ControlError):
            raise
        return _end(str(error), 3)


@contextlib.contextmanager
def wrong_options_in_one_line(command: str, sources: Sequence[str] = (), options: Sequence[str] = ()) -> Iterator[None]:
    """Within, the reader of the command line says in one line what it draws a box about.

    Parameters
    ----------
    command : str
        As it is typed, for the message.
    sources : sequence of str
        Where options come from besides the command line.
    options : sequence of str
        Those that the command has, such as --width: the one that is nearest to a wrong one is proposed.
    """
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            yield
    except SystemExit as ended:
        if ended.code:
            besides = f" (options also come from {', '.join(sources)})" if sources else ""
            text = _below_title(said.getvalue())[:LONGEST_LINE]
            text += _nearest(text, options)
            _end(f"{text}{besides}; {command} --help shows what there is", 2)
        raise


def _below_title(box: str) -> str:
    """What stands between the title and the first rule below it; of values, without the types that were tried."""
    lines = [re.sub("[╭╮╰╯│─|+]|-{3,}", " ", line).strip() for line in box.partition("Got errors")[0].splitlines()[1:]]
    text = itertools.takewhile(bool, itertools.dropwhile(lambda line: not line, lines))
    sentence = " ".join(" ".join(text).split()).rstrip(".")
    for pattern, words in NO_NUMBER:
        sentence = re.sub(pattern, words, sentence)
    return re.sub(CHOICE, _wrong_choice, sentence)


def _nearest(text: str, options: Sequence[str]) -> str:
    """A question after an unknown option, where one is like it."""
    unknown = re.match(UNKNOWN, text)
    near = difflib.get_close_matches(unknown[1].partition("=")[0], options, 1) if unknown else []
    return f"; did you mean {near[0]}" if near else ""


def _wrong_choice(found: re.Match[str]) -> str:
    choices = found[3].replace("'", "")
    return f"{found[2]} is {found[1]}; choose one of {choices}"


def with_lasting_streams(run: Callable[[], int]) -> int:
    """Run a command so that nothing it says can raise: letters that a terminal lacks are escaped, lost words dropped.

    Parameters
    ----------
    run : function
        It returns an exit code.

    Returns
    -------
    int
        That code; 2 in place of 0 where standard output could not be written. A reader that has gone, as `head` does,
        changes nothing.
    """
    for number in range(3):
        # A closed one would be taken by the next file that is opened, and solvers would write into that.
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    streams = sys.stdout, sys.stderr
    out, errors = _Lasting(sys.stdout), _Lasting(sys.stderr)
    sys.stdout, sys.stderr = out, errors
    try:
        code = run()
        out.flush()
        if out.lost:
            reason = f"standard output cannot be written ({out.lost}); what was to be saved is saved"
            return code or _end(reason, 2)
        return code
    finally:
        out.flush()
        errors.flush()
        sys.stdout, sys.stderr = streams


class _Lasting:
    """A stream whose words may get lost; `lost` says why, unless its reader has gone."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream: Any = io.StringIO() if stream is None else stream
        self.lost = ""
        if hasattr(self._stream, "reconfigure"):
            self._stream.reconfigure(errors="backslashreplace")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write, or drop what cannot be written."""
        try:
            self._stream.write(text)
        except OSError as error:
            self._drop(error)
        return len(text)

    def flush(self) -> None:
        """Hand on what was written, or drop it."""
        try:
            self._stream.flush()
        except OSError as error:
            self._drop(error)

    def _drop(self, error: OSError) -> None:
        if not isinstance(error, BrokenPipeError):
            self.lost = error.strerror or str(error)
        with contextlib.suppress(OSError):  # what waits in the buffer would raise once more when the program ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


def _end(message: str, code: int) -> int:
    print(f"geodepth: {' '.join(message.split())}", file=sys.stderr)
    return code
