"""Private, read-only copies of what a record is given, so that nothing that happens to the original reaches it."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, NoReturn

import numpy as np


class FrozenDict(dict[Any, Any]):
    """A dictionary that refuses to be changed."""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("this dictionary belongs to a record, which does not change; make a new record")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenDict, (dict(self),)


def frozen(value: Any) -> Any:
    """A read-only copy.

    Parameters
    ----------
    value : object
        Mappings become dictionaries that refuse changes, lists tuples, sets frozen sets, and arrays read-only copies;
        so does what they hold. All else stays what it is.
    """
    if isinstance(value, FrozenDict):
        return value
    if isinstance(value, Mapping):
        return FrozenDict({key: frozen(each) for key, each in value.items()})
    if isinstance(value, list) or type(value) is tuple:
        return tuple(frozen(each) for each in value)
    if isinstance(value, set):
        return frozenset(value)
    if isinstance(value, np.ndarray) and value.ndim:
        copy = np.array(value, subok=True)
        copy.flags.writeable = False
        return copy
    return value


def freeze_fields(record: Any) -> None:
    """Put read-only copies in place of all that a dataclass was given; call it first in `__post_init__`."""
    for field in fields(record):
        if field.init:
            object.__setattr__(record, field.name, frozen(getattr(record, field.name)))
