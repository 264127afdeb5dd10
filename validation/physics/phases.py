"""The bottleneck: its rank with the evidence for it, the three phases along p, and their two time scales.

1. Count the singular values of W above L̃/2, layer by layer.
2. The count that lasts longest in p is the rank k*, and its stretch is the bottleneck.
3. Speeds inside and outside of it are the two time scales.
4. Two estimates of the theory, independent of the count, are reported beside it: the cost of identity, from above, and
   −(2/L̃)H, from below.

Inside a bottleneck the representation moves slowly, so that W σ(A) ≈ L̃A. On the directions that are kept, W then has
singular values of the order of L̃, and almost none elsewhere. The least count is not k*: the first layers of an optimal
path, which only let directions decay, may show fewer.
Source: Jacot and Kaiser, arXiv:2405.17573, the separation of time scales and figure 1.
"""

from dataclasses import dataclass

import numpy as np

from geodepth.foundation.shapes import Float, Int
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath

from .path_energies import Energies, compute_energies


@dataclass(frozen=True, slots=True, eq=False)
class RankEvidence:
    """What speaks for a bottleneck rank k*.

    Attributes
    ----------
    counts : (L,)
        Singular values of W_ℓ above L̃/2.
    gap : float
        σ_k*/σ_{k*+1} of W at the layer of the bottleneck where it is largest; infinite for an exact rank.
    representation_gap : float
        The same for the centred representations.
    cost_of_identity : float
        The least stable one in the bottleneck, which approaches k* from above.
    hamiltonian : float
        The median of −(2/L̃)H in the bottleneck, which approaches k* from below.
    agrees : bool
        Whether rounding both up or to the nearest gives k*.
    """

    counts: Int[np.ndarray, " L"]
    gap: float
    representation_gap: float
    cost_of_identity: float
    hamiltonian: float
    agrees: bool


@dataclass(frozen=True, slots=True, eq=False)
class Phases:
    """The bottleneck of a path: its rank k*, its extent in p, and the speeds outside and inside.

    Attributes
    ----------
    rank : int
        k*.
    evidence : RankEvidence
    start, end : float
        p where compression ends and where expansion begins.
    has_bottleneck : bool
        False where the path keeps one rank; then start = 0 and end = 1.
    fast, slow : float
        The largest ‖∂_pA‖_{K+γ_pI} outside the bottleneck, and the least inside, per unit of p.
    fast_ratio, slow_ratio : float
        The same over L̃: of order one, and small where time scales separate.
    """

    rank: int
    evidence: RankEvidence
    start: float
    end: float
    has_bottleneck: bool
    fast: float
    slow: float
    fast_ratio: float
    slow_ratio: float

    @property
    def sentence(self) -> str:
        """The phases in one line."""
        support = "supported" if self.evidence.agrees else "not supported"
        where = f"for {self.start:.2f} ≤ p ≤ {self.end:.2f}" if self.has_bottleneck else "throughout"
        return (
            f"rank {self.rank} {where}, {support} by the cost of identity {self.evidence.cost_of_identity:.3g} and "
            f"−(2/L̃)H = {self.evidence.hamiltonian:.3g}; speeds {self.fast_ratio:.2g} L̃ and {self.slow_ratio:.2g} L̃"
        )


def find_phases(path: RepresentationPath, energy: Energies | None = None) -> Phases:
    """Find the phases of a path.

    Parameters
    ----------
    path : RepresentationPath
    energy : Energies, optional
        What `compute_energies` says of the path, to save measuring it again.

    Raises
    ------
    ValidationError
        L̃ = 0, where W has no scale.
    """
    depth = path.effective_depth
    if depth == 0.0:
        raise ValidationError("effective_depth is 0: a plain ResNet has no bottleneck scale; give a path with L̃ > 0")
    measured = compute_energies(path) if energy is None else energy
    counts = np.sum(measured.weight_singular_values > 0.5 * depth, axis=1)
    first, last = _longest_run(counts, path.positions)
    rank = int(counts[first])
    inside = np.zeros(path.layers, dtype=bool)
    inside[first:last] = True
    speed = np.sqrt(2.0 * depth * measured.relative.kinetic)
    outside = speed[~inside] if (~inside).any() else speed
    slow, fast = float(np.min(speed[inside])), float(np.max(outside))
    evidence = _evidence(path, measured, counts, rank, inside)
    return Phases(
        rank=rank,
        evidence=evidence,
        start=float(path.positions[first]),
        end=float(path.positions[last]),
        has_bottleneck=bool((counts[:first] > rank).any() or (counts[last:] > rank).any()),
        fast=fast,
        slow=slow,
        fast_ratio=fast / depth,
        slow_ratio=slow / depth,
    )


def _evidence(
    path: RepresentationPath,
    energy: Energies,
    counts: Int[np.ndarray, " L"],
    rank: int,
    inside: Float[np.ndarray, " L"],
) -> RankEvidence:
    A = path.representations[:-1][inside]
    centred = np.linalg.svd(A - A.mean(axis=2, keepdims=True), compute_uv=False)
    identity = float(energy.relative.cost_of_identity[inside].min())
    hamiltonian = float(np.median(energy.scaled_hamiltonian[inside]))
    # From above and from below: half a rank on either side still rounds to k*, and the Hamiltonian may lag by one.
    agrees = bool(rank - 1.0 < hamiltonian < rank + 0.5 and rank - 0.5 < identity < rank + 1.0)
    gap = _largest_gap(energy.weight_singular_values[inside], rank)
    return RankEvidence(counts, gap, _largest_gap(centred, rank), identity, hamiltonian, agrees)


def _largest_gap(values: Float[np.ndarray, "l m"], rank: int) -> float:
    if rank == 0 or rank >= values.shape[1]:
        return float("nan") if rank == 0 else float("inf")
    above, below = values[:, rank - 1], values[:, rank]
    floor = np.finfo(float).eps * values[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.max(np.where(below > floor, above / below, np.where(above > floor, np.inf, 0.0))))


def _longest_run(counts: Int[np.ndarray, " L"], positions: Float[np.ndarray, " L+1"]) -> tuple[int, int]:
    """First layer and one past the last of the constant stretch that is longest in p, of equal ones the lowest."""
    edges = np.concatenate([[0], np.flatnonzero(np.diff(counts)) + 1, [len(counts)]])
    starts, ends = edges[:-1], edges[1:]
    lengths = np.round(positions[ends] - positions[starts], 9)
    longest = int(np.lexsort((counts[starts], -lengths))[0])
    return int(starts[longest]), int(ends[longest])
