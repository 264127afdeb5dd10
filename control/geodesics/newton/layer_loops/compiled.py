"""Loops compiled to machine code by Numba, once per machine and version.

Matrices of a geodesic are so small that NumPy's calls cost more than their arithmetic. The first call of a compiled
function takes seconds; its machine code is kept beside its file, or in the user's cache folder, for later processes.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])
FREEDOMS = {"reassoc", "contract"}
"""What the compiler may change: the order of sums, and products fused into them. NaN keeps its meaning."""


def compiled(function: Function) -> Function:
    """Compile a function at its first call with arrays of each type.

    Notes
    -----
    Where no folder can be written, each process compiles for itself.
    """
    settings: dict[str, Any] = {"fastmath": FREEDOMS, "error_model": "numpy", "nogil": True}
    try:
        return njit(cache=True, **settings)(function)  # type: ignore[no-any-return]
    except RuntimeError:
        return njit(**settings)(function)  # type: ignore[no-any-return]
