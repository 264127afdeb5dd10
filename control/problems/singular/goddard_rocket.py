"""Goddard's rocket: how to throttle through drag to the greatest height."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import casadi as ca
import numpy as np
from scipy.integrate import solve_ivp

from geodepth.control.model.problem import FreeTime, OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.costs import negative_first_state
from geodepth.control.problems.drawing import BLACK, BLUE, GREEN, ORANGE, Figure, Sheet
from geodepth.control.solution.solution import Solution
from geodepth.control.transcription.multiple_shooting import MultipleShooting
from geodepth.foundation.shapes import Float

DRAG, DENSITY_DECAY, EXHAUST = 310.0, 500.0, 0.5
"""D = 310 v² exp(−500 (h − 1)), m' = −T/0.5: in units of the earth's radius, its gravity and the rocket's mass."""
FULL_THRUST, EMPTY_MASS = 3.5, 0.6

Feedback = Callable[[Any], float]
"""What depends on (h, v, m): a thrust, or an event's distance."""


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """h' = v, v' = (T − D)/m − 1/h², m' = −2T."""
    height, speed, mass = x[0], x[1], x[2]
    drag = DRAG * speed**2 * ca.exp(-DENSITY_DECAY * (height - 1))
    return [speed, (u[0] - drag) / mass - 1 / height**2, -u[0] / EXHAUST]


def build(name: str = "goddard-rocket", fastest: float = 1.0) -> OptimalControlProblem:
    """States h (height), v (speed), m (mass); control thrust. Full thrust, a singular arc, none; `fastest` bounds v."""
    return OptimalControlProblem(
        name=name,
        states=("h", "v", "m"),
        controls=("thrust",),
        dynamics=dynamics,
        terminal_cost=negative_first_state,
        initial_state={"h": 1.0, "v": 0.0, "m": 1.0},
        final_state={"m": EMPTY_MASS},
        # Wide for m, which the dynamics bound: m ≥ 0.6, an equality after the burn, would share the costate.
        state_bounds={"h": (1.0, 2.0), "v": (0.0, fastest), "m": (0.5, 1.5)},
        control_bounds={"thrust": (0.0, FULL_THRUST)},
        final_time=FreeTime(guess=0.2, lower=0.05, upper=1.0),
    )


@dataclass(frozen=True, slots=True)
class _Until:
    """An event of SciPy's solve_ivp at which the integration ends."""

    distance: Feedback
    terminal: bool = True

    def __call__(self, t: float, y: Float[np.ndarray, " 3"]) -> float:
        return self.distance(y)


@dataclass(frozen=True, slots=True)
class Arcs:
    """The flight put together from its known arcs: the times at which they change, the last of them the end."""

    switches: tuple[float, ...]
    final_height: float


def arcs(fastest: float | None = None) -> Arcs:
    """The optimum by its structure: full thrust, singular arc, the bound `fastest` on v if there is one, then none.

    The final time is free, so the Hamiltonian is zero, and the singular arc lies on the surface D (1 + v/c) = m/h² of
    the state space (Bryson and Ho, section 8.4): no costate is needed. Each arc ends where an event says, and is
    integrated to 1e-13.
    """
    state, times = np.array([1.0, 0.0, 1.0]), [0.0]
    plan: list[tuple[Feedback, Feedback]] = [(lambda y: FULL_THRUST, _surface)]
    if fastest is None:
        plan += [(_singular, _fuel_left)]
    else:
        plan += [(_singular, lambda y: float(fastest - y[1])), (_holding_speed, _fuel_left)]
    plan += [(lambda y: 0.0, lambda y: float(y[1]))]
    for thrust, event in plan:
        rates, until = partial(_rates, thrust), _Until(event)
        flown = solve_ivp(rates, (times[-1], 1.0), state, method="DOP853", rtol=1e-13, atol=1e-14, events=until)
        state = flown.y[:, -1]
        times.append(float(flown.t[-1]))
    return Arcs(tuple(times[1:]), float(state[0]))


def optimum() -> float:
    """The final height of the known sequence of arcs."""
    return arcs().final_height


def _drag(y: Float[np.ndarray, " 3"]) -> float:
    return float(DRAG * y[1] ** 2 * math.exp(-DENSITY_DECAY * (y[0] - 1)))


def _rates(thrust: Feedback, t: float, y: Float[np.ndarray, " 3"]) -> list[float]:
    return dynamics(y, [thrust(y)], t, None)


def _fuel_left(y: Float[np.ndarray, " 3"]) -> float:
    return float(y[2] - EMPTY_MASS)


def _surface(y: Float[np.ndarray, " 3"]) -> float:
    return float(_drag(y) * (1 + y[1] / EXHAUST) - y[2] / y[0] ** 2)


def _singular(y: Float[np.ndarray, " 3"]) -> float:
    """The thrust that stays on the surface: its time derivative, linear in the thrust, is zero."""
    h, v, m = y
    drag = _drag(y)
    by_height = -DENSITY_DECAY * drag * (1 + v / EXHAUST) + 2 * m / h**3
    by_speed = 2 * drag / v * (1 + v / EXHAUST) + drag / EXHAUST
    by_mass = -1 / h**2
    return float((by_speed * (drag / m + 1 / h**2) - by_height * v) / (by_speed / m - by_mass / EXHAUST))


def _holding_speed(y: Float[np.ndarray, " 3"]) -> float:
    return float(_drag(y) + y[2] / y[0] ** 2)


def guessed_speed(t: float) -> float:
    """A hump over the guessed flight."""
    return max(0.5 * t * (0.2 - t) / 0.2, 0.0)


def plot(solution: Solution, fastest: float | None = None) -> Figure:
    """Altitude, speed with its bound if there is one, mass, and the thrust with the drag that it fights."""
    title = f"Goddard's rocket: greatest height {-solution.cost:.8g}"
    sheet = Sheet(solution, title, rows=2, columns=2, sharex=True, size=(9, 5.5))
    path = sheet.path
    height, speed = path.states[:, 0], path.states[:, 1]
    sheet.axes[0].plot(path.times, height - 1, color=BLUE)
    sheet.axes[0].set_ylabel("altitude h − 1 (earth radii)")
    sheet.state(1, "v", GREEN, ylabel="speed v")
    if fastest is not None:
        sheet.axes[1].axhline(fastest, color=BLACK, ls="--", lw=1, label="bound")
    sheet.state(2, "m", ORANGE, xlabel="time", ylabel="mass m")
    sheet.control(3, "thrust", "thrust", xlabel="time", ylabel="force")
    drag = DRAG * speed**2 * np.exp(-DENSITY_DECAY * (height - 1))
    sheet.axes[3].plot(path.times, drag, color=BLACK, ls="--", lw=1, label="drag")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="goddard-rocket",
    title="Goddard's rocket",
    statement="h' = v, v' = (T − 310v²exp(−500(h − 1)))/m − 1/h², m' = −2T, 0 ≤ T ≤ 3.5; (1, 0, 1) → m = 0.6; "
    "maximize the final height",
    source="Goddard, 1919; COPS 3.0",
    reference=1.012838,
    published="1.01283 (COPS, 400 intervals)",
    build=build,
    quantity="final height",
    plot=plot,
    units={"time": "", "h": "", "v": "", "m": "", "thrust": ""},
    unit="earth radii",
    guess={"h": (1.0, 1.01), "v": guessed_speed, "m": (1.0, EMPTY_MASS), "thrust": 1.75},
    method=MultipleShooting("rk4", control="constant"),
    intervals=200,
    tolerance=1e-10,
    accuracy=2e-6,
    exact=optimum,
    sign=-1,
)
