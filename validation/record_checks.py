"""Records whose fields are checked when they are made, and what a TOML file says as such a record.

pydantic checks the fields against their annotations. What it finds wrong becomes one line of ours, in one place.
"""

import dataclasses
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, TypeVar, dataclass_transform

from pydantic import AfterValidator, ConfigDict, Field, WrapValidator
from pydantic import ValidationError as Refusal
from pydantic.dataclasses import dataclass

from geodepth.foundation.argument_checks import shown
from geodepth.foundation.files import text_files
from geodepth.foundation.files.opened_files import DamagedFileError

from .errors import ValidationError

T = TypeVar("T")

# A number stays as it is given: 3 and 3.0 would name different parts of a job that was begun.
_AS_GIVEN = WrapValidator(lambda value, check: (check(value), value)[1])
Count = Annotated[int, Field(ge=0)]
"""A whole number of at least 0."""
Seed = Annotated[int, Field(ge=0, lt=2**64)]
"""A whole number that PyTorch's generators take."""
Whole = Annotated[int, Field(ge=1)]
"""A whole number of at least 1."""
Positive = Annotated[float, Field(gt=0), _AS_GIVEN]
"""A finite number above 0."""
NonNegative = Annotated[float, Field(ge=0), _AS_GIVEN]
"""A finite number of at least 0."""


def _named(value: str) -> str:
    if not value:
        raise ValueError("give a name")
    return value


Name = Annotated[str, AfterValidator(_named)]
"""Text that is not empty."""

_WANTED = {
    "int_type": "a whole number",
    "float_type": "a finite number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "string_type": "text",
    "callable_type": "a function",
    "greater_than_equal": "a number of at least {ge:g}",
    "greater_than": "a number above {gt:g}",
    "less_than": "a number below {lt:g}",
}
"""The kind of pydantic's refusal → what to give instead."""


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field, Field))
def checked_record(cls: type[T]) -> type[T]:
    """Make a class a frozen dataclass whose fields are checked against their annotations.

    Parameters
    ----------
    cls : type
        A class with annotated fields. Docstrings below fields describe them. `__post_init__` may check more, and say
        so by a ValidationError.

    Returns
    -------
    type
        The dataclass, with slots. Nothing is converted: text is no number, and True is no whole number. Making one
        raises ValidationError in one line, which names the field, the value seen and what is expected.
    """
    config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)
    made: type[Any] = dataclass(frozen=True, slots=True, config=config)(cls)
    build: Callable[..., None] = made.__init__

    @wraps(build)
    def __init__(self: T, *values: Any, **named: Any) -> None:  # noqa: N807
        try:
            build(self, *values, **named)
        except Refusal as refusal:
            raise ValidationError(_sentence(refusal)) from None

    made.__init__ = __init__
    return made


def read_toml(path: str | Path, record: type) -> dict[str, Any]:
    """Read the table of a TOML file whose names are fields of a record.

    Parameters
    ----------
    path : path
        The file.
    record : type
        A dataclass.

    Returns
    -------
    dict
        Names and values, as the file has them.

    Raises
    ------
    ValidationError
        There is no such file, it is not TOML, or a name is no field.
    """
    try:
        table = text_files.read_toml(path)
    except FileNotFoundError:
        raise ValidationError(f"{path} cannot be read (there is no such file); give a TOML file") from None
    except DamagedFileError as error:
        raise ValidationError(f"{path} cannot be read ({error}); give a TOML file") from None
    known = [field.name for field in dataclasses.fields(record)]
    unknown = [name for name in table if name not in known]
    if unknown:
        raise ValidationError(f"{path} sets {shown(unknown[0])}; known names are {', '.join(known)}")
    return table


def _sentence(refusal: Refusal) -> str:
    """What pydantic found first, as one line: the field, the value seen, what is expected."""
    first = refusal.errors(include_url=False)[0]
    name = " of ".join(str(part) for part in first["loc"])
    error = first.get("ctx", {}).get("error")
    if isinstance(error, ValidationError):
        return str(error)
    if first["type"] == "unexpected_keyword_argument":
        return f"{name} is no field of this record; leave it out"
    if first["type"] in ("missing", "missing_argument"):
        return f"{name} is missing; give it"
    if error is not None:
        wanted = str(error)
    elif first["type"] in _WANTED:
        wanted = f"give {_WANTED[first['type']].format_map(first.get('ctx', {}))}"
    else:
        wanted = first["msg"].replace("Input should be", "expected", 1)
    seen = first["input"]
    return f"{name} is {shown(list(seen) if isinstance(seen, tuple) else seen)}; {wanted}"
