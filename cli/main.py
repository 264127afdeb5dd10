"""The command line: which command is meant."""

import os
import sys
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

import tyro

from .compare import Compare
from .doctor import Doctor
from .exit_codes import exit_code_of, with_lasting_streams, wrong_options_in_one_line
from .geodesic import Geodesic
from .optional_types import REGISTRY
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
    """Run the command that the arguments name, and exit with its code.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the process by default.
    """
    # One BLAS thread per process: the work is parallel over starts and members.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    sys.exit(with_lasting_streams(partial(_run, arguments)))


def _run(arguments: Sequence[str] | None) -> int:
    with wrong_options_in_one_line():
        command: Any = tyro.cli(
            Command,
            prog="geodepth",
            description="Representation geodesics of Leaky ResNets, the networks that should follow them, and classic "
            "optimal control.",
            args=arguments,
            registry=REGISTRY,
            config=(tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff),
        )
    return exit_code_of(command.run)
