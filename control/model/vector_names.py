"""Names of vectors: "q[3]" stands for the three entries "q[0]", "q[1]" and "q[2]", and "q" for all of them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .errors import ProblemError

MOST_ENTRIES = 10_000
"""Of a vector (chosen by hand): more are a slip of the hand."""


def entry_names(names: Sequence[str]) -> tuple[str, ...]:
    """The names with every vector written out; entries that are written out already stay."""
    found: list[str] = []
    for name in names:
        match = re.fullmatch(r"(.+)\[(\d+)\]", name)
        if match is None or f"{match[1]}[0]" in names:
            found.append(name)
            continue
        count = int(match[2])
        if count > MOST_ENTRIES:
            raise ProblemError(f"{name!r} has {count} entries; give at most {MOST_ENTRIES}")
        found += [f"{match[1]}[{i}]" for i in range(count)]
    return tuple(found)


def entries_of(name: object, names: Sequence[str]) -> tuple[str, ...]:
    """The entries of the vector of this name, none where it is no vector's."""
    if not isinstance(name, str) or name in names:
        return ()
    return tuple(n for n in names if re.fullmatch(re.escape(name) + r"\[\d+\]", n))


def by_entry(which: str, given: Mapping[str, Any] | None, names: Sequence[str], pairs: bool = False) -> Any:
    """A mapping with what it says of vectors said of their entries.

    Parameters
    ----------
    which : str
        The argument, for messages.
    given : mapping or None
        From names of vectors or entries to one value for all entries, or as many as there are.
    names : sequence of str
        With vectors written out.
    pairs : bool, default False
        Values are pairs (lower, upper), of which each side may be a sequence.

    Raises
    ------
    ProblemError
        A sequence has another length than the vector.
    """
    if given is None or all(name in names or not isinstance(name, str) for name in given):
        return given
    found: dict[str, Any] = {}
    for name, value in given.items():
        entries = entries_of(name, names)
        if not entries:
            found[name] = value
        elif pairs and isinstance(value, tuple | list) and len(value) == 2:
            sides = [_spread(which, name, side, len(entries)) for side in value]
            found |= _unless_given(given, entries, list(zip(*sides, strict=True)))
        else:
            found |= _unless_given(given, entries, _spread(which, name, value, len(entries)))
    return found


def _unless_given(given: Mapping[str, Any], entries: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    """What is said of an entry goes before what is said of its vector, in whichever order."""
    return {entry: value for entry, value in zip(entries, values, strict=True) if entry not in given}


def _spread(which: str, name: str, value: Any, count: int) -> list[Any]:
    if not isinstance(value, tuple | list) and getattr(value, "ndim", 0) == 0:
        return [value] * count
    if len(value) != count:
        raise ProblemError(
            f"{which}[{name!r}] has {len(value)} values; give one for all, or one for each of its {count}"
        )
    return list(value)
