"""The commands by name, and what `geodepth` alone says of them.

A command's file is imported when the command is meant, so that none waits for what only others need.
"""

import difflib
import importlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from geodepth.foundation.errors import InputError
from geodepth.foundation.optional_parts import PARTS, is_there, require


class Known(NamedTuple):
    """What is known of a command before its file is imported.

    Attributes
    ----------
    purpose : str
        In one line.
    needs : tuple of str
        Modules beyond the plain install without which it cannot do anything.
    """

    purpose: str
    needs: tuple[str, ...] = ()


COMMANDS: Mapping[str, Known] = MappingProxyType(
    {
        "solve": Known("solve a classic control problem, and compare with its published optimum"),
        "geodesic": Known("search for the representation geodesic of a data set"),
        "validate": Known("truth, networks, comparison and report in one", ("pydantic", "torch", "jinja2")),
        "train": Known("train Leaky ResNets, many at once", ("torch", "safetensors")),
        "compare": Known(
            "hold networks from files against a truth, or set reports side by side", ("pydantic", "torch", "jinja2")
        ),
        "paper": Known("measure and draw the figures of the paper", ("pydantic", "torch", "jinja2")),
        "doctor": Known("what is installed, what is missing, and a self-test"),
        "completion": Known("completion of commands and options for a shell"),
    }
)
"""In the order in which they are shown."""

OVERVIEW = """\
geodepth: a trajectory optimizer, and the optimal paths that deep networks should follow.

Solve a control problem, and know how good the answer is:
    geodepth solve brachistochrone --verify

Find the representation geodesic of a data set, its path of least norm:
    geodepth geodesic teacher --layers 8 --starts 8 --out truth.npz

Ask whether trained networks have found it:
    geodepth validate iris --quick

All commands; geodepth COMMAND --help shows the options of one, with an example:
"""


def overview() -> str:
    """What the three uses are, the next command to type, and all commands, with what is missing for them."""
    lines = [f"    {name:11} {known.purpose}{_missing(known)}" for name, known in COMMANDS.items()]
    return "\n".join([OVERVIEW.rstrip(), *lines, "", "Start with: geodepth solve brachistochrone"])


def _missing(known: Known) -> str:
    extras = sorted({PARTS[module].extra for module in known.needs if not is_there(module)})
    return f" (needs pip install 'geodepth[{','.join(extras)}]')" if extras else ""


def can_run(name: str) -> bool:
    """Whether all that a command needs is installed."""
    return all(map(is_there, COMMANDS[name].needs))


def command_class(name: str) -> Any:
    """The class of a command.

    Parameters
    ----------
    name : str
        Its name.

    Raises
    ------
    InputError
        There is no such command.
    MissingPartError
        What it needs is not installed.
    """
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, 1)
        guess = f"did you mean {near[0]}" if near else f"choose one of {', '.join(COMMANDS)}"
        raise InputError(f"there is no command {name!r}; {guess}; geodepth --help shows what there is")
    for needed in COMMANDS[name].needs:
        require(needed, f"geodepth {name}")
    module = importlib.import_module(f"geodepth.cli.commands.{name}")
    return getattr(module, f"{name.capitalize()}Command")
