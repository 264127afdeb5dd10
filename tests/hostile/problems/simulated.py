"""What a solution does, found without the product: its controls simulated by SciPy, and every constraint looked at."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp

from geodepth.control import Solution

from .draws import Draw

FRACTIONS = (0.0, 0.13, 0.29, 0.5, 0.71, 0.87, 1.0)
"""Of every interval, where the constraints are looked at."""
MOST_EVALUATIONS = 5000
"""Of the slopes of all intervals at once: what solutions take is a few hundred."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """All without units.

    Attributes
    ----------
    cost
        Of the simulated path, mended to first order by the costates where intervals do not meet.
    size
        Of the cost: the integral of |l| plus |m|, at most a hundredfold of |cost|.
    jumps
        Where intervals end, minus where the next begins, relative to the state's size along the path.
    ends
        How far given ends are missed.
    nodes
        By how much bounds and path constraints are violated at the nodes and control points.
    between
        By how much state bounds and path constraints are violated along the simulated path, relative to what they
        change by when states and controls change by their sizes. Where a control is in them, the mean over time.
    beyond
        By how much controls leave their bounds between their points, the mean over time; the simulation holds them.
    """

    cost: float
    size: float
    jumps: float
    ends: float
    nodes: float
    between: float
    beyond: float


def simulate(draw: Draw, solution: Solution) -> Simulated:
    """Simulate every interval from its node under its controls, by DOP853 at a relative tolerance of 1e-10."""
    assert draw.units is not None
    units, count = draw.units, solution.times.size - 1
    states, times = solution.states / np.array(units.states), solution.times / units.time
    values, points = solution.control_values / np.array(units.controls), np.asarray(solution.control_points, float)
    p = [solution.parameters[f"p{i}"] for i in range(len(draw.parameters))]
    lengths = np.diff(times)
    coefficients = np.linalg.solve(
        np.vander(points, increasing=True), np.moveaxis(values, 0, -1).reshape(points.size, -1)
    )
    coefficients = coefficients.reshape(points.size, draw.nu, count)

    lower, upper = (
        np.array([draw.control_bounds.get(k, (-np.inf, np.inf))[side] for k in range(draw.nu)]) for side in (0, 1)
    )

    def polynomial(fraction: float) -> np.ndarray:
        return np.asarray(np.einsum("s,suk->uk", fraction ** np.arange(points.size), coefficients))

    def control(fraction: float) -> np.ndarray:
        # Between its points a control's polynomial may leave the bounds: what is admissible is held to them.
        return np.asarray(np.clip(polynomial(fraction), lower[:, None], upper[:, None]))

    def running(x: np.ndarray, u: np.ndarray, t: np.ndarray) -> np.ndarray:
        return np.zeros(count) + (draw.running(list(x), list(u), t, p) if draw.running else 0.0)

    evaluations = 0

    def rate(fraction: float, stacked: np.ndarray) -> np.ndarray:
        nonlocal evaluations
        evaluations += 1
        if evaluations > MOST_EVALUATIONS:
            raise ArithmeticError("an iterate too wild to simulate")
        x, u, t = stacked.reshape(draw.nx + 2, count)[:-2], control(fraction), times[:-1] + fraction * lengths
        slopes = [np.zeros(count) + slope for slope in draw.dynamics(list(x), list(u), t, p)]
        cost = running(x, u, t)
        return np.concatenate([lengths * row for row in [*slopes, cost, np.abs(cost)]])

    start = np.concatenate([states[:-1].T.ravel(), np.zeros(2 * count)])
    nothing = Simulated(np.nan, np.nan, np.inf, np.inf, np.inf, np.inf, np.inf)
    if not np.all(np.isfinite(start)) or not np.all(np.isfinite(values)):
        return nothing
    with np.errstate(all="ignore"):
        try:
            found = solve_ivp(rate, (0.0, 1.0), start, "DOP853", FRACTIONS, rtol=1e-10, atol=1e-12)
        except ArithmeticError:
            return nothing
        if not found.success or not np.all(np.isfinite(found.y)):
            return nothing
    inside = found.y.T.reshape(len(FRACTIONS), draw.nx + 2, count)
    defects = inside[-1, : draw.nx].T - states[1:]
    size = np.maximum(np.max(np.abs(states), axis=0), 1e-3)
    terminal = float(draw.terminal(list(states[-1]), times[-1], p)) if draw.terminal else 0.0
    costates = solution.costates[1:] * np.array(units.states) / units.cost
    cost = float(np.sum(inside[-1, -2])) + terminal + float(np.sum(costates * defects))
    raw = np.array([polynomial(s) for s in FRACTIONS])
    x = np.moveaxis(inside[:, : draw.nx], 1, 0).reshape(draw.nx, -1)
    u = np.moveaxis(np.array([control(s) for s in FRACTIONS]), 1, 0).reshape(draw.nu, -1)
    t = np.ravel([times[:-1] + s * lengths for s in FRACTIONS])
    given = [abs(states[0, i] - v) for i, v in draw.initial.items()]
    given += [abs(states[-1, i] - v) for i, v in draw.final.items()]
    _, earliest, latest = draw.final_time if isinstance(draw.final_time, tuple) else (draw.final_time,) * 3
    given.append(max(earliest - times[-1], times[-1] - latest))
    at_points = [_excess(values[:, s].T, draw.control_bounds) for s in range(points.size)]
    return Simulated(
        cost=cost,
        size=min(float(np.sum(inside[-1, -1])) + abs(terminal), 100 * abs(cost)) if cost else 0.0,
        jumps=float(np.max(np.abs(defects) / size)),
        ends=float(max(given)),
        nodes=max(_excess(states.T, draw.state_bounds), *at_points),
        between=max(_excess(x, draw.state_bounds, relative=True), _broken(draw, x, u, t, p)),
        beyond=float(np.mean([_excess(raw[i], draw.control_bounds) for i in range(len(FRACTIONS))])),
    )


def _excess(values: np.ndarray, bounds: Mapping[int, tuple[float, float]], relative: bool = False) -> float:
    """The largest violation of bounds by rows of values, all of order one; or relative to each row's largest value."""
    worst = 0.0
    for i, (low, high) in bounds.items():
        size = max(1e-3, float(np.max(np.abs(values[i])))) if relative else 1.0
        worst = max(worst, float(np.max(np.maximum(low - values[i], values[i] - high))) / size)
    return worst


def _broken(draw: Draw, x: np.ndarray, u: np.ndarray, t: np.ndarray, p: list[float]) -> float:
    """The largest relative violation of path constraints."""
    worst, moved = 0.0, [(a, i) for a in (x, u) for i in range(len(a))]
    for g, low, high in draw.path:
        value, change, controlled = np.array(g(list(x), list(u), t, p)), np.zeros_like(t), False
        for array, i in moved:
            shift = float(np.max(np.abs(array[i])))
            array[i] += shift
            moves = np.abs(g(list(x), list(u), t, p) - value)
            array[i] -= shift
            change += moves
            controlled |= array is u and bool(moves.any())
        violations = np.maximum(0.0, np.maximum(low - value, value - high))
        violation = float(np.mean(violations) if controlled else np.max(violations))
        worst = max(worst, violation / max(1e-3, float(np.max(change))))
    return worst
