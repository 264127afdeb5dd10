"""Checks of what a user gives: each returns the value in its plain type, or raises one error in one line."""

import inspect
import math
import operator
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .errors import InputError
from .shapes import Bool, Float

MOST_DIGITS = 2.0**53
"""Below it a float64 holds every whole number."""


def shown(value: object) -> str:
    """A short picture of a value for an error message, on one line of at most 60 characters."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # Python does not write whole numbers of more than 4300 digits, and a class may forbid it.
        text = f"a value of type {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."


@dataclass(frozen=True, slots=True)
class ArgumentChecks:
    """Checks that raise one class of errors and speak in its words.

    Attributes
    ----------
    error : type of InputError
        What is raised.
    give, choose : str
        The words before what is wanted: "width is 0; give a whole number of at least 1", "choose one of a, b".
    """

    error: type[InputError] = InputError
    give: str = "give"
    choose: str = "choose"

    def refusal(self, name: str, value: object, wanted: str) -> InputError:
        """The error that says what `name` is, and what is wanted in its place."""
        return self.error(f"{name} is {shown(value)}; {self.give} {wanted}")

    def number(
        self,
        name: str,
        value: Any,
        *,
        above: float = -math.inf,
        least: float = -math.inf,
        below: float = math.inf,
        most: float = math.inf,
        wanted: str | None = None,
    ) -> float:
        """`value` as a finite float.

        Parameters
        ----------
        above, below : float
            Bounds that the number may not touch.
        least, most : float
            Bounds that it may touch.
        wanted : str, optional
            What to ask for in the message, in place of the bounds; for example "a number between 0 and 1".

        Raises
        ------
        InputError
            For text, a bool, what is no real number, NaN, an infinity, and a number out of bounds.
        """
        try:
            number = float(value) if _is_real(value) else math.nan
        except (TypeError, ValueError, OverflowError, RuntimeError):
            number = math.nan
        if math.isfinite(number) and above < number < below and least <= number <= most:
            return number
        raise self.refusal(name, value, wanted or _range(above, least, below, most))

    def count(self, name: str, value: Any, least: int = 1, most: int | None = None) -> int:
        """`value` as a whole number from `least` to `most`; a bool is none.

        Raises
        ------
        InputError
            For anything else.
        """
        try:
            number = operator.index(value)
        except (TypeError, ValueError, RuntimeError):
            number = None
        if number is None or isinstance(value, bool) or number < least or (most is not None and number > most):
            bounds = f"of at least {least}" if most is None else f"from {least} to {most}"
            kind = ", of the type integer" if number is None else ""
            raise self.refusal(name, value, f"a whole number {bounds}{kind}")
        return number

    def choice(self, name: str, value: Any, choices: Sequence[str]) -> str:
        """`value` where it is one of `choices`.

        Raises
        ------
        InputError
            Otherwise; the message lists them.
        """
        if not isinstance(value, str) or value not in choices:
            raise self.error(f"{name} is {shown(value)}; {self.choose} one of {', '.join(choices)}")
        return value

    def flag(self, name: str, value: Any) -> bool:
        """`value` where it is True or False.

        Raises
        ------
        InputError
            Otherwise.
        """
        if not isinstance(value, bool | np.bool_):
            raise self.refusal(name, value, "True or False")
        return bool(value)

    def function(self, name: str, value: Any, arguments: int, wanted: str) -> None:
        """Raise unless `value` can be called with so many arguments, as far as its signature tells.

        Raises
        ------
        InputError
            That asks for what is `wanted`.
        """
        if not callable(value):
            raise self.refusal(name, value, wanted)
        try:
            signature = inspect.signature(value)
        except (TypeError, ValueError):
            return
        try:
            signature.bind(*[None] * arguments)
        except TypeError:
            raise self.refusal(name, value, wanted) from None

    def path(self, name: str, value: Any) -> Path:
        """`value` as the path of a file or folder.

        Raises
        ------
        InputError
            For what is no path, nothing at all, and a name with a NUL in it.
        """
        text = os.fspath(value) if isinstance(value, str | os.PathLike) else ""
        if not isinstance(text, str) or not text or "\0" in text:
            raise self.refusal(name, value, "the name of a file or folder")
        return Path(text)

    def array(self, name: str, value: Any, shape: Sequence[int | None], layout: str) -> Float[np.ndarray, "*shape"]:
        """A private float64 copy of `value`, read-only.

        Parameters
        ----------
        shape : sequence of int or None
            The expected size of every axis; None where any size of at least one will do.
        layout : str
            The shape in words, for the message; for example "(d_in, N), one column per sample".

        Raises
        ------
        InputError
            As `real_numbers` does, and where the value is empty, of another shape, or not finite.
        """
        array = self.real_numbers(name, value, layout)
        if array.ndim != len(shape) or any(
            want is not None and want != got for want, got in zip(shape, array.shape, strict=True)
        ):
            raise self.error(f"{name} has shape {array.shape}; expected {layout}{_sizes(shape)}")
        if array.size == 0:
            raise self.error(f"{name} is empty, of shape {array.shape}; {self.give} at least one entry on every axis")
        if not np.isfinite(array).all():
            where = _first(~np.isfinite(array))
            raise self.error(
                f"{name} holds {array[where]} at index {where}; every entry must be finite, so remove or fill it"
            )
        array.flags.writeable = False
        return array

    def real_numbers(self, name: str, value: Any, layout: str) -> Float[np.ndarray, "*shape"]:
        """A private float64 copy of `value`, of any shape, that says what the value says.

        Parameters
        ----------
        layout : str
            What is expected, in words, for the message.

        Raises
        ------
        InputError
            Where the value is ragged, not numeric or complex, where entries are masked, or are whole numbers of more
            digits than a float64 has.
        """
        if _is_masked(value):
            where = _first(np.ma.getmaskarray(value)) if isinstance(value, np.ma.MaskedArray) else "some places"
            raise self.error(f"{name} is masked at {where}; {self.give} {layout}, with the masked samples left out")
        try:
            given = np.asarray(value)
        except (ValueError, TypeError, OverflowError, RuntimeError) as error:
            reason = " ".join(str(error).split())
            raise self.error(f"{name} is ragged or not an array ({reason}); {self.give} {layout}") from None
        if given.dtype.kind in "OUSV":
            example = given.reshape(-1)[:1].tolist()
            found = f"e.g. {shown(example[0])}" if example else "none at all"
            raise self.error(f"{name} holds text or objects ({found}); {self.give} {_real(layout)}")
        if given.dtype.kind not in "fiub":
            raise self.error(f"{name} holds numbers of type {given.dtype}; {self.give} {_real(layout)}")
        with np.errstate(over="ignore"):  # of an extended precision; it becomes an infinity
            array = np.array(given, dtype=np.float64, order="C")
        if given.dtype.kind in "iu" and given.dtype.itemsize == 8:
            lost = np.abs(array) >= MOST_DIGITS
            if lost.any():
                where = _first(lost)
                raise self.error(
                    f"{name} holds the whole number {given[where]} at index {where}, and from 2**53 on a float64 loses "
                    f"digits; {self.give} smaller numbers, or round them yourself by astype(float)"
                )
        return array


def _real(layout: str) -> str:
    """What is expected, said to be real."""
    return f"real {layout}" if layout.startswith("numbers") else f"real numbers, {layout}"


def _is_real(value: Any) -> bool:
    """Whether a value may be read as a real number: not text, which float() reads, nor a bool, nor complex."""
    if isinstance(value, np.ndarray | np.generic):
        return value.dtype.kind in "fiu" and not np.ma.is_masked(value)
    return not isinstance(value, bool | str | bytes | bytearray | memoryview) and "bool" not in str(
        getattr(value, "dtype", "")
    )


def _is_masked(value: Any, depth: int = 3) -> bool:
    """Whether any entry of a masked array, or of one in a list of lists, is masked."""
    if isinstance(value, list | tuple):
        return depth > 0 and any(_is_masked(entry, depth - 1) for entry in value)
    return isinstance(value, np.ma.MaskedArray) and bool(np.ma.is_masked(value))


def _first(where: Bool[np.ndarray, "*shape"]) -> tuple[int, ...]:
    """The index of the first entry that is true."""
    return tuple(int(i) for i in np.argwhere(where)[0])


def _range(above: float, least: float, below: float, most: float) -> str:
    """The bounds in words: "a finite number above 0", "a number in [0, 1)"."""
    lowest, highest = max(above, least), min(below, most)
    open_below, open_above = above >= least, below <= most
    if math.isinf(highest):
        bound = "" if math.isinf(lowest) else f" {'above' if open_below else 'of at least'} {lowest:g}"
        return f"a finite number{bound}"
    return f"a number in {'(' if open_below else '['}{lowest:g}, {highest:g}{')' if open_above else ']'}"


def _sizes(shape: Sequence[int | None]) -> str:
    if all(size is None for size in shape):
        return ""
    return f", here ({', '.join('any' if size is None else str(size) for size in shape)})"
