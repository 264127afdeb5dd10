"""A nonlinear program compiled for a back-end, and options that a back-end refuses."""

import os
import re
import shutil
from collections.abc import Mapping
from contextlib import nullcontext
from tempfile import TemporaryDirectory
from typing import Any

import casadi as ca

from geodepth.control.model.errors import ProblemError
from geodepth.control.transcription.nonlinear_program import NonlinearProgram

from .back_end import BackEnd, SolverSettings, Turn
from .iteration_callback import Watch
from .solver_output import muted

COMPILER = "cc"
"""The system's C compiler."""
MOST_SCALARS = 100_000
"""Instructions of objective and constraints up to which a program is written out in scalars for many solves: its
derivatives then take about a second to build (cart-pole on 600 intervals), and a half to a third of the time."""

HELP = ("Use ", "You have", "Did you", "> ")
"""How the lines begin in which CasADi tells of other options, after the one that says what is wrong."""


def check_compiler(argument: str) -> None:
    """Raise ProblemError, for the argument that asks for it, where there is no C compiler."""
    if shutil.which(COMPILER) is None:
        raise ProblemError(f"{argument} needs a C compiler, and {COMPILER!r} is not found; install one, or do without")


def small(program: Any) -> bool:
    """Whether a program's objective and constraints are worth writing out in scalars, and can be."""
    try:
        return bool(program.expand().n_instructions() <= MOST_SCALARS)
    except RuntimeError:
        return False


def compiled_solver(
    back_end: BackEnd,
    settings: SolverSettings,
    program: NonlinearProgram,
    nlp: Mapping[str, Any],
    watch: Watch | None,
    warm: bool,
    again: bool = False,
    form: str = "graph",
    turn: Turn | None = None,
    derivatives: Mapping[str, Any] | None = None,
) -> Any:
    """CasADi's solver of a program.

    Parameters
    ----------
    back_end : BackEnd
        Which solves.
    settings : SolverSettings
        What it is asked for.
    program : NonlinearProgram
        The program.
    nlp : mapping
        It as nlpsol takes it, in the units that the solver is to see.
    watch : Watch, optional
        Told of its iterations, where the back-end tells.
    warm, again : bool
        As in `BackEnd.options`.
    form : str, default "graph"
        How functions are evaluated: "graph", as stated, which takes least to build; in "scalars"; or translated to "C".
    turn : Turn, optional
        Of the back-end's, when there are several.
    derivatives : mapping, optional
        Functions by option, in place of those that CasADi derives.

    Raises
    ------
    ProblemError
        The back-end does not take these settings.
    """
    options = {
        "print_time": False,
        # What is undefined is told by the status.
        "show_eval_warnings": False,
        "error_on_fail": False,
        # Nobody asks for the multipliers of θ. Where "no_nlp_grad" is given too, their function is not even built;
        # fatrop calls it for the constraints.
        "calc_lam_p": False,
        **({"expand": True} if form == "scalars" else {}),
        **({"iteration_callback": watch} if back_end.stoppable and watch is not None else {}),
        **back_end.options(settings, program, warm, again),
        **(turn.options if turn is not None else {}),
        **(derivatives or {}),
    }
    try:
        with muted("stdout", "stderr") as printed, TemporaryDirectory() if form == "C" else nullcontext() as folder:
            if form == "C":
                compiler = {"compiler": COMPILER, "flags": ["-O1"], "directory": f"{folder}{os.sep}", "cleanup": False}
                translated = {"jit": True, "compiler": "shell", "jit_options": compiler, "jit_cleanup": False}
                options["common_options"] = {"final_options": translated}
            return ca.nlpsol("program", back_end.plugin, nlp, options)
    except (RuntimeError, NotImplementedError, TypeError) as error:
        raise refused(settings, error, "".join(printed)) from None


def refused(settings: SolverSettings, error: Exception, printed: str = "") -> ProblemError:
    """The error for options; IPOPT prints what is wrong with a setting, in its first line, and raises less."""
    said = [line.strip() for line in printed.splitlines() if line.startswith("Setting:")]
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = said or [line for line in lines if not line.startswith(HELP)][-1:]
    reason = re.sub(r"\S+\.[ch]pp:\d+: ", "", said[0] if said else "no reason given")
    return ProblemError(
        f"options {dict(settings.options or {})!r}: solver {settings.solver!r} does not take this program or these "
        f"options ({reason[:200]}); correct or drop them"
    )
