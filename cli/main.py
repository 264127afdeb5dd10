"""The command line: which command, and how its errors end.

What the user can mend ends in one line on standard error and exit code 2; a solver's failure in exit code 3; Ctrl-C in
130. Only bugs show a traceback.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import tyro

from .compare import Compare
from .doctor import Doctor
from .geodesic import Geodesic
from .paper import PaperCommand
from .solve import Solve
from .train import Train
from .validate import Validate

Command = (
    Annotated[Validate, tyro.conf.subcommand("validate")]
    | Annotated[Solve, tyro.conf.subcommand("solve")]
    | Annotated[Geodesic, tyro.conf.subcommand("geodesic")]
    | Annotated[Train, tyro.conf.subcommand("train")]
    | Annotated[PaperCommand, tyro.conf.subcommand("paper")]
    | Annotated[Compare, tyro.conf.subcommand("compare")]
    | Annotated[Doctor, tyro.conf.subcommand("doctor")]
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of `geodepth`; exits with 0, 1 (doctor or compare found a fault), 2, 3 or 130."""
    # One BLAS thread a process: the work is parallel over starts and members.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    command: Any = tyro.cli(
        Command,
        prog="geodepth",
        description="Representation geodesics of Leaky ResNets, the networks that should follow them, and classic "
        "optimal control.",
        args=arguments,
        config=(tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff),
    )
    sys.exit(_run(command))


def _run(command: Any) -> int:
    from geodepth.control import ControlError, GeodesicError, SolveError

    try:
        code = int(command.run())
        sys.stdout.flush()
        return code
    except (SolveError, GeodesicError) as error:
        return _end(str(error), 3)
    except (ControlError, ValueError) as error:
        # Our typed errors are ValueErrors of one line; any other ValueError is a bug and shows its traceback.
        if not _typed(error):
            raise
        return _end(str(error), 2)
    except BrokenPipeError:
        # The reader of a pipe has gone, as `head` does; nothing is left to say to it, at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return _end("interrupted; finished parts are kept, and the same command goes on from them", 130)


def _typed(error: Exception) -> bool:
    return type(error).__module__.startswith("geodepth.")


def _end(message: str, code: int) -> int:
    print(f"geodepth: {' '.join(message.split())}", file=sys.stderr)
    return code
