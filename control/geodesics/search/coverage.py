"""Coverage: what the random starts say of the minima that they missed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .minima import GeodesicMinimum


@dataclass(frozen=True, slots=True)
class Coverage:
    """What n random starts that converged, and the d distinct minima they found, say of the minima they did not find.

    All but the first three are 1 or infinite where nothing is known, which is for n < 2.

    Attributes
    ----------
    starts : int
        n.
    distinct : int
        d.
    best_found : int
        How many of the random starts found the best minimum.
    unseen : float
        Probability that the next start ends in a minimum not found yet: f₁/n, with f₁ the minima found once.
    bayesian_unseen : float
        The same as a posterior mean: d(d + 1)/(n(n − 1)).
    minima : float
        Posterior mean of the number of minima: d(n − 1)/(n − d − 2), infinite for n ≤ d + 2.
    better : float
        Probability that the next start finds a better minimum than all d, if a new one is as likely to hold any rank
        among d + 1: bayesian_unseen/(d + 1).
    better_bound : float
        All better minima together are found by less than this share of starts, with 95 % confidence and no assumption
        but independent starts: 1 − 0.05^(1/n).

    Notes
    -----
    Source: Good, Biometrika 40, 1953, for `unseen`; Boender and Rinnooy Kan, Math. Program. 37, 1987, under a uniform
    prior on the sizes of the basins, for the posterior means.
    """

    starts: int
    distinct: int
    best_found: int
    unseen: float = 1.0
    bayesian_unseen: float = 1.0
    minima: float = math.inf
    better: float = 1.0
    better_bound: float = 1.0

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
    """The estimates of `Coverage` for minima, best first, as their random starts found them."""
    counts = [m.found_at_random for m in minima if m.found_at_random > 0]
    n, d = sum(counts), len(counts)
    best = minima[0].found_at_random if minima else 0
    known = Coverage(n, d, best)
    if n < 2:
        return known
    bayesian = min(1.0, d * (d + 1) / (n * (n - 1)))
    return replace(
        known,
        unseen=counts.count(1) / n,
        bayesian_unseen=bayesian,
        minima=d * (n - 1) / (n - d - 2) if n > d + 2 else math.inf,
        better=bayesian / (d + 1),
        better_bound=1.0 - 0.05 ** (1.0 / n),
    )
