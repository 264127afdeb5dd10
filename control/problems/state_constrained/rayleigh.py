"""Rayleigh's oscillator, an electric circuit with a tunnel diode, under a mixed bound on control and state."""

from functools import partial
from typing import Any

import numpy as np

from geodepth.control.model.problem import OptimalControlProblem, PathConstraint
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import BLACK, GREEN, Figure, Sheet
from geodepth.control.solution.solution import Solution
from geodepth.foundation.shapes import Float

HORIZON = 4.5


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """x1' = x2, x2' = −x1 + x2 (1.4 − 0.14 x2²) + 4u."""
    return [x[1], -x[0] + x[1] * (1.4 - 0.14 * x[1] ** 2) + 4 * u[0]]


def square(x: Any, u: Any, t: Any, p: Any) -> Any:
    """l = u² + x1²."""
    return u[0] ** 2 + x[0] ** 2


def mixed(x: Any, u: Any, t: Any, p: Any) -> Any:
    """u + x1/6, which must not be positive."""
    return u[0] + x[0] / 6


def build() -> OptimalControlProblem:
    """States x1 (current), x2 (its rate) and control u (voltage), dimensionless; u + x1/6 ≤ 0."""
    return OptimalControlProblem(
        name="rayleigh",
        states=("x1", "x2"),
        controls=("u",),
        dynamics=dynamics,
        running_cost=square,
        initial_state={"x1": -5.0, "x2": -5.0},
        path_constraints=(PathConstraint(mixed, upper=0.0),),
        final_time=HORIZON,
    )


def optimum() -> tuple[float, tuple[float, ...]]:
    """The cost, and the times at which the control meets or leaves its bound, by indirect shooting.

    H = u² + x1² + λ1 x2 + λ2 (−x1 + x2 (1.4 − 0.14 x2²) + 4u) is least for u = min(−2λ2, −x1/6), and the bound's
    multiplier μ = −2u − 4λ2 ≥ 0 enters λ1' = −∂H/∂x1 − μ/6. Both costates are sought that vanish at the end.
    """
    from scipy.optimize import fsolve

    # Near enough for Newton's method; the first costates of a coarse collocation solution.
    start, _, ended, _ = fsolve(lambda s: _shot(s)[0][2:4], (-10.68, -4.19), xtol=1e-13, full_output=True)
    if ended not in (1, 4, 5):
        raise ArithmeticError("the indirect solution of Rayleigh's problem was not found")
    final, corners = _shot(start)
    return float(final[4]), corners


def _shot(costates: Float[np.ndarray, " 2"]) -> tuple[Float[np.ndarray, " 5"], tuple[float, ...]]:
    """x, λ and the cost at the end of the optimal flow from these first costates, and where the control has corners."""
    from scipy.integrate import solve_ivp

    def flow(t: float, y: Float[np.ndarray, " 5"]) -> list[float]:
        x1, x2, first, second, _ = y
        u = min(-2 * second, -x1 / 6)
        bound = max(-2 * u - 4 * second, 0.0)
        slopes = dynamics(y[:2], [u], t, None)
        return [*slopes, -2 * x1 + second - bound / 6, -first - second * (1.4 - 0.42 * x2**2), u**2 + x1**2]

    def gap(t: float, y: Float[np.ndarray, " 5"]) -> float:
        return float(y[0] / 6 - 2 * y[3])

    gap.terminal = True  # type: ignore[attr-defined]
    time, y, corners = 0.0, np.array([-5.0, -5.0, *costates, 0.0]), []
    arc = partial(solve_ivp, flow, method="DOP853", rtol=1e-12, atol=1e-13)
    while time < HORIZON:
        piece = arc((time, HORIZON), y, events=gap)
        if piece.status == 1:
            corners.append(float(piece.t[-1]))
            # A little beyond the corner, lest it is found again.
            piece = arc((piece.t[-1], min(HORIZON, piece.t[-1] + 1e-6)), piece.y[:, -1])
        time, y = piece.t[-1], piece.y[:, -1]
    return y, tuple(corners)


def plot(solution: Solution) -> Figure:
    """States, and the control under its moving bound −x1/6."""
    sheet = Sheet(solution, f"Rayleigh's oscillator: cost {solution.cost:.9g}", rows=2, sharex=True)
    sheet.state(0, "x1", label="x1", ylabel="states")
    sheet.state(0, "x2", GREEN, label="x2")
    sheet.control(1, "u", "u", xlabel="time", ylabel="control u")
    path = sheet.path
    sheet.axes[1].plot(path.times, -path.states[:, 0] / 6, color=BLACK, ls="--", lw=1, label="bound −x1/6")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="rayleigh",
    title="Rayleigh's oscillator, mixed bound",
    statement="x1' = x2, x2' = −x1 + x2(1.4 − 0.14x2²) + 4u, u + x1/6 ≤ 0; (−5, −5), T = 4.5; minimize ∫u² + x1²",
    source="Maurer and Augustin, 2001; Betts, Practical Methods for Optimal Control, problem 10.113",
    reference=44.804444908,
    reference_source="indirect shooting",
    published="44.8044433",
    build=build,
    plot=plot,
    units={"time": "", "x1": "", "x2": "", "u": ""},
    guess={"x1": (-5.0, 0.0), "x2": (-5.0, 0.0), "u": 0.0},
    intervals=450,
    accuracy=5e-6,
)
