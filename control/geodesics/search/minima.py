"""The landscape of minima: where many starts ended, which ends are the same minimum, and what may have been missed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geodepth.control.geodesics.certificate.geodesic_certificate import GeodesicCertificate
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.foundation.shapes import Float

SAME_COST = 1e-6
SAME_KERNEL = 1e-3
RANDOM_START = "start "
"""How the origin of a random start begins; given weights are "warm start …", hops "hop …"."""


@dataclass(frozen=True, slots=True, eq=False)
class StartOutcome:
    """Where one start ended: a path of the real network, with its cost and certificate, and whether it converged.

    origin: "start 3" for random starts, "warm start 0" for given weights, "hop 5 from start 3" (hops.py).
    cost is infinite where nothing came of it.
    """

    origin: str
    weights: Float[np.ndarray, "L points w c"]
    momenta: Float[np.ndarray, "L+1 w N"]
    cost: float
    certificate: GeodesicCertificate
    converged: bool
    iterations: int
    seconds: float
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class GeodesicMinimum:
    """A distinct minimum, modulo permutations of neurons: its cost, its weights, and the starts that found it."""

    cost: float
    weights: Float[np.ndarray, "L points w c"]
    found_by: tuple[str, ...]

    @property
    def found_at_random(self) -> int:
        """How many random starts found it; given weights and hops are no independent draws, and do not count."""
        return sum(name.startswith(RANDOM_START) for name in self.found_by)


def distinct_minima(
    geodesic: RepresentationGeodesic, layer_steps: Float[np.ndarray, " L"], outcomes: Sequence[StartOutcome]
) -> tuple[GeodesicMinimum, ...]:
    """The minima in which converged starts ended, best first, each once."""
    ends = [GeodesicMinimum(o.cost, o.weights, (o.origin,)) for o in outcomes if o.converged]
    return merge_minima(geodesic, layer_steps, ends)


def merge_minima(
    geodesic: RepresentationGeodesic, layer_steps: Float[np.ndarray, " L"], minima: Sequence[GeodesicMinimum]
) -> tuple[GeodesicMinimum, ...]:
    """One landscape of several on the same layer steps, best first: equal cost, and equal A_pᵀA_p at every p, is equal.

    The kernels do not change under permutations of neurons, so copies of one minimum fall together.
    """
    groups: list[tuple[GeodesicMinimum, np.ndarray, list[str]]] = []
    for minimum in sorted(minima, key=lambda m: m.cost):
        kernel = _kernels(geodesic, layer_steps, minimum.weights.mean(axis=1))
        for first, other, names in groups:
            close = abs(minimum.cost - first.cost) <= SAME_COST * first.cost
            if close and np.linalg.norm(kernel - other) <= SAME_KERNEL * np.linalg.norm(other):
                names.extend(minimum.found_by)
                break
        else:
            groups.append((minimum, kernel, list(minimum.found_by)))
    return tuple(GeodesicMinimum(first.cost, first.weights, tuple(names)) for first, _, names in groups)


def _kernels(
    geodesic: RepresentationGeodesic, layer_steps: Float[np.ndarray, " L"], weights: Float[np.ndarray, "L w c"]
) -> Float[np.ndarray, "L+1 N N"]:
    path = geodesic.propagate(weights, layer_steps)
    return np.asarray(np.einsum("lin,lim->lnm", path, path))


@dataclass(frozen=True, slots=True)
class Coverage:
    """What n random starts that converged, and the d distinct minima they found, say of the minima they did not find.

    unseen: probability that the next start ends in a minimum not found yet, f₁/n with f₁ the minima found once (Good,
    Biometrika 40, 1953). bayesian_unseen: the same as a posterior mean, d(d+1)/(n(n−1)), and minima: the posterior mean
    of the number of minima, d(n−1)/(n−d−2), infinite for n ≤ d + 2 (Boender and Rinnooy Kan, Math. Program. 37, 1987,
    under a uniform prior on the sizes of the basins). better: probability that the next start finds a better minimum
    than all d, if a new one is as likely to hold any rank among d + 1: bayesian_unseen/(d+1). better_bound: all better
    minima together are found by less than this share of starts, with 95 % confidence and no assumption but independent
    starts: 1 − 0.05^(1/n). All but d, n and best_found are 1 or infinite where nothing is known (n < 2).
    """

    starts: int  # n
    distinct: int  # d
    best_found: int  # random starts that found the best
    unseen: float
    bayesian_unseen: float
    minima: float
    better: float
    better_bound: float

    def __str__(self) -> str:
        expected = f"{self.minima:.1f}" if math.isfinite(self.minima) else "too few starts to say"
        return "\n".join(
            (
                f"best found by         {self.best_found} of {self.starts} random starts",
                f"distinct minima       {self.distinct}; expected in all: {expected}",
                f"next start is new     {self.unseen:.3f} (Good), {self.bayesian_unseen:.3f} (Boender, Rinnooy Kan)",
                f"next start is better  {self.better:.4f}; below {self.better_bound:.3f} with 95 % confidence",
            )
        )


def coverage(minima: Sequence[GeodesicMinimum]) -> Coverage:
    """The estimates of Coverage for minima, best first, as their random starts found them."""
    counts = [m.found_at_random for m in minima if m.found_at_random > 0]
    n, d = sum(counts), len(counts)
    best = minima[0].found_at_random if minima else 0
    if n < 2:
        return Coverage(n, d, best, 1.0, 1.0, math.inf, 1.0, 1.0)
    bayesian = min(1.0, d * (d + 1) / (n * (n - 1)))
    return Coverage(
        starts=n,
        distinct=d,
        best_found=best,
        unseen=counts.count(1) / n,
        bayesian_unseen=bayesian,
        minima=d * (n - 1) / (n - d - 2) if n > d + 2 else math.inf,
        better=bayesian / (d + 1),
        better_bound=1.0 - 0.05 ** (1.0 / n),
    )
