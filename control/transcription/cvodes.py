"""SUNDIALS' CVODES as the map across an interval: steps and orders of its own choice, for stiff dynamics."""

from dataclasses import dataclass
from typing import Any, ClassVar

import casadi as ca

from geodepth.control.model.errors import CHECKS, ProblemError

from .explicit_integrators import Rate


@dataclass(frozen=True, slots=True)
class Cvodes:
    """Backward differentiation formulas of variable order, 1 to 5.

    Attributes
    ----------
    relative, absolute : float, default 1e-10
        The tolerances that each interval is integrated to. The absolute one is in the units of every state and of the
        cost: where these are of 1e-9, give 1e-19.
    name : str
        For messages and statistics.

    Notes
    -----
    Each interval is differentiated twice by sensitivity equations: robust and slow. Where the dynamics are stiff but
    smooth, Radau IIA with its stages as variables is faster.
    Source: Hindmarsh et al., ACM TOMS 31, 2005.
    """

    relative: float = 1e-10
    absolute: float = 1e-10
    name: str = "CVODES"
    fractions: ClassVar[tuple[float, ...]] = ()
    quadrature: ClassVar[tuple[float, ...]] = ()
    traced_in_sx: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for which in ("relative", "absolute"):
            wanted = "a number between 0 and 1, such as 1e-10"
            CHECKS.number(f"Cvodes: {which}", getattr(self, which), above=0, below=1, wanted=wanted)

    def across(self, rate: Rate, state: Any, inner: list[Any], length: Any, symbols: list[Any]) -> tuple[Any, Any, Any]:
        """Carry a state across an interval, as `ExplicitRungeKutta.across` does; all are expressions of MX symbols."""
        inside, fraction = ca.MX.sym("state", state.shape[0]), ca.MX.sym("fraction")
        whole = length * rate(ca.vertcat(inside, 0), fraction)
        slopes = ca.Function("slopes", [inside, fraction, *symbols], [whole[:-1], whole[-1]])
        packed = ca.MX.sym("packed", sum(s.numel() for s in symbols))
        edges = [0]
        for symbol in symbols:
            edges.append(edges[-1] + symbol.numel())
        ode, cost = slopes(inside, fraction, *ca.vertsplit(packed, edges))
        # CasADi's Jacobians are undefined memory where no state is in them: each is put in, times a zero.
        nothing = ca.MX.sym("nothing")
        try:
            step = ca.integrator(
                "step",
                "cvodes",
                {
                    "x": inside,
                    "t": fraction,
                    "p": ca.vertcat(packed, nothing),
                    "ode": ode + nothing * inside,
                    "quad": cost + nothing * ca.sum1(inside),
                },
                0.0,
                1.0,
                {
                    "reltol": self.relative,
                    "abstol": self.absolute,
                    "quad_err_con": True,
                    "max_num_steps": 100000,
                    "disable_internal_warnings": True,
                    "show_eval_warnings": False,
                },
            )
        except RuntimeError as error:
            raise ProblemError("integrator 'cvodes' is missing from this CasADi; use 'radau'") from error
        end = step(x0=state, p=ca.vertcat(*symbols, 0))
        return end["xf"], end["qf"], type(state)(0, 1)
