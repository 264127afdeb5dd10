"""Bounds and path constraints between the points where a program holds them: the worst place of every interval.

1. Simulate every interval again from its node, with the states kept on a fine grid (resimulation.py).
2. Evaluate path constraints, state bounds and control bounds there.
3. Search around each interval's worst point, between its neighbours on the grid.
4. Divide by how much the constraint changes when states and controls change by their sizes: a relative distance.
   Of bounds on controls take its mean over the horizon: controls act by their integrals. Of path constraints with
   controls take the mean too, or the largest but for an instant, whichever is more.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import casadi as ca
import numpy as np

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.certificate import Check
from geodepth.control.solution.solution import Solution
from geodepth.control.transcription.interpolation import hermite, lagrange
from geodepth.control.verification.error_scales import ordered_parameters, solution_sizes
from geodepth.control.verification.resimulation import Resimulation
from geodepth.foundation.shapes import Bool, Float, Int

MOST_PIECES, FEWEST_PIECES, POINTS = 16, 4, 4096
"""Of the grid in one interval at most and at least, and about how many points in all (chosen by hand)."""
SEARCH, ROUNDS = 9, 3
"""Points between two neighbours of the grid, and how often the search goes on between two of these (chosen by hand):
the place is known to 1/64 of the grid, and a smooth worst violation to the square of that."""
UNSEEN = 0.1
"""What may be violated where the program does not see it, as a share of what may be elsewhere (chosen by hand).

Next to a point that is on the constraint a violation is the mesh's error, and falls with it. Between points that are
all well inside, no multiplier knows of it."""
INSTANT = 0.01
"""The share of the horizon in which the worst of what controls do to path constraints does not count (chosen by hand):
where a control's effect vanishes, at the end of the horizon say, nothing holds it but the points of the mesh."""
KEPT = 16
"""Problems whose functions are kept (chosen by hand)."""


class Place(NamedTuple):
    """The worst place of one interval.

    Attributes
    ----------
    interval : int
        From 0 on.
    fraction : float
        Of the interval.
    time : float
        In the problem's unit.
    row : int
        Of `bounded_values`.
    constraint : str
        Which one that is, and on which side of which bound.
    violation : float
        In the units of the constraint.
    distance : float
        Relative: by which share of their sizes states and controls must change, to first order, to mend it; of
        constraints with controls the mean over the horizon.
    allowed : float
        Which share of the accuracy the distance may be.
    """

    interval: int
    fraction: float
    time: float
    row: int
    constraint: str
    violation: float
    distance: float
    allowed: float

    def beyond(self, accuracy: float) -> bool:
        """Whether it is violated by more than this accuracy allows."""
        return self.distance > self.allowed * accuracy


@dataclass(frozen=True, slots=True)
class Bounded:
    """All r values that are bounded: path constraints, then states and controls.

    Attributes
    ----------
    values : casadi.Function
        (x, u, t, p) -> the values (r,).
    slopes : casadi.Function
        -> their derivatives in x (r, nx) and u (r, nu).
    lower, upper : ndarray
        Their bounds (r,).
    names : tuple of str
        What they are called.
    idle_at_end : ndarray of int
        Which need not hold at the end of the horizon.
    of_controls : ndarray of bool
        In which of them a control is (r,).
    of_states : bool
        Whether a state is in any of them.
    states : tuple of (int, int)
        Of the bounds on states, which value each is and of which state.
    """

    values: Any
    slopes: Any
    lower: Float[np.ndarray, " r"]
    upper: Float[np.ndarray, " r"]
    names: tuple[str, ...]
    idle_at_end: Int[np.ndarray, " n"]
    of_controls: Bool[np.ndarray, " r"]
    of_states: bool
    states: tuple[tuple[int, int], ...]

    def excess(self, at: tuple[Any, ...]) -> Float[np.ndarray, "r n"]:
        """By how much each value is beyond its bounds; negative inside."""
        values = np.array(self.values(*at))
        return np.asarray(np.maximum(self.lower[:, None] - values, values - self.upper[:, None]))


def grid_of(problem: OptimalControlProblem, solution: Solution) -> Float[np.ndarray, " m"]:
    """The fractions of an interval that `worst_places` wants states at; none where no state is bounded."""
    if not bounded_values(problem).of_states:
        return np.zeros(0)
    pieces = int(np.clip(POINTS // (solution.times.size - 1), FEWEST_PIECES, MOST_PIECES))
    return np.linspace(0.0, 1.0, pieces + 1)


def check_between_nodes(
    problem: OptimalControlProblem, solution: Solution, again: Resimulation, accuracy: float
) -> Check | None:
    """The worst place of all as a line of a certificate; None where nothing is bounded."""
    if not bounded_values(problem).names:
        return None
    places = worst_places(problem, solution, again)
    if places is None:
        return Check("between nodes", np.nan, accuracy, "constraints there cannot be seen: the simulation broke down")
    if not places:
        return Check("between nodes", 0.0, accuracy, "no bound or path constraint is violated there")
    worst = max(places, key=lambda place: place.distance / place.allowed)
    words = f"{worst.constraint} by {worst.violation:.2g} at t = {worst.time:.6g}; relative"
    words += " and lasting" if bounded_values(problem).of_controls[worst.row] else ""
    return Check("between nodes", worst.distance, worst.allowed * accuracy, words)


def excesses(
    problem: OptimalControlProblem, solution: Solution, again: Resimulation
) -> tuple[Float[np.ndarray, "r K"], Float[np.ndarray, "r K"]]:
    """By how much each value is beyond its bounds in every interval, at most and in the mean; zero where it is not.

    Of what controls are in, in the mean of all that it does there: where a control swings about its bound, more at one
    time makes up for less at another.
    """
    rows, path = bounded_values(problem), _Path(problem, solution, again)
    (k, j, _, violation, mean, signed), _ = _search(rows, path)
    most, means = np.zeros((2, len(rows.names), path.lengths.size))
    most[j, k], means[j, k] = np.maximum(violation, 0.0), np.where(rows.of_controls[j], np.maximum(signed, 0.0), mean)
    return most, means


def worst_places(problem: OptimalControlProblem, solution: Solution, again: Resimulation) -> list[Place] | None:
    """Where constraints are violated most: one place for each interval in which one is.

    Parameters
    ----------
    problem : OptimalControlProblem
        What was solved.
    solution : Solution
        Its solution.
    again : Resimulation
        With the states at the fractions of `grid_of`.

    Returns
    -------
    list of Place or None
        None where the simulation broke down.

    Notes
    -----
    A constraint that the end of the horizon need not satisfy is not looked at there.
    """
    rows, path = bounded_values(problem), _Path(problem, solution, again)
    (k, j, fraction, violation, means, _), most = _search(rows, path)
    if np.any(np.isnan(violation)):
        return None
    k, j, fraction, violation, means = (v[violation > 0] for v in (k, j, fraction, violation, means))
    if k.size == 0:
        return []
    at = path.at(k, fraction)
    which = np.arange(k.size)
    slopes = [np.abs(np.array(v)).reshape(len(rows.names), k.size, -1)[j, which] for v in rows.slopes(*at)]
    size = slopes[0] @ path.sizes[0] + slopes[1] @ path.sizes[1]
    # The mean counts where an interval has its share of it.
    shares = means * path.lengths[k] / np.sum(path.lengths)
    totals, parts = (np.bincount(j, weights, len(rows.names)) for weights in (shares, np.ones(k.size)))
    mean = np.where(shares >= (totals / np.maximum(parts, 1))[j] / 2, totals[j], 0.0)
    lasting = np.where(violation >= most[j], most[j], 0.0)
    mean = np.where(j < problem.functions.path.numel_out(0), np.maximum(mean, lasting), mean)
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.where(rows.of_controls[j], mean, violation) / size
    # A constraint on states is seen where it is active at one of the points that the program knows.
    known = np.unique([0.0, *solution.inner_points, *solution.control_points, 1.0])
    around = rows.excess(path.at(np.repeat(k, known.size), np.tile(known, k.size)))
    nearest = np.max(around.reshape(-1, k.size, known.size)[j, which], axis=1)
    allowed = np.where((-nearest <= violation) | rows.of_controls[j], 1.0, UNSEEN)
    above = np.array(rows.values(*at))[j, which] > rows.upper[j]
    worst: dict[int, Place] = {}
    for i in np.argsort(distance / allowed):
        side, bound = ("above", rows.upper[j[i]]) if above[i] else ("below", rows.lower[j[i]])
        worst[int(k[i])] = Place(
            int(k[i]),
            float(fraction[i]),
            float(at[2][0, i]),
            int(j[i]),
            f"{rows.names[j[i]]} {side} {bound:.6g}",
            float(violation[i]),
            float(distance[i]),
            float(allowed[i]),
        )
    return [worst[k] for k in sorted(worst)]


@lru_cache(maxsize=KEPT)
def bounded_values(problem: OptimalControlProblem) -> Bounded:
    """What a problem bounds along its path, kept for the last problems."""
    functions = problem.functions
    kind = ca.SX if functions.dynamics.is_a("SXFunction") else ca.MX
    x, u, t = kind.sym("x", len(problem.states)), kind.sym("u", len(problem.controls)), kind.sym("t")
    p = kind.sym("p", len(problem.parameters or {}))
    names, lower, upper = list(functions.path_names), list(functions.path_bounds[0]), list(functions.path_bounds[1])
    of_state: list[tuple[int, int]] = []
    values = [functions.path(x, u, t, p)]
    for which, known, symbols in (("states", problem.states, x), ("controls", problem.controls, u)):
        for i, (name, low, high) in enumerate(zip(known, *problem.bounds(which), strict=True)):
            if np.isfinite(low) or np.isfinite(high):
                of_state += [(len(names), i)] if which == "states" else []
                names.append(name)
                lower.append(low)
                upper.append(high)
                values.append(symbols[i])
    stacked = ca.densify(ca.vertcat(*values))
    by_state, by_control = (ca.jacobian(stacked, symbols) for symbols in (x, u))
    of_controls = np.zeros(len(names), dtype=bool)
    of_controls[by_control.sparsity().row()] = True
    return Bounded(
        values=ca.Function("bounded", [x, u, t, p], [stacked]),
        slopes=ca.Function("slopes", [x, u, t, p], [ca.densify(by_state), ca.densify(by_control)]),
        lower=np.array(lower),
        upper=np.array(upper),
        names=tuple(names),
        idle_at_end=np.setdiff1d(np.arange(len(functions.path_names)), functions.path_at_end),
        of_controls=of_controls,
        of_states=bool(ca.depends_on(stacked, x)),
        states=tuple(of_state),
    )


class _Path:
    """States and controls anywhere in the intervals: cubics through the simulated states, and the found controls."""

    def __init__(self, problem: OptimalControlProblem, solution: Solution, again: Resimulation) -> None:
        self.solution, self.parameters = solution, ordered_parameters(problem, solution)
        self.lengths = np.diff(solution.times)
        self.grid = grid_of(problem, solution)
        if self.grid.size:
            self.states = again.inside
        else:
            # Nothing depends on the states.
            self.grid = np.linspace(0.0, 1.0, MOST_PIECES + 1)
            self.states = np.zeros((self.lengths.size, self.grid.size, len(problem.states)))
        sizes = solution_sizes(problem, solution)
        self.sizes = sizes.states, sizes.controls
        self.slopes = np.zeros_like(self.states)
        if again.inside.size:
            k = np.repeat(np.arange(self.lengths.size), self.grid.size)
            at = self.at(k, np.tile(self.grid, self.lengths.size))
            self.slopes = np.array(problem.functions.dynamics(*at)).T.reshape(self.states.shape)

    def at(self, k: Int[np.ndarray, " n"], fraction: Float[np.ndarray, " n"]) -> tuple[np.ndarray, ...]:
        """(x, u, t, p) at fractions of the intervals k, one column each."""
        solution, pieces = self.solution, self.grid.size - 1
        cell = np.minimum((fraction * pieces).astype(int), pieces - 1)
        s, length = (fraction * pieces - cell)[:, None], (self.lengths[k] / pieces)[:, None]
        ends = self.states[k, cell], self.states[k, cell + 1]
        rises = length * self.slopes[k, cell], length * self.slopes[k, cell + 1]
        weights = lagrange(solution.control_points, fraction)
        controls = np.einsum("ns,nsu->un", weights, solution.control_values[k])
        times = solution.times[k] + fraction * self.lengths[k]
        parameters = np.tile(self.parameters[:, None], (1, k.size))
        return hermite(s, ends, rises).T, controls, times[None], parameters


def _search(rows: Bounded, path: _Path) -> tuple[tuple[np.ndarray, ...], Float[np.ndarray, " r"]]:
    """Intervals, rows, fractions and excesses of the worst points near a bound, and the means of the excess there, of
    what is beyond the bound alone and of all.

    Beside them the largest excess of every row, but for an instant.
    """
    count, size = path.lengths.size, path.grid.size
    first = np.tile(path.grid, count)
    excess = rows.excess(path.at(np.repeat(np.arange(count), size), first)).reshape(-1, count, size)
    signed = np.trapezoid(excess, path.grid, axis=2)
    excess[rows.idle_at_end, -1, -1] = -np.inf
    means = np.trapezoid(np.maximum(excess, 0.0), path.grid, axis=2)
    i = np.argmax(excess, axis=2)
    top = np.take_along_axis(excess, i[:, :, None], axis=2)[:, :, 0]
    beside = np.take_along_axis(excess, np.maximum(i - 1, 0)[:, :, None], axis=2)[:, :, 0]
    behind = np.take_along_axis(excess, np.minimum(i + 1, size - 1)[:, :, None], axis=2)[:, :, 0]
    with np.errstate(invalid="ignore"):
        # A smooth function rises above its largest value on a grid by less than it falls to the neighbours.
        near = ~(top + np.maximum(top - beside, top - behind) <= 0)
    j, k = np.nonzero(near)
    worst, fraction, width = top[j, k], path.grid[i[j, k]], np.full(j.size, path.grid[1])
    idle = np.isin(j, rows.idle_at_end) & (k == count - 1)
    for _ in range(ROUNDS if j.size else 0):
        tried = np.clip(fraction[:, None] + width[:, None] * np.linspace(-1.0, 1.0, SEARCH), 0.0, 1.0)
        found = rows.excess(path.at(np.repeat(k, SEARCH), tried.ravel())).reshape(-1, k.size, SEARCH)
        here = np.where(idle[:, None] & (tried == 1.0), -np.inf, found[j, np.arange(k.size)])
        best = np.argmax(here, axis=1)
        worst, fraction = here[np.arange(k.size), best], tried[np.arange(k.size), best]
        width = width * 2 / (SEARCH - 1)
    return (k, j, fraction, worst, means[j, k], signed[j, k]), _lasting(np.maximum(excess, 0.0), path.lengths)


def _lasting(excess: Float[np.ndarray, "r K m"], lengths: Float[np.ndarray, " K"]) -> Float[np.ndarray, " r"]:
    """What each row's excess exceeds for an instant only."""
    pieces = np.minimum(excess[:, :, 1:], excess[:, :, :-1])
    shares = np.repeat(lengths / np.sum(lengths) / pieces.shape[2], pieces.shape[2])
    flat = pieces.reshape(excess.shape[0], shares.size)
    order = np.argsort(-flat, axis=1)
    place = np.argmax(np.cumsum(shares[order], axis=1) > INSTANT, axis=1)
    return np.asarray(np.take_along_axis(flat, np.take_along_axis(order, place[:, None], axis=1), axis=1)[:, 0])
