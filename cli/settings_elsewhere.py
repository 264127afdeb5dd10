"""Settings from a TOML file and from the environment, written as the words of the command line that they stand for.

So there is one reader of options, whatever they come from. What is said on the command line goes before the
environment, and that before the file.
"""

import dataclasses
import os
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from geodepth.foundation.argument_checks import shown
from geodepth.foundation.errors import InputError
from geodepth.foundation.files.opened_files import DamagedFileError
from geodepth.foundation.files.text_files import read_toml

from .known_commands import COMMANDS, can_run, command_class

PREFIX = "GEODEPTH_"
"""Of environment variables; GEODEPTH_WORKERS=4 is --workers 4, for every command that has it."""
OWN_READER = ("validate",)
"""Commands whose own records read the file, where they check more than words can say."""


class Words(NamedTuple):
    """A command line that holds what was said elsewhere.

    Attributes
    ----------
    words : list of str
        All of them.
    sources : tuple of str
        Where some of them come from besides the command line.
    """

    words: list[str]
    sources: tuple[str, ...]


def with_settings_from_elsewhere(command: Any, name: str, words: Sequence[str]) -> Words:
    """Put what a file and the environment say before what the command line says.

    Parameters
    ----------
    command : type
        Of the command, a dataclass.
    name : str
        Of the command.
    words : sequence of str
        What stands behind the command. A first word that ends in .toml names a file of settings.

    Raises
    ------
    InputError
        The file cannot be read, or it or a variable whose name begins with GEODEPTH_ sets what is no setting.
    """
    options = dict(_options(command))
    free = next((k for k, word in enumerate(words) if word.startswith("-")), len(words))
    said, rest, sources = list(words[:free]), list(words[free:]), []
    from_file: list[str] = []
    if said and said[0].endswith(".toml") and name not in OWN_READER:
        path = said.pop(0)
        meant, from_file = _from_file(path, options)
        said, sources = [*meant, *said], [path]
    found = _from_environment(options)
    sources += sorted(found)
    return Words([*said, *from_file, *(word for each in found.values() for word in each), *rest], tuple(sources))


def option_names(command: Any) -> list[str]:
    """The options of a command as they are typed, such as --weight-decay."""
    return [f"--{name.replace('_', '-')}" for name, option in _options(command) if not option.positional]


class _Option(NamedTuple):
    """An option: its type, its default, and whether it is what the command is about, which has no dashes."""

    kind: Any
    default: Any
    positional: bool


def _options(command: Any) -> Iterator[tuple[str, _Option]]:
    hints = typing.get_type_hints(command, include_extras=True)
    for field in dataclasses.fields(command):
        kind, marks = hints[field.name], list[Any]()
        if typing.get_origin(kind) is typing.Annotated:
            kind, *marks = typing.get_args(kind)
        if dataclasses.is_dataclass(kind):  # a record of more options
            yield from _options(kind)
        else:
            # tyro's own marks are no part of what it promises; what they are called is.
            yield field.name, _Option(kind, field.default, any("Positional" in repr(mark) for mark in marks))


def _from_file(path: str, options: Mapping[str, _Option]) -> tuple[list[str], list[str]]:
    """What the command is about, and its options."""
    try:
        table = read_toml(path)
    except FileNotFoundError:
        raise InputError(f"{path} cannot be read (there is no such file); give a TOML file") from None
    except DamagedFileError as error:
        raise InputError(f"{path} cannot be read ({error}); give a TOML file") from None
    meant: list[str] = []
    words: list[str] = []
    for name, value in table.items():
        if name not in options:
            raise InputError(f"{path} sets {shown(name)}; known names are {', '.join(options)}")
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(each, str | int | float) for each in values):
            raise InputError(
                f"{path} sets {name} to {shown(value)}; give a number, a text, true, false or a list of them"
            )
        if options[name].positional:
            meant += [_beside(path, str(each)) for each in values]
        else:
            words += _words(path, name, options[name], [str(each) for each in values])
    return meant, words


def _beside(path: str, value: str) -> str:
    """A data file is looked for beside the file that names it, wherever the command is run."""
    return str(Path(path).parent / value) if value.endswith((".npz", ".csv")) else value


def _from_environment(options: Mapping[str, _Option]) -> dict[str, list[str]]:
    """Variable → its words."""
    found: dict[str, list[str]] = {}
    for variable in sorted(name for name in os.environ if name.startswith(PREFIX) and os.environ[name].strip()):
        name = variable.removeprefix(PREFIX).lower()
        if name in options and not options[name].positional:
            several = "tuple" in str(options[name].kind)
            value = os.environ[variable]
            found[variable] = _words(
                variable, name, options[name], value.replace(",", " ").split() if several else [value]
            )
        elif not _known_elsewhere(name):
            raise InputError(f"the environment sets {variable}; no command has such a setting; correct it, or unset it")
    return found


def _known_elsewhere(name: str) -> bool:
    runnable = [command for command in COMMANDS if can_run(command)]
    return len(runnable) < len(COMMANDS) or any(name in dict(_options(command_class(each))) for each in runnable)


def _words(source: str, name: str, option: _Option, values: Sequence[str]) -> list[str]:
    dashed = f"--{name.replace('_', '-')}"
    if option.kind is bool or bool in typing.get_args(option.kind):
        if len(values) != 1 or values[0].lower() not in ("true", "false", "1", "0"):
            raise InputError(f"{source} sets {name} to {shown(' '.join(values))}; give true or false")
        value = values[0].lower() in ("true", "1")
        if isinstance(option.kind, types.UnionType):  # unset by default: it takes a value
            return [dashed, str(value)]
        return [] if value == option.default else [f"--no-{dashed[2:]}" if option.default else dashed]
    return [f"{dashed}={values[0]}"] if len(values) == 1 else [dashed, *values]
