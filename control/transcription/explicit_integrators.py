"""One-step maps with their order: what carries a state across one shooting interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from geodepth.control.model.errors import ProblemError, check_count

from .cvodes import Cvodes
from .implicit_integrators import ImplicitRungeKutta, gauss_legendre, radau_iia

Rate = Callable[[Any, float], Any]
"""(augmented state, fraction of the interval) -> its rate of change; the last entry is the running cost."""


@dataclass(frozen=True, slots=True)
class ExplicitRungeKutta:
    """An explicit Runge–Kutta method: Butcher's tableau, its order, and how many equal substeps an interval takes.

    Source: Hairer, Nørsett, Wanner, Solving Ordinary Differential Equations I, section II.1.
    """

    name: str
    order: int
    matrix: tuple[tuple[float, ...], ...]
    weights: tuple[float, ...]
    nodes: tuple[float, ...]
    substeps: int = 1

    def __post_init__(self) -> None:
        check_count("substeps", self.substeps)
        rows = (*self.matrix, self.weights, self.nodes)
        if not all(isinstance(row, tuple) and all(isinstance(a, int | float) for a in row) for row in rows):
            raise ProblemError("the tableau must hold rows of numbers, as tuples")
        stages = len(self.nodes)
        if stages == 0 or [len(row) for row in rows] != [*range(stages), stages, stages]:
            raise ProblemError(
                f"matrix has rows of {[len(row) for row in self.matrix]} numbers, for {len(self.weights)} weights and "
                f"{stages} nodes; an explicit method's row i holds i numbers, counted from 0"
            )

    def advance(self, rate: Rate, state: Any, length: Any) -> Any:
        """The augmented state after an interval of the given length."""
        step = length / self.substeps
        for substep in range(self.substeps):
            slopes: list[Any] = []
            for row, node in zip(self.matrix, self.nodes, strict=True):
                inner = state
                for coefficient, slope in zip(row, slopes, strict=True):
                    if coefficient:
                        inner = inner + step * coefficient * slope
                slopes.append(rate(inner, (substep + node) / self.substeps))
            total = sum(w * slope for w, slope in zip(self.weights, slopes, strict=True) if w)
            state = state + step * total
        return state


def euler(substeps: int = 1) -> ExplicitRungeKutta:
    """Explicit Euler, order 1. One step per interval makes multiple shooting the training problem of a network."""
    return ExplicitRungeKutta("explicit Euler", 1, ((),), (1.0,), (0.0,), substeps)


def rk4(substeps: int = 1) -> ExplicitRungeKutta:
    """The classic Runge–Kutta method, order 4."""
    matrix = ((), (0.5,), (0.0, 0.5), (0.0, 0.0, 1.0))
    return ExplicitRungeKutta("RK4", 4, matrix, (1 / 6, 1 / 3, 1 / 3, 1 / 6), (0.0, 0.5, 0.5, 1.0), substeps)


Integrator = ExplicitRungeKutta | ImplicitRungeKutta | Cvodes

_BY_NAME: dict[str, Callable[[], Integrator]] = {
    "euler": euler,
    "rk4": rk4,
    "gauss": gauss_legendre,
    "radau": radau_iia,
    "cvodes": Cvodes,
}


def integrator(name: str | Integrator) -> Integrator:
    """The integrator of this name, or the one given. Raises ProblemError for an unknown name.

    "euler", "rk4"; "gauss" has 2 stages (order 4) and "radau" 3 (order 5): `gauss_legendre` and `radau_iia` give more;
    "cvodes" is SUNDIALS' (see `Cvodes`).
    """
    if isinstance(name, Integrator):
        return name
    if not isinstance(name, str) or name not in _BY_NAME:
        raise ProblemError(f"integrator is {name!r}; choose one of {sorted(_BY_NAME)}")
    return _BY_NAME[name]()
