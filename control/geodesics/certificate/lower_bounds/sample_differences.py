"""The lower bound by differences of samples.

Notation: c_ℓ = 1 − ρ_ℓL̃, μ = λ/(2L̃), s_ℓ = ‖W_ℓ‖_F.

1. Let M ⪯ I be a Laplacian of the samples with weights of at least zero, and D_ℓ = A_ℓM^½. The bias cancels in
   differences, and σ is 1-Lipschitz entrywise, so ‖σ(A)M^½‖_F ≤ ‖D‖_F: the step of D is D_ℓ = c_ℓD_{ℓ−1} + ρ_ℓE with
   ‖E‖_F ≤ s_ℓ‖D_{ℓ−1}‖_F.
2. Let r be the factor by which ‖D‖ grows in a layer, φ the angle by which it turns: ρ_ℓ²s_ℓ² ≥ r² − 2c_ℓ r cos φ +
   c_ℓ². Logarithms of growth add, and angles add at least (the triangle inequality on the sphere), so for all ν, η ≥ 0

    Σρ_ℓs_ℓ² ≥ ν log(‖D_L‖/‖D_0‖) + η∠(D_0, D_L) + Σ_ℓ min_{r, φ}[(r² − 2c_ℓ r cos φ + c_ℓ²)/ρ_ℓ − ν log r − ηφ],

   weak duality; the inner minimum is known up to one monotone root (`layer_minimum`). In the limit of many layers this
   is ∫‖W‖² ≥ (L̃ + log(‖D_1‖/‖D_0‖))² + ∠².
3. The data term is at least (1/N)(‖YM^½‖ − g)₊², g = ⟨PA_LM^½, YM^½⟩/‖YM^½‖, and g needs ‖D_L‖cos(α − φ) ≥ g/p with
   p = ‖PᵀYM^½‖/‖YM^½‖ and α the angle between D_0 and PᵀYM^½.
4. What is left is the minimum over one number, g, of a decreasing and an increasing function, taken on intervals by
   their worse ends (`PathToBound.least_over_ends`).
5. Any ν, η give a valid bound: many are tried, around those of the continuous problem's optimum, and the best pair at
   the worst end is improved on ever finer grids.
6. Where M is that of two samples, the first layers of ReLUs are taken out of the sum and bounded by what they can do
   (first_layers.py): they cost C_i at least if they move D by r_i‖D_0‖Π at most, for one of many i, and the rest starts
   anywhere in that disc (`_from_disc`). The minimum over i joins that over g.
"""

from collections.abc import Callable, Iterator
from itertools import islice

import numpy as np

from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.foundation.shapes import Float

from .first_layers import COARSE, FINE, NO_LAYERS, Beginning, first_layers
from .path_to_bound import GRID, PathToBound, Worst

TARGETS, FACTORS, TILTS = 10, np.geomspace(0.7, 1 / 0.7, 3), np.array([0.0, 1.0])
"""The first multipliers: ends they are the best for, factors of both, and of η alone. Without unit, chosen by hand."""
POLISHES = 3
"""How often the best pair is improved at the worst end, which moves; chosen by hand."""
ZOOMS, ZOOM, WINDOW = 9, np.linspace(-1.0, 1.0, 5), 0.4
"""Grids of one improvement, their points, and the half-width of the first, relative; chosen by hand."""
BISECTIONS = 44
"""Of [0, π/2]: the root is known to 1e-13."""
MOST_SAMPLES = 800
"""Above so many samples only all pairs alike are tried: a pairing costs time cubic in them."""
PRICES = np.geomspace(1e-2, 1e2, 9)
"""Prices of closeness against distance at which pairings are made. Chosen by hand."""
PAIRS, COMPARED, FINALISTS = 6, (2, 5, 2), 2
"""Pairs that are tried, the numbers of first layers by which they are compared, as a range, and how many of the pairs
are evaluated on fine cells. Chosen by hand."""
LEAST_SEEN, MOST_SPENT = 0.1, 1.6
"""The least share of their distance that counts as seen when pairs are chosen; and what the first layers may spend at
most, in units of the bound without them. Chosen by hand."""
ROUGH = 300
"""Intervals for the end while multipliers and pairs are sought."""
NOTHING = 1e-12
"""Sizes below this, relative, are rounding."""


def laplacians(geodesic: RepresentationGeodesic) -> Iterator[Float[np.ndarray, "N N"]]:
    """Candidates with largest eigenvalue one: all pairs alike, and pairings far in Y and close in X."""
    from scipy.optimize import linear_sum_assignment

    count = geodesic.samples
    if count < 2:
        return
    yield np.eye(count) - np.full((count, count), 1.0 / count)
    if count > MOST_SAMPLES:
        return
    far, close = _squared_distances(geodesic.targets), _squared_distances(geodesic.initial_representations)
    # Where all samples start as one, closeness does not matter, and its price is none.
    scale = far.sum() / close.sum() if close.sum() > 0.0 else 0.0
    seen = set()
    for price in PRICES:
        chosen = linear_sum_assignment(price * scale * close - far)[1]
        if chosen.tobytes() in seen:
            continue
        seen.add(chosen.tobytes())
        cycle = np.eye(count) - np.eye(count)[chosen]
        laplacian = cycle.T @ cycle
        largest = float(np.linalg.eigvalsh(laplacian)[-1])
        if largest > 0:
            yield laplacian / largest


def bound_by_pairs(path: PathToBound) -> float:
    """The bound by differences of two samples, with what their first layers can do.

    Notes
    -----
    The pairs that promise most by the formula of the continuous path are compared on coarse cells, the best of them are
    evaluated on fine ones.
    """
    share, price = 1.0 / path.geodesic.samples, path.geodesic.weight_decay * path.geodesic.penalty_scale
    found: list[tuple[float, tuple[int, int]]] = []
    best = 0.0
    for pair in _promising_pairs(path.geodesic):
        matrix = _of_pair(path.geodesic.samples, *pair)
        alone = bound_by_laplacian(path, matrix, share, intervals=ROUGH)
        most = MOST_SPENT * max(alone, best) / price
        beginnings = islice(first_layers(path, *pair, most, COARSE), *COMPARED)
        value = max([alone, *(bound_by_laplacian(path, matrix, share, b, ROUGH) for b in beginnings)])
        found.append((value, pair))
        best = max(best, value)
    for value, pair in sorted(found, reverse=True)[:FINALISTS]:
        if value <= 0.0:
            break
        matrix = _of_pair(path.geodesic.samples, *pair)
        fine = list(first_layers(path, *pair, MOST_SPENT * best / price, FINE))
        rough = [bound_by_laplacian(path, matrix, share, beginning, ROUGH) for beginning in fine]
        best = max(best, bound_by_laplacian(path, matrix, share, fine[int(np.argmax(rough))]))
    return best


def _of_pair(count: int, first: int, second: int) -> Float[np.ndarray, "N N"]:
    """The Laplacian of two samples, with largest eigenvalue one."""
    pair = np.zeros(count)
    pair[first], pair[second] = 1.0, -1.0
    return np.outer(pair, pair) / 2.0


def _promising_pairs(geodesic: RepresentationGeodesic) -> list[tuple[int, int]]:
    """Pairs by (L̃ + log growth)² + angle², best first, where the start counts as half as far as its features are."""
    start, pulled = geodesic.initial_representations, geodesic.readout.T @ geodesic.targets
    i, j = np.triu_indices(geodesic.samples, 1)
    near, far = start[:, i] - start[:, j], pulled[:, i] - pulled[:, j]
    features = geodesic.features(start)
    apart, asked = np.linalg.norm(near, axis=0), np.linalg.norm(far, axis=0)
    seen = np.linalg.norm(features[:, i] - features[:, j], axis=0)
    least = NOTHING * max(float(apart.max(initial=0.0)), 1e-300)
    told_apart = np.maximum(np.minimum(seen, apart), LEAST_SEEN * apart + least)
    growth = np.log(np.maximum(asked, 1e-300)) - (np.log(np.maximum(apart, least)) + np.log(told_apart)) / 2.0
    cosine = np.sum(near * far, axis=0) / np.maximum(apart * asked, 1e-300)
    promise = np.maximum(geodesic.effective_depth + growth, 0.0) ** 2 + np.arccos(np.clip(cosine, -1.0, 1.0)) ** 2
    return [(int(i[k]), int(j[k])) for k in np.argsort(-promise)[:PAIRS] if asked[k] > 0.0]


def _squared_distances(columns: Float[np.ndarray, "d N"]) -> Float[np.ndarray, "N N"]:
    return np.asarray(np.sum((columns[:, :, None] - columns[:, None, :]) ** 2, axis=0))


def bound_without_bias(path: PathToBound, sample: int) -> float:
    """The bound on J_n* of one sample where no bias acts: M = e_n e_nᵀ, for which σ(0) = 0 is enough."""
    single = np.zeros((path.geodesic.samples, path.geodesic.samples))
    single[sample, sample] = 1.0
    return bound_by_laplacian(path, single, 1.0)


def bound_by_laplacian(
    path: PathToBound,
    matrix: Float[np.ndarray, "N N"],
    weight: float,
    beginning: Beginning = NO_LAYERS,
    intervals: int = GRID,
) -> float:
    """The bound by D = AM^½.

    Parameters
    ----------
    path : PathToBound
        Whose cost is bounded.
    matrix : (N, N)
        M.
    weight : float
        Of the data term: 1/N, or 1 for a single sample.
    beginning : Beginning
        What the first layers can do to the difference, where M is that of a pair.
    intervals : int
        Of the grid on which the end is sought.
    """
    geodesic = path.geodesic
    y, start = geodesic.targets, geodesic.initial_representations
    pulled = geodesic.readout.T @ y
    size, reach, first = (float(np.sqrt(max(np.sum((part @ matrix) * part), 0.0))) for part in (y, pulled, start))
    if size <= NOTHING * max(float(np.linalg.norm(y)), 1e-300):
        return 0.0
    if reach <= NOTHING * size:
        # The readout cannot see this part of the targets at all.
        return 0.0 if geodesic.end.fixed else weight * size**2
    p = reach / size
    # Where D_0 = 0, D stays so; a tiny one in its place only lowers the bound.
    first = max(first, 1e-100)
    cosine = float(np.sum((pulled @ matrix) * start)) / (reach * first)
    angle = float(np.arccos(np.clip(cosine, -1.0, 1.0)))
    if path.steps is not None and np.any(1.0 - path.steps * geodesic.effective_depth < 0):
        angle = 0.0  # such a layer turns D by itself
    last, origin = np.log(size / p), np.log(first)

    def lines(nu: np.ndarray, eta: np.ndarray) -> np.ndarray:
        ends = _from_start(nu, eta, angle) if beginning is NO_LAYERS else _from_disc(nu, eta, angle, beginning)
        return np.asarray(ends - nu * origin + _path_minimum(path, nu, eta, beginning))

    def misfit(end: np.ndarray) -> np.ndarray:
        return np.asarray(np.maximum(size - p * np.exp(end), 0.0) ** 2)

    nu, eta = _multipliers(geodesic.effective_depth, last - origin, angle, geodesic.end.fixed)
    offsets = lines(nu, eta)
    for _ in range(POLISHES if intervals >= GRID else 1):
        worst = path.least_over_ends(nu, offsets, last, misfit, weight, costs=beginning.costs, intervals=ROUGH)
        best = int(np.argmax(nu * worst.end + offsets[worst.choice]))
        pair = _narrowed(lines, float(nu[best]), float(eta[best]), worst, turns=angle > 0)
        nu, eta = np.append(nu, pair[0]), np.append(eta, pair[1])
        offsets = np.append(offsets, lines(*(np.array([x]) for x in pair)), axis=1)
    return path.least_over_ends(nu, offsets, last, misfit, weight, costs=beginning.costs, intervals=intervals).value


def _from_start(nu: np.ndarray, eta: np.ndarray, angle: float) -> Float[np.ndarray, "1 J"]:
    """min over the turn φ ≥ 0 of ηφ − ν log cos(α − φ)."""
    turn = np.maximum(angle - np.arctan2(eta, nu), 0.0)
    return np.asarray(eta * turn - nu * np.log(np.cos(angle - turn)))[None]


def _from_disc(nu: np.ndarray, eta: np.ndarray, angle: float, beginning: Beginning) -> Float[np.ndarray, "I J"]:
    """The same where D_0 has moved by up to r_i‖D_0‖, and shrunk by Π; −∞ where it may be anywhere.

    Notes
    -----
    With D_0 at 1 and the target above, D/(Π‖D_0‖) is a z with |z − 1| ≤ r, and its angle to the target is at least
    α − arg z. The least ηφ − ν log cos over all φ is η(α − arg z − ψ) − ν log cos ψ with ψ = arctan(η/ν). What remains,
    −ν log|z| − η arg z, is harmonic: its minimum lies on the circle z = 1 + re^{it}, where sin(t − ψ) = r sin ψ, or at
    t = π.
    """
    psi, reaches = np.arctan2(eta, nu), beginning.reaches[:-1, None]
    sines = reaches * np.sin(psi)
    least = np.full((reaches.size, nu.size), np.inf)
    for t in (psi + np.arcsin(np.minimum(sines, 1.0)), np.full(sines.shape, np.pi)):
        real, imaginary = 1.0 + reaches * np.cos(t), np.abs(reaches * np.sin(t))
        with np.errstate(divide="ignore"):  # log 0, the worst of starts
            logarithm = np.log(np.hypot(real, imaginary))
        least = np.minimum(least, -nu * logarithm - eta * np.arctan2(imaginary, real))
    inside = least + eta * (angle - psi) - nu * np.log(np.cos(psi)) - nu * np.log(beginning.leak)
    return np.append(inside, np.full((1, nu.size), -np.inf), axis=0)


def _narrowed(
    lines: Callable[[np.ndarray, np.ndarray], np.ndarray], nu: float, eta: float, worst: Worst, turns: bool
) -> tuple[float, float]:
    """The pair near (ν, η) whose line is highest at the worst end and choice, by ever finer grids."""
    window = WINDOW
    for _ in range(ZOOMS):
        nus = nu * (1.0 + window * ZOOM)
        etas = np.maximum(eta + window * max(eta, nu) * ZOOM, 0.0) if turns else np.zeros(1)
        grid = tuple(part.ravel() for part in np.meshgrid(nus, etas))
        best = int(np.argmax(grid[0] * worst.end + lines(*grid)[worst.choice]))
        nu, eta = float(grid[0][best]), float(grid[1][best])
        window *= 0.5
    return nu, eta


def _multipliers(depth: float, growth: float, angle: float, fixed: bool) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (ν, η) near the optimum of (L̃ + Δ)² + φ² for ends between almost nothing and all of the target."""
    ends = growth + (np.zeros(1) if fixed else np.log(np.linspace(0.05, 1.0, TARGETS)))
    turns = np.linspace(max(0.0, angle - 1.5), angle, 60)
    lengths = np.maximum(depth + ends[:, None] - np.log(np.cos(angle - turns)), 0.0)
    best = np.argmin(lengths**2 + turns**2, axis=1)
    rows = np.arange(ends.size)
    nu, eta = 2.0 * np.maximum(lengths[rows, best], 1e-3), 2.0 * turns[best]
    pairs = [np.stack([nu * f, eta * f * t]) for f in FACTORS for t in (TILTS if angle > 0 else TILTS[:1])]
    both = np.concatenate(pairs, axis=1)
    return both[0], both[1]


def _path_minimum(path: PathToBound, nu: np.ndarray, eta: np.ndarray, beginning: Beginning) -> np.ndarray:
    """Σ over the layers that are left of the inner minimum; νL̃ − (ν² + η²)/4 per depth for the continuous path."""
    if path.steps is None:
        return np.asarray((1.0 - beginning.depth) * (nu * path.geodesic.effective_depth - (nu**2 + eta**2) / 4.0))
    kinds = path.kinds(beginning.layers)
    return np.asarray(sum(count * layer_minimum(step, leak, nu, eta) for step, leak, count in kinds))


def layer_minimum(step: float, leak: float, nu: np.ndarray, eta: np.ndarray) -> np.ndarray:
    """min over r > 0 and 0 ≤ φ ≤ π of h = (r² − 2cr cos φ + c²)/ρ − ν log r − ηφ.

    Parameters
    ----------
    step, leak : float
        ρ, and c ≥ 0.
    nu, eta : (n,)
        ν > 0 and η ≥ 0, pair by pair.

    Notes
    -----
    In r it is convex in log r or rises from its one stationary point, r(φ) = (c cos φ + √(c²cos²φ + 2νρ))/2. Then
    dh/dφ = 2c r(φ) sin φ/ρ − η, and r sin φ rises up to cos²φ = c²/(2(c² + νρ)) and falls from there on: h is convex,
    then concave, in φ. Its least value is at the root on the convex part, or at φ = π.
    """

    def radius(phi: np.ndarray) -> np.ndarray:
        along = leak * np.cos(phi)
        return np.asarray((along + np.sqrt(along**2 + 2.0 * nu * step)) / 2.0)

    def value(phi: np.ndarray) -> np.ndarray:
        r = radius(phi)
        return np.asarray((r**2 - 2 * leak * r * np.cos(phi) + leak**2) / step - nu * np.log(r) - eta * phi)

    high = np.arccos(np.sqrt(leak**2 / (2.0 * (leak**2 + nu * step))))
    low = np.zeros_like(high)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        rises = 2.0 * leak * radius(middle) * np.sin(middle) >= eta * step
        low, high = np.where(rises, low, middle), np.where(rises, middle, high)
    return np.asarray(np.minimum(value((low + high) / 2), value(np.full_like(nu, np.pi))))
