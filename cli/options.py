"""Options of a command that are the fields of a checked record: their names, types, defaults and sentences.

The options are read first, and the record is made of them afterwards, so that what a record refuses ends in our line.
"""

import dataclasses
import shlex
from typing import Annotated, Any

import tyro


def options_of(record: Any, *, unset: bool = False, leave_out: tuple[str, ...] = ()) -> Any:
    """Make a class whose instances hold what was said on the command line for the fields of a record.

    Parameters
    ----------
    record : type
        Made by `checked_record`, with a sentence below each field.
    unset : bool
        Whether options that are not said stay None, for a file that may say something else. The record's defaults are
        then named in the help.
    leave_out : tuple of str
        Fields that are no options.

    Returns
    -------
    type
        A frozen dataclass.
    """
    made = []
    for name, field in record.__pydantic_fields__.items():
        if name in leave_out:
            continue
        shown = " ".join(field.default) if isinstance(field.default, tuple) else field.default
        shown = "none" if shown is None else shown  # as tyro's own hints say it here
        words = tyro.conf.arg(help=field.description, help_behavior_hint=f"(default: {shown})")
        kind: Any = field.annotation | None if unset else field.annotation
        made.append((name, Annotated[kind, words], dataclasses.field(default=None if unset else field.default)))
    return dataclasses.make_dataclass(f"{record.__name__}Options", made, frozen=True)


def said(options: Any) -> dict[str, Any]:
    """Names and values of the options that were said: all that are not None."""
    return {name: value for name, value in dataclasses.asdict(options).items() if value is not None}


def in_words(options: dict[str, Any]) -> list[str]:
    """Options as they are written on the command line."""
    words = []
    for name, value in options.items():
        written = " ".join(shlex.quote(str(each)) for each in value) if isinstance(value, tuple) else value
        words.append(f"--{name.replace('_', '-')} {written}")
    return words


def picked(options: Any, names: str) -> dict[str, Any]:
    """Some fields of a record by name, to hand them on under the same names."""
    return {name: getattr(options, name) for name in names.split()}
