"""How far two samples can move apart in the first layers of ReLUs, and what that costs.

The bound by differences lets the features σ(A) of two samples be as far apart as the samples are. Where they start in
coordinates that are negative, they are not, and the first layers have to raise them.

Notation: u, v are the two samples, x_u, x_v their starts, c_ℓ = 1 − ρ_ℓL̃ > 0, Π_ℓ = c_1⋯c_ℓ. ReLU is positively
homogeneous, so u/Π_ℓ = x_u + d, and likewise x_v + d − Δ: without weights nothing moves.

1. |σ(x_u + d) − σ(x_v + d − Δ)| ≤ Θ(h) + e, if |d| ≤ h and |Δ| ≤ e, with Θ(h) = max over |d| ≤ h of
   |σ(x_u + d) − σ(x_v + d)| (widest_features.py).
2. Split W along ŝ, the unit vector of σ(u) − σ(v), which has no part on the row of ones: a = |Wŝ|, b the rest,
   a² + b² ≤ ‖W‖_F². The difference moves by ρa|σ(u) − σ(v)|. With q = |σ(u)|, and κ ≤ q its part along ŝ, u moves by
   at most ρ(aκ + b√(q² + 1 − κ²)), which is at most ρ(aq + b√(q² + 1)) and at most ρ√(a² + b²)√(q² + 1). In units of
   Π_ℓ: e grows by y_a(Θ(h) + e) and h by these with 1/Π_{ℓ−1} in place of 1 and q ≤ |σ(x_u)| + h, where y = ρa/c_ℓ
   and ρb/c_ℓ, and the layer costs c_ℓ²(y_a² + y_b²)/ρ_ℓ at least. The same holds with v in place of u: the one with
   the smaller features is taken.
3. Larger h and e let all later ones be larger. So the least cost of a cell [h_i, h_{i+1}) × [e_j, e_{j+1}) is bounded
   from those of the layer before by their upper corners (dynamic programming).
4. Short layers are taken together. With y_a and y_b their sums, Θ + e grows by e^{y_a} at most, Θ, q and 1/Π rise and
   their last values count, and the layers cost (y_a² + y_b²)/Σ(ρ_ℓ/c_ℓ²) at least (Cauchy–Schwarz). So it is for an
   interval of depth τ of the continuous path, with y_a = ∫a and τ in place of the sum.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from geodepth.foundation.shapes import Float

from .path_to_bound import PathToBound
from .widest_features import widest_features

FINE, COARSE = (40, 192), (24, 64)
"""Cells of h and of e, and where pairs are only compared; chosen by hand: three times and twice as many lift the bounds
by one or two per cent, in ten times the time."""
FURTHEST, NEAR = 6.0, 0.25
"""Where the last cell of e begins, beyond which all counts as arrived, and up to where cells are of like length; in
units of the distance at the start. Chosen by hand."""
DEEPEST, LONGEST = 8, 0.34
"""Most layers that are followed, and the largest share of depth. Chosen by hand."""
INTERVAL, SHORTEST = 1 / 24, 1 / 48
"""The length of the intervals of a continuous path, and the depth of layers that are not taken together with the next;
chosen by hand."""
LEAST_APART = 1e-9
"""Samples closer than this, relative to their size, have no first layers of their own."""


@dataclass(frozen=True, slots=True, eq=False)
class Beginning:
    """What the first layers can do to a difference, in units of the one at the start times Π.

    Attributes
    ----------
    layers : int
        How many layers it covers; 0 for a continuous path.
    depth : float
        Their share of depth.
    leak : float
        Π, by which a difference shrinks in them if it is left alone.
    costs : (I,)
        Of Σρ‖W‖²: every path has spent so much, for one i.
    reaches : (I,)
        How far it may have moved for that; infinitely far for the last.
    """

    layers: int
    depth: float
    leak: float
    costs: Float[np.ndarray, " I"]
    reaches: Float[np.ndarray, " I"]


NO_LAYERS = Beginning(0, 0.0, 1.0, np.zeros(1), np.zeros(1))
"""The start itself."""


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Where the paths may be: the upper corners of cells that a path may have reached, and the least cost there."""

    costs: Float[np.ndarray, " S"]
    heights: Float[np.ndarray, " S"]
    reaches: Float[np.ndarray, " S"]
    widest: Float[np.ndarray, " S"]


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    """The sides of the cells, Θ on the upper ones, and |σ(x)| of the reference sample."""

    heights: Float[np.ndarray, " I"]
    tops: Float[np.ndarray, " I"]
    reaches: Float[np.ndarray, " J"]
    ends: Float[np.ndarray, " J"]
    widest: Float[np.ndarray, " I"]
    own: float

    def reached(self, table: Float[np.ndarray, "I J"], most: float) -> _Cells:
        """The cells of a table of costs that no cell further on undercuts, costly and arrived ones left out."""
        better = np.minimum.accumulate(np.minimum.accumulate(table[::-1, ::-1], axis=0), axis=1)[::-1, ::-1]
        beyond = np.full_like(table, np.inf)
        beyond[:-1] = better[1:]
        beyond[:, :-1] = np.minimum(beyond[:, :-1], better[:, 1:])
        i, j = np.nonzero((table < beyond) & (table < most))
        i, j = i[j < self.ends.size - 1], j[j < self.ends.size - 1]
        return _Cells(table[i, j], self.tops[i], self.ends[j], self.widest[i])


def first_layers(
    path: PathToBound, first: int, second: int, most: float, cells: tuple[int, int] = FINE
) -> Iterator[Beginning]:
    """What none, one, two, … layers can do to the difference of two samples.

    Parameters
    ----------
    path : PathToBound
        Of exact ReLUs; for other activations only the start itself is given.
    first, second : int
        The samples.
    most : float
        The Σρ‖W‖² at which a path counts as arrived.
    cells : (int, int)
        Cells of h and of e.
    """
    yield NO_LAYERS
    geodesic = path.geodesic
    u, v = geodesic.initial_representations[:, [first, second]].T
    apart = float(np.linalg.norm(u - v))
    # With all coordinates positive nothing has to be raised.
    if not geodesic.has_kinks or apart <= LEAST_APART * float(np.linalg.norm(u)) or min(u.min(), v.min()) >= 0.0:
        return
    grid, reached = _grid(u, v, apart, cells)
    count, depth, leak, arrived = 0, 0.0, 1.0, most
    for steps in _stretches(path):
        kept, factor, before = _decay(path, steps)
        depth += float(np.sum(steps))
        if kept <= 0.0 or depth > LONGEST:
            return
        together = path.steps is None or steps.size > 1
        table = _advance(grid, reached, float(geodesic.bias) / (leak * before), factor, together)
        arrived = min(arrived, float(table[:, -1].min()))
        leak *= kept
        count += 0 if path.steps is None else steps.size
        reached = grid.reached(table, most)
        costs = table[:, :-1].min(axis=0)
        known = costs < arrived
        yield Beginning(
            count, depth, leak, np.append(costs[known], arrived), np.append(grid.ends[:-1][known] / apart, np.inf)
        )


def _stretches(path: PathToBound) -> Iterator[Float[np.ndarray, " k"]]:
    """The steps of the layers that are taken together, or of one interval of a continuous path."""
    if path.steps is None:
        yield from np.full((DEEPEST, 1), INTERVAL)
        return
    first = 0
    for _ in range(DEEPEST):
        depths = np.cumsum(path.steps[first:])
        if not depths.size:
            return
        last = first + min(int(np.searchsorted(depths, SHORTEST * (1.0 - 1e-9))) + 1, depths.size)
        yield path.steps[first:last]
        first = last


def _decay(path: PathToBound, steps: Float[np.ndarray, " k"]) -> tuple[float, float, float]:
    """The factors of Π and of y_a² + y_b², and by how much Π has fallen where the bias acts last."""
    decays = steps * path.geodesic.effective_depth
    if path.steps is None:
        kept = float(np.exp(-decays[0]))
        return kept, 1.0 / float(steps[0]), kept
    factors = 1.0 - decays
    if np.any(factors <= 0.0):
        return 0.0, 0.0, 0.0
    return float(np.prod(factors)), 1.0 / float(np.sum(steps / factors**2)), float(np.prod(factors[:-1]))


def _grid(u: np.ndarray, v: np.ndarray, apart: float, cells: tuple[int, int]) -> tuple[_Grid, _Cells]:
    """The cells of two starts, and the start among them."""
    heights = np.linspace(0.0, float(np.linalg.norm(np.minimum(np.minimum(u, v), 0.0))), cells[0] + 1)
    reaches = apart * NEAR * np.expm1(np.linspace(0.0, np.log1p(FURTHEST / NEAR), cells[1] + 1))
    widest = np.append(widest_features(u, v, heights), apart)
    own = float(min(np.linalg.norm(np.maximum(u, 0.0)), np.linalg.norm(np.maximum(v, 0.0))))
    tops, ends = np.append(heights[1:], np.inf), np.append(reaches[1:], np.inf)
    zero = np.zeros(1)
    return _Grid(heights, tops, reaches, ends, widest[1:], own), _Cells(zero, zero, zero, widest[:1])


def _advance(grid: _Grid, cells: _Cells, ones: float, factor: float, together: bool) -> Float[np.ndarray, "I J"]:
    """Least costs of all cells after one more layer, or several, or interval of a continuous path, from those before.

    Parameters
    ----------
    ones : float
        The bias's feature in units of Π.
    factor : float
        Cost of y_a² + y_b².
    together : bool
        Whether h and e act on each other meanwhile, as they do along several layers and a continuous path.
    """
    table = np.full((grid.tops.size, grid.ends.size), np.inf)
    order = np.argsort(cells.heights)
    spent, tall, far, wide = (p[order, None] for p in (cells.costs, cells.heights, cells.reaches, cells.widest))
    gains = [np.maximum(side - far, 0.0) for side in (grid.reaches, grid.ends)]
    spent = np.where(grid.ends > far, spent, np.inf)
    size = grid.own + tall
    if not together:
        least, most = (_quotient(gain, wide + far) for gain in gains)
        alone = _product(most, size)
    for i, low in enumerate(grid.heights):
        count = int(np.searchsorted(tall[:, 0], grid.tops[i], side="right"))  # whoever is not above these cells
        if together:  # until h is there, it lies below
            least, most = (np.log1p(_quotient(gain[:count], grid.widest[i] + far[:count])) for gain in gains)
            size = np.full((count, 1), grid.own + low)
            alone = _product(most, size)
        raised = np.maximum(low - tall[:count], 0.0)
        rate = np.hypot(size[:count], ones)
        rest = _quotient(raised - alone[:count], rate)
        with np.errstate(over="ignore"):
            squared = np.maximum(least[:count] ** 2 + rest**2, _quotient(raised, rate) ** 2)
            table[i] = np.min(spent[:count] + factor * squared, axis=0, initial=np.inf)
    return table


def _quotient(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part/whole, and nothing where the part is not positive."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(part > 0.0, part / whole, 0.0)


def _product(most: np.ndarray, size: np.ndarray) -> np.ndarray:
    """How far y_a alone moves u; nowhere without features, ∞ · 0 included."""
    with np.errstate(invalid="ignore"):
        return np.where(size > 0.0, most * size, 0.0)
