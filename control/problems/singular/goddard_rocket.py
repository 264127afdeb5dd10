"""Goddard's rocket: how to throttle through drag to the greatest height."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import casadi as ca
import numpy as np
from scipy.integrate import solve_ivp

from geodepth.control.model.problem import FreeTime, OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    Figure,
    draw_control,
    draw_state,
    fine,
    finished,
    panels,
)
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


def lost_height(x: Any, t: Any, p: Any) -> Any:
    return -x[0]


def build(name: str = "goddard-rocket", fastest: float = 1.0) -> OptimalControlProblem:
    """States h (height), v (speed), m (mass); control thrust. Full thrust, a singular arc, none; `fastest` bounds v."""
    return OptimalControlProblem(
        name=name,
        states=("h", "v", "m"),
        controls=("thrust",),
        dynamics=dynamics,
        terminal_cost=lost_height,
        initial_state={"h": 1.0, "v": 0.0, "m": 1.0},
        final_state={"m": EMPTY_MASS},
        # Wide for m, which the dynamics bound: m ≥ 0.6, an equality after the burn, would share the costate.
        state_bounds={"h": (1.0, 2.0), "v": (0.0, fastest), "m": (0.5, 1.5)},
        control_bounds={"thrust": (0.0, FULL_THRUST)},
        final_time=FreeTime(guess=0.2, lower=0.05, upper=1.0),
    )


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
    plan: list[tuple[Feedback, Feedback]] = [(_full, _surface)]
    if fastest is None:
        plan += [(_singular, _fuel_left)]
    else:
        plan += [(_singular, partial(_below, fastest)), (_holding_speed, _fuel_left)]
    for thrust, event in [*plan, (_none, _climbing)]:
        until = partial(_event, event)
        # solve_ivp reads this attribute off its event functions.
        until.terminal = True  # type: ignore[attr-defined]
        flown = solve_ivp(
            partial(_rates, thrust), (times[-1], 1.0), state, method="DOP853", rtol=1e-13, atol=1e-14, events=until
        )
        state = flown.y[:, -1]
        times.append(float(flown.t[-1]))
    return Arcs(tuple(times[1:]), float(state[0]))


def optimum() -> float:
    return arcs().final_height


def _drag(y: Float[np.ndarray, " 3"]) -> float:
    return float(DRAG * y[1] ** 2 * math.exp(-DENSITY_DECAY * (y[0] - 1)))


def _rates(thrust: Feedback, t: float, y: Float[np.ndarray, " 3"]) -> list[float]:
    force = thrust(y)
    return [y[1], (force - _drag(y)) / y[2] - 1 / y[0] ** 2, -force / EXHAUST]


def _event(value: Feedback, t: float, y: Float[np.ndarray, " 3"]) -> float:
    distance: float = value(y)
    return distance


def _full(y: Float[np.ndarray, " 3"]) -> float:
    return FULL_THRUST


def _none(y: Float[np.ndarray, " 3"]) -> float:
    return 0.0


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


def _fuel_left(y: Float[np.ndarray, " 3"]) -> float:
    return float(y[2] - EMPTY_MASS)


def _below(fastest: float, y: Float[np.ndarray, " 3"]) -> float:
    return float(fastest - y[1])


def _climbing(y: Float[np.ndarray, " 3"]) -> float:
    return float(y[1])


def guessed_speed(t: float) -> float:
    """A hump over the guessed flight."""
    return max(0.5 * t * (0.2 - t) / 0.2, 0.0)


GUESS: Mapping[str, Any] = {"h": (1.0, 1.01), "v": guessed_speed, "m": (1.0, EMPTY_MASS), "thrust": 1.75}
UNITS: Mapping[str, str] = {"time": "", "h": "", "v": "", "m": "", "thrust": ""}


def plot(solution: Solution) -> Figure:
    """Altitude, speed, mass, and the thrust with the drag that it fights."""
    title = f"Goddard's rocket: greatest height {-solution.cost:.8g}"
    figure, axes = panels(title, rows=2, columns=2, sharex=True, size=(9, 5.5))
    path = fine(solution)
    height, speed = path.states[:, 0], path.states[:, 1]
    axes[0].plot(path.times, height - 1, color=BLUE)
    axes[0].set_ylabel("altitude h − 1 (earth radii)")
    draw_state(axes[1], solution, "v", GREEN, ylabel="speed v")
    draw_state(axes[2], solution, "m", ORANGE, xlabel="time", ylabel="mass m")
    draw_control(axes[3], solution, "thrust", "thrust", xlabel="time", ylabel="force")
    drag = DRAG * speed**2 * np.exp(-DENSITY_DECAY * (height - 1))
    axes[3].plot(path.times, drag, color=BLACK, ls="--", lw=1, label="drag")
    return finished(figure)


PROBLEM = ClassicProblem(
    name="goddard-rocket",
    title="Goddard's rocket",
    statement="h' = v, v' = (T − 310v²exp(−500(h − 1)))/m − 1/h², m' = −2T, 0 ≤ T ≤ 3.5; (1, 0, 1) → m = 0.6; "
    "maximize the final height",
    source="Goddard, 1919; COPS 3.0",
    reference=1.012838,
    reference_source="Radau collocation on a fine mesh",
    published="1.01283 (COPS, 400 intervals)",
    build=build,
    quantity="final height",
    plot=plot,
    units=UNITS,
    unit="earth radii",
    guess=GUESS,
    method=MultipleShooting("rk4", control="constant"),
    intervals=200,
    tolerance=1e-10,
    accuracy=2e-6,
    exact=optimum,
    sign=-1,
)
