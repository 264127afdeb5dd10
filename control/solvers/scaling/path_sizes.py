"""How large states, controls, constraints and the cost are along a path: what errors and scales are relative to.

1. A variable is as large as it becomes on the path. What stays at zero is as large as would matter to the others, or
   as the others would make it: the dynamics' derivatives tell (natural_sizes.py).
2. A constraint's expression is as large as it changes when one variable moves by a share of its size; so is the cost.

Every size is covariant: in other units the path has the same sizes, in those units.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from geodepth.control.model.ends import widest_ends
from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solvers.solver_call import computed
from geodepth.foundation.shapes import Float

from .derivatives import constraint_derivatives, cost_derivatives, first_derivatives
from .fed_together import fed_by_all
from .natural_sizes import above_noise, natural_sizes

MOVE = 0.5
"""By which share of its size a variable is moved to see what changes: at zero a square still shows, and a singularity
at zero is not touched. Chosen on the library, with `SWINGS`: a tenth costs fatrop hundreds of iterations there."""
NOTHING = 1e-12
"""What stays below this share of the range that an end is given is zero (chosen by hand): an optimum at rest, at no
cost, would be measured by what the solver left of it."""
TOGETHER = 10.0
"""From how many times its size on what feeds a state counts as one, and not one by one (chosen by hand)."""
NO_COST = 1e-6
"""A cost of at most this share of what it changes by counts as zero (chosen by hand)."""
MOST_NODES, MOST_COLUMNS = 33, 2000
"""Nodes that are looked at, and evaluations of a function for all moves together (chosen by hand): sizes, not sums."""


@dataclass(frozen=True, slots=True)
class PathSizes:
    """Positive sizes along a path.

    Attributes
    ----------
    states, controls : ndarray
        (nx,), (nu,).
    free : ndarray
        Of the problem's free numbers in order: parameters, then times, which are as large as the horizon.
    horizon : float
        The final time minus the initial.
    path, boundary : ndarray
        Of the expressions of path constraints (ng,) and of boundary constraints (nb,).
    cost : float
        The magnitude of the cost, 0 where it is zero or undefined.
    change : float
        By how much the cost changes.
    """

    states: Float[np.ndarray, " nx"]
    controls: Float[np.ndarray, " nu"]
    free: Float[np.ndarray, " nq"]
    horizon: float
    path: Float[np.ndarray, " ng"]
    boundary: Float[np.ndarray, " nb"]
    cost: float
    change: float


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """What is measured: a path as a problem's variables have it, whoever they belong to. Its arrays are not changed.

    Attributes
    ----------
    times : ndarray
        Of the nodes (K+1,).
    states : ndarray
        At the nodes (K+1, nx).
    controls : ndarray
        In the intervals (K, points, nu).
    parameters : ndarray
        p (np,).
    """

    times: Float[np.ndarray, " K+1"]
    states: Float[np.ndarray, "K+1 nx"]
    controls: Float[np.ndarray, "K points nu"]
    parameters: Float[np.ndarray, " np"]


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def path_sizes(problem: OptimalControlProblem, path: Path, far: float | None = None) -> PathSizes:
    """The sizes of everything along a path.

    Parameters
    ----------
    problem : OptimalControlProblem
        Whose path it is.
    path : Path
        A guess, or a solution.
    far : float, optional
        The path is a guess: a variable is as large as its bounds, where it has both and the larger is at most so many
        times the size that is seen otherwise.
    """
    nx, nu = len(problem.states), len(problem.controls)
    # A solver that stopped short may have left the end before the beginning.
    horizon = abs(float(path.times[-1] - path.times[0])) or 1.0
    seen = np.concatenate(
        [
            np.max(np.abs(path.states), axis=0),
            np.max(np.abs(path.controls), axis=(0, 1), initial=0.0),
            np.abs(path.parameters),
        ]
    )
    seen = np.where(np.isfinite(seen), seen, 0.0)
    at = _nodes(problem, path)
    sizes = _variables(problem, at, seen, horizon, far)
    free = np.array([name in problem.free for name in problem.parameters or {}], dtype=bool)
    moved = np.concatenate([np.ones(nx + nu, dtype=bool), free])
    cost, change, path_changes = at.changes(sizes, moved, horizon)
    boundary = at.boundary_changes(sizes, moved, horizon)
    times = len(problem.free) - int(np.sum(free))
    return PathSizes(
        states=sizes[:nx],
        controls=sizes[nx : nx + nu],
        free=np.concatenate([sizes[nx + nu :][free], np.full(times, horizon)]),
        horizon=horizon,
        path=path_changes,
        boundary=boundary,
        cost=cost,
        change=change,
    )


@lru_cache(maxsize=4)
def _nodes(problem: OptimalControlProblem, path: Path) -> "_Nodes":
    """Kept for the last paths: who asks for sizes does so as for a guess, and as for a solution."""
    return _Nodes(problem, path)


class _Nodes:
    """A problem's functions at some nodes of a path, and how they change when variables move."""

    def __init__(self, problem: OptimalControlProblem, path: Path) -> None:
        # Each node with the control behind it; the last node with the control before it.
        chosen = np.unique(np.linspace(0, path.times.size - 1, min(MOST_NODES, path.times.size)).astype(int))
        self.problem, self.functions = problem, problem.functions
        self.count = len(problem.states), len(problem.controls), path.parameters.size
        times, behind = path.times[chosen], np.minimum(chosen, path.times.size - 2)
        controls = np.mean(path.controls[behind], axis=1)
        parameters = np.tile(path.parameters, (chosen.size, 1))
        self.times, self.table = times, np.hstack([path.states[chosen], controls, parameters])
        gaps = np.diff(times)
        self.weights = (np.append(gaps, 0.0) + np.append(0.0, gaps)) / 2

        self._changes: dict[bytes, tuple[float, float, np.ndarray]] = {}

    def arguments(self, table: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, ...]:
        nx, nu, _ = self.count
        return table[:, :nx], table[:, nx : nx + nu], times, table[:, nx + nu :]

    @cached_property
    def rates(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """The largest |f| at the nodes (nx,), and the largest derivatives as triplets: rows, columns, sizes."""
        function, pattern = first_derivatives(self.functions)
        value, slopes = _at_all(function, *self.arguments(self.table, self.times))
        rows, columns = (np.array(i, dtype=int) for i in pattern.get_triplet())
        return _largest(value), rows, columns, _largest(slopes)

    def hints(self) -> Iterator[np.ndarray]:
        """Sizes of variables that nothing else is known of, zero where there are none, the best hints first."""
        violated, near = self._constraints()
        yield violated
        yield self._bends()
        yield near
        lower, upper = (np.abs(np.concatenate(side)) for side in zip(*_bounds(self.problem), strict=True))
        nearest = np.minimum(*(np.where(side > 0, side, np.inf) for side in (lower, upper)))
        yield np.where(np.isfinite(nearest), nearest, 0.0)

    def _constraints(self) -> tuple[np.ndarray, np.ndarray]:
        """By how much each variable must change to satisfy violated constraints, and to come to bounds of others."""
        (nx, nu, _), functions = self.count, self.functions
        along, at_ends = constraint_derivatives(self.functions)
        ends = (self.table[0, :nx], self.table[-1, :nx], self.times[0], self.times[-1], self.table[0, nx + nu :])
        violated, near = np.zeros(self.table.shape[1]), np.zeros(self.table.shape[1])
        for (value, slopes), (lower, upper) in (
            (along(*(a.T for a in self.arguments(self.table, self.times[:, None]))), functions.path_bounds),
            (at_ends(*ends), functions.boundary_bounds),
        ):
            values = np.array(value)
            if not values.shape[0]:
                continue
            steep = _largest(np.array(slopes).reshape(values.shape[0], -1, violated.size).transpose(1, 0, 2))
            beyond = np.maximum(lower[:, None] - values, values - upper[:, None])
            beyond = _largest(np.maximum(beyond, 0.0).T)
            away = np.where(
                beyond > 0, 0.0, _largest(np.minimum(*(_finite(b[:, None] - values) for b in (lower, upper))).T)
            )
            for found, gap in ((violated, beyond), (near, away)):
                ways = np.divide(gap[:, None], steep, out=np.zeros_like(steep), where=steep > 0)
                np.maximum(found, np.max(ways, axis=0), out=found)
        return violated, near

    def _bends(self) -> np.ndarray:
        """How far each variable is from where the costs' slope in it would vanish, if they were parabolas."""
        along = self.arguments(self.table, self.times)
        slope, bend, end_slope, end_bend = _at_all(cost_derivatives(self.functions), *along)
        far = np.zeros(slope.shape[1])
        for first, second in ((_largest(slope), _largest(bend)), (_largest(end_slope[-1:]), _largest(end_bend[-1:]))):
            far = np.maximum(far, np.divide(first, second, out=np.zeros_like(first), where=second > 0))
        return far

    def rate_changes(self, moves: np.ndarray, which: np.ndarray) -> np.ndarray:
        """By how much the rates change at most where variables move up or down (k, nx), ∞ where one overflows."""
        keep = self._spread_nodes(len(moves))
        block = np.repeat(self.table[None, keep], 2 * len(moves) + 1, axis=0)
        block[1:, :, which] += np.concatenate([moves, -moves])[:, None]
        at = self.arguments(block.reshape(-1, self.table.shape[1]), np.tile(self.times[keep], len(block)))
        rates = _at_all(self.functions.dynamics, *at)[0].reshape(len(block), keep.size, -1)
        change = np.abs(rates[1:] - rates[0])
        found = np.max(np.where(np.isnan(change), 0.0, change), axis=1)
        return np.asarray(np.maximum(found[: len(moves)], found[len(moves) :]))

    def changes(self, sizes: np.ndarray, moved: np.ndarray, horizon: float) -> tuple[float, float, np.ndarray]:
        """The cost's magnitude, and how much the cost and the path's expressions change when one variable moves."""
        key = sizes.tobytes()
        if key not in self._changes:
            self._changes[key] = self._moved(sizes, np.flatnonzero(moved), horizon)
        return self._changes[key]

    def _moved(self, sizes: np.ndarray, directions: np.ndarray, horizon: float) -> tuple[float, float, np.ndarray]:
        keep = self._spread_nodes(directions.size)
        times, weights = self.times[keep], self.weights[keep] * (np.sum(self.weights) / np.sum(self.weights[keep]))
        here = self.table[keep]
        steps = MOVE * sizes[directions, None]
        every = np.tile(directions, 2)
        # One call for all: here, and then with one variable moved up or down.
        block = np.repeat(here[None], every.size + 1, axis=0)
        block[1 + np.arange(every.size), :, every] += np.concatenate([steps, -steps])
        at = block.reshape(-1, here.shape[1]), np.tile(times, every.size + 1)
        running = self._running(*at).reshape(-1, times.size)
        path = self._path(*at).reshape(every.size + 1, times.size, -1)
        ends = np.vstack([block[:, -1], here[-1:]])
        terminal = self._terminal(ends, np.append(np.full(ends.shape[0] - 1, times[-1]), times[-1] + MOVE * horizon))
        costs = [0.0]
        if len(self.problem.free) > int(np.sum(directions >= sum(self.count[:2]))):
            costs += [float(_change(running[0], 0.0) @ weights), float(_change(terminal[-1], terminal[0])) / MOVE]
        costs += list(_change(running[1:], running[0]) @ weights / MOVE)
        costs += list(_change(terminal[1:-1], terminal[0]) / MOVE)
        expressions = np.max(_change(path[1:], path[0]), axis=(0, 1), initial=0.0) / MOVE
        size = float(np.max(costs))
        whole = abs(float(np.sum(np.nan_to_num(running[0]) * weights)) + float(np.nan_to_num(terminal[0])))
        return whole, size or whole or 1.0, _positive(expressions, _largest(path[0]))

    def boundary_changes(self, sizes: np.ndarray, moved: np.ndarray, horizon: float) -> np.ndarray:
        """How much the boundary constraints' expressions change when one variable at one end moves."""
        nx, nu, _ = self.count
        given = [self.table[0, :nx], self.table[-1, :nx], self.times[0], self.times[-1], self.table[0, nx + nu :]]
        parameters = np.where(moved[nx + nu :], sizes[nx + nu :], 0.0)
        steps = (sizes[:nx], sizes[:nx], np.array([horizon]), np.array([horizon]), parameters)
        return end_changes(self.functions.boundary, given, steps)

    def _running(self, table: np.ndarray, times: np.ndarray) -> np.ndarray:
        """The running cost along a table (n,); what a problem does not have is not called."""
        if not self.functions.running_cost.nnz_out(0):
            return np.zeros(times.size)
        return _at_all(self.functions.running_cost, *self.arguments(table, times))[0].ravel()

    def _path(self, table: np.ndarray, times: np.ndarray) -> np.ndarray:
        """The path constraints' expressions along a table (n, ng)."""
        if not self.functions.path.numel_out(0):
            return np.zeros((times.size, 0))
        return _at_all(self.functions.path, *self.arguments(table, times))[0]

    def _terminal(self, table: np.ndarray, times: np.ndarray) -> np.ndarray:
        """The terminal cost along a table (n,)."""
        if not self.functions.terminal_cost.nnz_out(0):
            return np.zeros(times.size)
        x, _, t, p = self.arguments(table, times)
        return _at_all(self.functions.terminal_cost, x, t, p)[0].ravel()

    def _spread_nodes(self, directions: int) -> np.ndarray:
        count = int(np.clip(MOST_COLUMNS // max(directions, 1), 3, self.times.size))
        return np.unique(np.linspace(0, self.times.size - 1, count).astype(int))


def _at_all(function: Any, *tables: np.ndarray) -> list[np.ndarray]:
    """A function's outputs as tables, row by row of those that it is given."""
    count = len(tables[0])
    return [found.reshape(count, -1) for found in computed(function.map(count), *tables)]


def end_changes(function: Any, given: Sequence[Any], steps: Sequence[np.ndarray]) -> np.ndarray:
    """How much a function's entries change when one entry of one argument moves by its size, from `given`; positive."""
    found = np.zeros(function.numel_out(0))
    if not found.size:
        return found
    flat, edges = np.concatenate([np.atleast_1d(g) for g in given]), np.cumsum([np.size(g) for g in given])
    moves = MOVE * np.diag(np.concatenate(steps))
    # One call for all: here, and then with one entry moved up or down.
    values, *_ = _at_all(function, *np.split(flat + np.vstack([0 * flat, moves, -moves]), edges[:-1], axis=1))
    here, found = values[0], np.max(_change(values, values[:1]), axis=0) / MOVE
    return _positive(found, np.abs(np.nan_to_num(here)))


def _variables(
    problem: OptimalControlProblem, at: _Nodes, seen: np.ndarray, horizon: float, far: float | None
) -> np.ndarray:
    """Sizes of (x, u, p), positive."""
    fastest, rows, columns, slopes = at.rates

    def filled(sizes: np.ndarray, given: bool = True) -> np.ndarray:
        """What has no size yet gets that at which it matters to the others, or the one that they give it if smaller."""
        for _ in range(sizes.size):
            natural = natural_sizes(sizes, fastest, rows, columns, slopes, horizon)
            there = np.minimum(natural.matters, natural.driven) if given else natural.matters
            new = (sizes == 0) & np.isfinite(there)
            if not np.any(new):
                break
            sizes = np.where(new, there, sizes)
        return sizes

    def together(sizes: np.ndarray, given: np.ndarray) -> np.ndarray:
        """Cells that feed each other in a row are larger than one neighbour alone makes each, but never larger than
        matters to what is given."""
        matters = natural_sizes(given, fastest, rows, columns, slopes, horizon).matters
        among = np.minimum(fed_by_all(sizes, given > 0, rows, columns, slopes, horizon, fastest.size), matters)
        return np.where(among > TOGETHER * sizes, among, sizes)

    found = filled(seen)
    if far is not None:
        lower, upper = (np.concatenate(side) for side in zip(*_bounds(problem), strict=True))
        known = np.where(np.isfinite(lower) & np.isfinite(upper), np.maximum(np.abs(lower), np.abs(upper)), np.inf)
        tight = comparable(lower, upper) & ((found == 0) | (known <= far * found))
        given = np.where(tight, known, seen)
        found = together(filled(given), given)
    for hint in at.hints() if np.any(found == 0) else ():
        found = filled(np.where(found == 0, hint, found))
    found = above_noise(found, natural_sizes(found, fastest, rows, columns, slopes, horizon), at.rate_changes)
    if np.any(ranges := widest_ends(problem)):
        # And so is what would not matter to that.
        found = np.maximum(found, filled(np.append(NOTHING * ranges, np.zeros(seen.size - ranges.size)), given=False))
    return np.asarray(np.where(found > 0, found, 1.0))


def comparable(lower: float | np.ndarray, upper: float | np.ndarray, apart: float = 100.0) -> np.ndarray:
    """Whether both bounds are finite, and neither is zero nor so far that it stands for none beside the other."""
    near, wide = np.minimum(np.abs(lower), np.abs(upper)), np.maximum(np.abs(lower), np.abs(upper))
    return np.asarray(np.isfinite(wide) & ((near == 0) | (wide <= apart * near)))


def _bounds(problem: OptimalControlProblem) -> list[tuple[np.ndarray, np.ndarray]]:
    given = [
        (problem.free[n].lower, problem.free[n].upper) if n in problem.free else (-np.inf, np.inf)
        for n in problem.parameters or {}
    ]
    table = np.array(given, dtype=float).reshape(-1, 2)
    return [problem.bounds("states"), problem.bounds("controls"), (table[:, 0], table[:, 1])]


def _finite(gap: np.ndarray) -> np.ndarray:
    """Magnitudes of gaps, infinite where one is zero or no number."""
    return np.asarray(np.where(np.isfinite(gap) & (gap != 0), np.abs(gap), np.inf))


def _change(there: Any, here: Any) -> np.ndarray:
    """|there − here|, zero where either cannot be computed."""
    change = np.abs(np.asarray(there) - np.asarray(here))
    return np.asarray(np.where(np.isfinite(change), change, 0.0))


def _largest(table: np.ndarray) -> np.ndarray:
    """The largest finite magnitude of every column."""
    return np.asarray(np.max(np.where(np.isfinite(table), np.abs(table), 0.0), axis=0, initial=0.0))


def _positive(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.where(first > 0, first, np.where(second > 0, second, 1.0))
