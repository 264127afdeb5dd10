"""The library's record: a classic problem with its statement, source and optimum."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from ..errors import ProblemError
from ..mesh import Mesh
from ..multiple_shooting import MultipleShooting
from ..problem import OptimalControlProblem


@dataclass(frozen=True, slots=True)
class ClassicProblem:
    """A problem to solve by name.

    reference: the optimum to compare with, and where it comes from; digits: how many of its digits the default mesh
    reaches. sign: −1 where the source maximizes and the problem minimizes the negative.
    """

    name: str
    title: str
    statement: str
    source: str
    reference: float
    reference_source: str
    build: Callable[[], OptimalControlProblem]
    quantity: str
    unit: str = ""
    guess: Mapping[str, Any] | None = None
    method: MultipleShooting = field(default_factory=lambda: MultipleShooting("rk4", control="linear"))
    intervals: int = 40
    sign: int = 1

    @property
    def mesh(self) -> Mesh:
        return Mesh.uniform(self.intervals)


_MODULES = {
    "brachistochrone": "brachistochrone",
    "double-integrator-energy": "double_integrator_energy",
    "van-der-pol-state-bound": "van_der_pol_state_bound",
}


def names() -> tuple[str, ...]:
    """Names of all problems of the library, in order."""
    return tuple(_MODULES)


def load(name: str) -> ClassicProblem:
    """The problem of this name. Raises ProblemError that lists the names when there is none."""
    if name not in _MODULES:
        raise ProblemError(f"there is no problem {name!r}; the library has {', '.join(_MODULES)}")
    problem: ClassicProblem = import_module(f"..{_MODULES[name]}", __name__).PROBLEM
    return problem
