"""Shapes in types, for readers and type checkers alone: at run time these names cost nothing and check nothing."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaxtyping import Bool as Bool
    from jaxtyping import Float as Float
    from jaxtyping import Int as Int
    from jaxtyping import Int8 as Int8
else:

    class _Shaped:
        def __class_getitem__(cls, array_and_shape):
            return array_and_shape[0]

    Bool = Float = Int = Int8 = _Shaped
