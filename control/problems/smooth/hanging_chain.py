"""The hanging chain: the shape of least potential energy of a chain whose length is given."""

from typing import Any

import casadi as ca
import numpy as np
from scipy.integrate import quad
from scipy.optimize import fsolve

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.model.reductions.integral_constraints import IntegralConstraint
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import Figure, Sheet
from geodepth.control.solution.solution import Solution

LEFT, RIGHT, LENGTH = 1.0, 3.0, 4.0


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """The height's rate is the slope."""
    return [u[0]]


def length(x: Any, u: Any, t: Any, p: Any) -> Any:
    """√(1 + slope²), whose integral is the length."""
    return ca.sqrt(1 + u[0] ** 2)


def energy(x: Any, u: Any, t: Any, p: Any) -> Any:
    """l = height √(1 + slope²)."""
    return x[0] * length(x, u, t, p)


def catenary() -> tuple[float, float, float]:
    """a, b, c of the height c + a cosh((t − b)/a) through both ends, of the given length."""

    def misses(z: np.ndarray) -> list[float]:
        a, b, c = z
        ends = [c + a * np.cosh((t - b) / a) for t in (0.0, 1.0)]
        return [ends[0] - LEFT, ends[1] - RIGHT, a * (np.sinh((1 - b) / a) + np.sinh(b / a)) - LENGTH]

    a, b, c = fsolve(misses, [0.2, 0.4, 0.5], xtol=1e-12)
    return float(a), float(b), float(c)


def optimum() -> float:
    """The energy of the catenary."""
    a, b, c = catenary()
    return float(quad(lambda t: (c + a * np.cosh((t - b) / a)) * np.cosh((t - b) / a), 0, 1, epsabs=1e-13)[0])


def build() -> OptimalControlProblem:
    """State height and control slope; "time" is the distance along the ground."""
    return OptimalControlProblem(
        name="hanging-chain",
        states=("height",),
        controls=("slope",),
        dynamics=dynamics,
        running_cost=energy,
        initial_state={"height": LEFT},
        final_state={"height": RIGHT},
        integral_constraints=[IntegralConstraint(length, LENGTH, LENGTH)],
        control_bounds={"slope": (-20.0, 20.0)},
    )


def plot(solution: Solution) -> Figure:
    """The chain, and its slope."""
    sheet = Sheet(solution, f"Hanging chain: energy {solution.cost:.8g}", rows=2, sharex=True)
    sheet.state(0, "height", ylabel="height")
    sheet.control(1, "slope", xlabel="distance", ylabel="slope")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="hanging-chain",
    title="Hanging chain",
    statement="x' = u, |u| ≤ 20; 1 → 3 over a distance of 1; ∫√(1 + u²) = 4; minimize ∫x√(1 + u²)",
    source="Galilei, 1638; Huygens, Leibniz and Johann Bernoulli, 1691; COPS 3.0",
    reference=5.068480111,
    reference_source="the catenary",
    published="5.06848 (COPS)",
    build=build,
    quantity="energy",
    plot=plot,
    units=dict.fromkeys(("time", "height", "slope", "integral_constraints[0]"), ""),
    guess={"slope": (-8.0, 10.0)},
    intervals=200,
    solvers=("ipopt",),
    exact=optimum,
)
