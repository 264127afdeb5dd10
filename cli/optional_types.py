"""How options that may be left out are shown in a command's help: as what they take, INT, and not as {None}|INT."""

import types
from dataclasses import replace
from typing import Any, Union, get_args, get_origin

from tyro.constructors import ConstructorRegistry, PrimitiveConstructorSpec, PrimitiveTypeInfo

REGISTRY = ConstructorRegistry()
"""For tyro."""


@REGISTRY.primitive_rule
def optional(asked: PrimitiveTypeInfo) -> PrimitiveConstructorSpec[Any] | None:
    """The rule of `T | None`: it is read and shown as T.

    Parameters
    ----------
    asked : PrimitiveTypeInfo
        An option's type.

    Returns
    -------
    PrimitiveConstructorSpec or None
        None for other types.
    """
    kinds = get_args(asked.type)
    if get_origin(asked.type) not in (Union, types.UnionType) or type(None) not in kinds:
        return None
    inner: Any = Union[tuple(kind for kind in kinds if kind is not type(None))]  # noqa: UP007  made of a tuple
    spec = ConstructorRegistry.get_primitive_spec(PrimitiveTypeInfo.make(inner, asked.markers))
    if not isinstance(spec, PrimitiveConstructorSpec):
        return None
    return replace(
        spec,
        metavar=spec.metavar.replace("{", "").replace("}", "") if spec.nargs == "*" else spec.metavar,
        is_instance=lambda value: value is None or spec.is_instance(value),
        str_from_instance=lambda value: ["none"] if value is None else spec.str_from_instance(value),
    )
