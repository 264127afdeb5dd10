"""Rigorous lower bounds on the global optimum of a geodesic, for a network of given steps or for the continuous path.

Two bounds, each valid for every path, and the larger is taken; c_ℓ = 1 − ρ_ℓL̃, μ = λ/(2L̃), s_ℓ = ‖W_ℓ‖_F.

**Differences of samples.** Let M ⪯ I be a Laplacian of the samples with weights of at least zero, and D_ℓ = A_ℓM^½.
The bias cancels in differences, and σ is 1-Lipschitz entrywise, so ‖σ(A)M^½‖_F ≤ ‖D‖_F: the step of D is
D_ℓ = c_ℓD_{ℓ−1} + ρ_ℓE with ‖E‖_F ≤ s_ℓ‖D_{ℓ−1}‖_F. Let r be the factor by which ‖D‖ grows in a layer, φ the angle by
which it turns: ρ_ℓ²s_ℓ² ≥ r² − 2c_ℓ r cos φ + c_ℓ². Logarithms of growth add, and angles add at least (the triangle
inequality on the sphere), so for all ν, η ≥ 0

    Σρ_ℓs_ℓ² ≥ ν log(‖D_L‖/‖D_0‖) + η∠(D_0, D_L) + Σ_ℓ min_{r, φ}[(r² − 2c_ℓ r cos φ + c_ℓ²)/ρ_ℓ − ν log r − ηφ],

weak duality; the inner minimum is known up to one monotone root (`_layer_minimum`). In the limit of many layers this is
∫‖W‖² ≥ (L̃ + log(‖D_1‖/‖D_0‖))² + ∠². The data term is at least (1/N)(‖YM^½‖ − g)₊², g = ⟨PA_LM^½, YM^½⟩/‖YM^½‖, and
g needs ‖D_L‖cos(α − φ) ≥ g/p with p = ‖PᵀYM^½‖/‖YM^½‖ and α the angle between D_0 and PᵀYM^½. What is left is the
minimum over one number, g, of a decreasing and an increasing function, taken on intervals by their worse ends.

**One sample at a time.** J* ≥ (1/N)Σ_n J_n*, J_n* the optimum of sample n alone: every path of all serves each. With
q = ‖a‖ and a bias, ‖σ(a)‖² + 1 ≤ q² + 1, so q_ℓ ≤ |c_ℓ|q_{ℓ−1} + ρ_ℓs_ℓ√(q_{ℓ−1}² + 1), and for all ν ≥ 0

    Σρ_ℓs_ℓ² ≥ (ν/2) log((1 + q_L²)/(1 + q_0²)) − Σ_ℓ max_{t, s}[(ν/2) log(1 − t² + (|c_ℓ|t + ρ_ℓs)²) − ρ_ℓs²],

t = q/√(1 + q²) in [0, 1]; the maximum is in closed form. The data term is at least (‖y_n‖ − ‖P‖q_L)₊². Without a bias
the first bound serves, with M = e_n e_nᵀ, for which σ(0) = 0 is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from geodepth.control.geodesics.statement.layer_steps import check_layer_steps
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.foundation.shapes import Float

# Any multipliers give a valid bound; these many are tried, around those of the continuous problem's optimum.
TARGETS, FACTORS, TILTS = 10, np.geomspace(0.7, 1 / 0.7, 3), np.array([0.0, 1.0])
# Then the grid is narrowed around the best pair at the worst end, so many times.
POLISHES, ZOOMS, ZOOM, WINDOW = 3, 9, np.linspace(-1.0, 1.0, 5), 0.4
GRID, BISECTIONS, MOST_SAMPLES = 3000, 44, 800
SAFETY = 1e-9  # relative, far above the rounding of these sums


@dataclass(frozen=True, slots=True)
class LowerBound:
    """No path whatever costs less than `value`: the larger of the bound by differences and that by single samples."""

    value: float
    differences: float
    single_samples: float

    def gap(self, cost: float) -> float:
        """(cost − value)/cost, of a path whose cost is known: at most so much can be saved."""
        return (cost - self.value) / cost if cost > 0 else 0.0


def lower_bound(geodesic: RepresentationGeodesic, layer_steps: Float[np.ndarray, " L"] | None = None) -> LowerBound:
    """A rigorous lower bound on J over all paths: of the network with these steps, or of the continuous problem.

    For cross-entropy the differences say nothing, and the single samples use −log softmax ≥ log(1 + (d−1)e^{−√2‖z‖}).
    For a smoothed ReLU, whose σ(0) > 0, only differences count. The module's docstring has the proofs.
    """
    steps = None if layer_steps is None else check_layer_steps(geodesic, len(layer_steps), layer_steps)
    differences = 0.0
    if geodesic.loss == "squared":
        differences = max((_of_laplacian(geodesic, steps, m) for m in _laplacians(geodesic)), default=0.0)
    singles = 0.0
    if not geodesic.smoothing and (geodesic.bias or geodesic.loss == "squared"):
        one = _of_biased_sample if geodesic.bias else _of_free_sample
        bounds = [one(geodesic, steps, n) for n in range(geodesic.samples)]
        # With a fixed end every bound is on the same penalty: the largest holds, not only the mean.
        singles = max(bounds) if geodesic.end.fixed else float(np.mean(bounds))
    safe = [max(0.0, b * (1 - SAFETY)) for b in (differences, singles)]
    return LowerBound(max(safe), safe[0], safe[1])


def _laplacians(geodesic: RepresentationGeodesic) -> Iterator[Float[np.ndarray, "N N"]]:
    """Candidates with largest eigenvalue one: all pairs alike, pairings far in Y and close in X, the steepest pairs."""
    from scipy.optimize import linear_sum_assignment

    count = geodesic.samples
    if count < 2:
        return
    yield np.eye(count) - np.full((count, count), 1.0 / count)
    if count > MOST_SAMPLES:
        return
    far, close = _squared_distances(geodesic.targets), _squared_distances(geodesic.initial_representations)
    scale = far.sum() / max(float(close.sum()), 1e-300)
    seen = set()
    for price in np.geomspace(1e-2, 1e2, 9):
        chosen = linear_sum_assignment(price * scale * close - far)[1]
        if chosen.tobytes() in seen:
            continue
        seen.add(chosen.tobytes())
        cycle = np.eye(count) - np.eye(count)[chosen]
        laplacian = cycle.T @ cycle
        largest = float(np.linalg.eigvalsh(laplacian)[-1])
        if largest > 0:
            yield laplacian / largest
    ratio = np.triu(far / np.maximum(close, 1e-12 * max(float(close.max()), 1e-300)), 1)
    for place in np.argsort(ratio, axis=None)[-3:]:
        pair = np.zeros(count)
        i, j = np.unravel_index(place, ratio.shape)
        pair[i], pair[j] = 1.0, -1.0
        if i != j:
            yield np.outer(pair, pair) / 2.0


def _squared_distances(columns: Float[np.ndarray, "d N"]) -> Float[np.ndarray, "N N"]:
    return np.asarray(np.sum((columns[:, :, None] - columns[:, None, :]) ** 2, axis=0))


def _of_free_sample(geodesic: RepresentationGeodesic, steps: Float[np.ndarray, " L"] | None, sample: int) -> float:
    single = np.zeros((geodesic.samples, geodesic.samples))
    single[sample, sample] = 1.0
    return _of_laplacian(geodesic, steps, single, weight=1.0)


def _of_laplacian(
    geodesic: RepresentationGeodesic,
    steps: Float[np.ndarray, " L"] | None,
    matrix: Float[np.ndarray, "N N"],
    weight: float | None = None,
) -> float:
    """The bound by D = AM^½; `weight` is that of the data term, 1/N by default."""
    y, start = geodesic.targets, geodesic.initial_representations
    pulled = geodesic.readout.T @ y
    size = float(np.sqrt(max(np.sum((y @ matrix) * y), 0.0)))
    reach = float(np.sqrt(max(np.sum((pulled @ matrix) * pulled), 0.0)))
    first = float(np.sqrt(max(np.sum((start @ matrix) * start), 0.0)))
    if size <= 1e-12 * max(float(np.linalg.norm(y)), 1e-300):
        return 0.0
    if reach <= 1e-12 * size:
        # The readout cannot see this part of the targets at all.
        return 0.0 if geodesic.end.fixed else (weight or 1.0 / geodesic.samples) * size**2
    p = reach / size
    # Where D_0 = 0, D stays so; a tiny one in its place only lowers the bound.
    first = max(first, 1e-100)
    cosine = float(np.sum((pulled @ matrix) * start)) / (reach * first)
    angle = float(np.arccos(np.clip(cosine, -1.0, 1.0)))
    if steps is not None and np.any(1.0 - steps * geodesic.effective_depth < 0):
        angle = 0.0  # such a layer turns D by itself
    target, origin = np.log(size / p), np.log(first)
    nu, eta = _multipliers(geodesic.effective_depth, target - origin, angle, geodesic.end.fixed)

    def lines(nu: np.ndarray, eta: np.ndarray) -> np.ndarray:
        turn = np.maximum(angle - np.arctan2(eta, nu), 0.0)
        ends = eta * turn - nu * np.log(np.cos(angle - turn)) - nu * origin
        return np.asarray(ends + _path_minimum(geodesic, steps, nu, eta))

    def misfit(end: np.ndarray) -> np.ndarray:
        return np.asarray(np.maximum(size - p * np.exp(end), 0.0) ** 2)

    offsets = lines(nu, eta)
    for _ in range(POLISHES):
        _, worst = _best_end(geodesic, nu, offsets, target, misfit, weight)
        best = int(np.argmax(nu * worst + offsets))
        pair = _narrowed(lines, float(nu[best]), float(eta[best]), worst, turns=angle > 0)
        nu, eta = np.append(nu, pair[0]), np.append(eta, pair[1])
        offsets = np.append(offsets, lines(*(np.array([x]) for x in pair)))
    return _best_end(geodesic, nu, offsets, target, misfit, weight)[0]


def _narrowed(
    lines: Callable[[np.ndarray, np.ndarray], np.ndarray], nu: float, eta: float, end: float, turns: bool
) -> tuple[float, float]:
    """The pair near (ν, η) whose line is highest at this end, by ever finer grids."""
    window = WINDOW
    for _ in range(ZOOMS):
        nus = nu * (1.0 + window * ZOOM)
        etas = np.maximum(eta + window * max(eta, nu) * ZOOM, 0.0) if turns else np.zeros(1)
        grid = tuple(part.ravel() for part in np.meshgrid(nus, etas))
        best = int(np.argmax(grid[0] * end + lines(*grid)))
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


def _path_minimum(
    geodesic: RepresentationGeodesic, steps: Float[np.ndarray, " L"] | None, nu: np.ndarray, eta: np.ndarray
) -> np.ndarray:
    """Σ over layers of the inner minimum; νL̃ − (ν² + η²)/4 for the continuous path."""
    depth = geodesic.effective_depth
    if steps is None:
        return np.asarray(nu * depth - (nu**2 + eta**2) / 4.0)
    lengths, counts = np.unique(steps, return_counts=True)
    leaks = np.abs(1.0 - lengths * depth)
    return np.asarray(sum(n * _layer_minimum(h, c, nu, eta) for h, c, n in zip(lengths, leaks, counts, strict=True)))


def _layer_minimum(step: float, leak: float, nu: np.ndarray, eta: np.ndarray) -> np.ndarray:
    """min over r > 0 and 0 ≤ φ ≤ π of h = (r² − 2cr cos φ + c²)/ρ − ν log r − ηφ, for ν > 0 and c ≥ 0.

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


def _of_biased_sample(geodesic: RepresentationGeodesic, steps: Float[np.ndarray, " L"] | None, sample: int) -> float:
    """The bound on J_n* with a bias, by the logarithm of 1 + ‖a‖²."""
    y = geodesic.targets[:, sample]
    size, norm = float(np.linalg.norm(y)), float(np.linalg.norm(geodesic.readout, 2))
    first = float(np.sum(geodesic.initial_representations[:, sample] ** 2))
    nu = np.geomspace(1e-2, 1e2, 200) * (1.0 + geodesic.effective_depth)
    # Up to here nothing is subtracted: the best ν of a path with long to go.
    leaks = 1.0 if steps is None else 1.0 - np.max(steps) * geodesic.effective_depth / 2.0
    nu = np.append(nu, max(4.0 * geodesic.effective_depth * leaks, 1e-2))
    offsets = -_largest_gains(geodesic, steps, nu) - nu / 2 * np.log1p(first)
    if geodesic.loss == "cross-entropy":
        classes = y.size

        def misfit(half_log: np.ndarray) -> np.ndarray:
            q = np.sqrt(np.expm1(2.0 * half_log))
            return np.asarray(np.log1p((classes - 1) * np.exp(-np.sqrt(2.0) * norm * q)))

        # Beyond this the misfit is below e^{−40}, which counts as nothing.
        end = 0.5 * np.log1p((40.0 / max(np.sqrt(2.0) * norm, 1e-12)) ** 2)
        return _best_end(geodesic, nu, offsets, end, misfit, 1.0, start=0.0)[0]
    if norm == 0.0:
        return geodesic.end.cost(size**2)
    end = 0.5 * np.log1p((size / norm) ** 2)
    return _best_end(
        geodesic,
        nu,
        offsets,
        end,
        lambda half_log: np.maximum(size - norm * np.sqrt(np.expm1(2.0 * half_log)), 0.0) ** 2,
        1.0,
        start=0.0,
    )[0]


def _largest_gains(
    geodesic: RepresentationGeodesic, steps: Float[np.ndarray, " L"] | None, nu: np.ndarray
) -> np.ndarray:
    """Σ_ℓ max over t and s of (ν/2) log(1 − t² + (ct + ρs)²) − ρs²; ν(ν/4 − L̃)₊ for the continuous path.

    Inside, t = cρs/(1 − c²), and the logarithm's argument is 1 + ρ²s²/(1 − c²); at t = 1 it is (c + ρs)².
    """
    depth = geodesic.effective_depth
    if steps is None:
        return np.asarray(nu * np.maximum(nu / 4.0 - depth, 0.0))
    total = np.zeros_like(nu)
    lengths, counts = np.unique(steps, return_counts=True)
    for step, count in zip(lengths, counts, strict=True):
        leak = abs(1.0 - step * depth)
        edge = np.inf if leak == 0 else max(1.0 - leak**2, 0.0) / (leak * step)
        s = np.maximum((np.sqrt(leak**2 + 2 * step * nu) - leak) / (2 * step), edge)
        gain = np.full_like(nu, -np.inf)
        if np.isfinite(edge):
            gain = nu * np.log(leak + step * s) - step * s**2
        if edge > 0:
            k = step**2 / (1.0 - leak**2)
            squared = np.clip(nu / (2 * step) - 1.0 / k, 0.0, edge**2)
            gain = np.maximum(gain, nu / 2 * np.log1p(k * squared) - step * squared)
        total += count * gain
    return total


def _best_end(
    geodesic: RepresentationGeodesic,
    nu: np.ndarray,
    offsets: np.ndarray,
    target: float,
    misfit: Callable[[np.ndarray], np.ndarray],
    weight: float | None,
    start: float | None = None,
) -> tuple[float, float]:
    """min over ends γ of weight · misfit(γ) + μ max(0, max_j(ν_jγ + offset_j)), from below, and the γ where it is.

    misfit falls and the penalty rises with γ, so an interval's value is at least misfit at its upper end plus the
    penalty at its lower end. Beyond `target` the misfit is nothing; below the first point the penalty counts as zero.
    """
    price = geodesic.weight_decay * geodesic.penalty_scale
    if geodesic.end.fixed:
        return price * max(0.0, float(np.max(nu * target + offsets))), target
    low = target + np.log(1e-3) if start is None else start
    grid = np.linspace(low, target, GRID)
    penalties = np.zeros(GRID)
    for j in range(0, nu.size, 64):
        lines = nu[j : j + 64, None] * grid + offsets[j : j + 64, None]
        np.maximum(penalties, lines.max(axis=0), out=penalties)
    misfits = (weight or 1.0 / geodesic.samples) * misfit(grid)
    inside = misfits[1:] + price * penalties[:-1]
    values = np.concatenate([misfits[:1], inside, price * penalties[-1:]])
    worst = int(np.argmin(values))
    return float(values[worst]), float(grid[max(0, min(worst, GRID) - 1)])
