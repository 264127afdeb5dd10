"""The command line: which command is meant, and what is said where none is."""

import os
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

from geodepth.foundation.interruption import interrupted_once
from geodepth.foundation.versions import versions_of

from .exit_codes import INTERRUPTED, exit_code_of, with_lasting_streams, wrong_options_in_one_line
from .known_commands import command_class, overview
from .settings_elsewhere import Words, option_names, with_settings_from_elsewhere


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command that the arguments name, and exit with its code.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the process by default.
    """
    # One BLAS thread per process: the work is parallel over starts and members.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    if arguments is not None:
        sys.exit(_code_of(list(arguments)))
    with interrupted_once(INTERRUPTED):
        code = _code_of(sys.argv[1:])
    sys.exit(code)


def _code_of(words: list[str]) -> int:
    return with_lasting_streams(partial(exit_code_of, partial(_run, words)))


def _run(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        print(overview())
        return 0
    if words[0] == "--version":
        print(f"geodepth {versions_of('geodepth')['geodepth']}")
        return 0
    kind = command_class(words[0])
    said = with_settings_from_elsewhere(kind, words[0], words[1:])
    return int(_command(kind, f"geodepth {words[0]}", said).run())


def _command(kind: Any, program: str, said: Words) -> Any:
    import tyro

    from .optional_types import REGISTRY

    with wrong_options_in_one_line(program, said.sources, option_names(kind)):
        return tyro.cli(
            kind,
            prog=program,
            args=said.words,
            registry=REGISTRY,
            config=(tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff),
        )
