"""The integrators that a method can be given, by name."""

from collections.abc import Callable

from geodepth.control.model.errors import ProblemError

from .cvodes import Cvodes
from .explicit_integrators import ExplicitRungeKutta, StatedMap, euler, rk4
from .implicit_integrators import ImplicitRungeKutta, gauss_legendre, radau_iia

Integrator = ExplicitRungeKutta | ImplicitRungeKutta | Cvodes | StatedMap
"""What carries a state across an interval.

Each has a `name`; `fractions` and `quadrature`, of the stages whose states are variables, and empty where none are;
`traced_in_sx`, whether CasADi's SX can hold it; and `across` (see ExplicitRungeKutta.across).
To add one: write its class, and enter it here and below."""

_BY_NAME: dict[str, Callable[[], Integrator]] = {
    "euler": euler,
    "rk4": rk4,
    "gauss": gauss_legendre,
    "radau": radau_iia,
    "cvodes": Cvodes,
    "map": StatedMap,
}


def integrator(name: str | Integrator) -> Integrator:
    """The integrator of this name, or the one given.

    Parameters
    ----------
    name : str or Integrator
        "euler"; "rk4"; "gauss" with 2 stages (order 4) and "radau" with 3 (order 5), of which `gauss_legendre` and
        `radau_iia` give more; "cvodes", SUNDIALS' (see `Cvodes`); "map", the problem's own x_next.

    Raises
    ------
    ProblemError
        For an unknown name.
    """
    if isinstance(name, Integrator):
        return name
    if not isinstance(name, str) or name not in _BY_NAME:
        raise ProblemError(f"integrator is {name!r:.80}; choose one of {sorted(_BY_NAME)}")
    return _BY_NAME[name]()
