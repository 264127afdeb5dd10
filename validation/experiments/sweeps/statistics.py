"""Statistics over seeds: medians with intervals, and effects paired over seeds.

Intervals of medians. With ten seeds the usual percentile bootstrap of a median covers less than it says (93 % where 95
is asked for, less for skewed data), because the resampled median only takes the sample's own values and the sample's
extremes are rarely among them. Its quantiles are known exactly, without resampling: it is the binomial distribution of
order statistics (Efron 1982, chapter 10). What is used here is the order-statistic interval with the interpolation of
Hettmansperger and Sheather (Statistics & Probability Letters 4, 1986, 75-79), whose coverage is the nominal one to
within a percent for n ≥ 6 and any continuous distribution that is near symmetric; tests simulate it.
Below six values even the sample's whole range covers less than 95 %: then the range is given, with its coverage.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from geodepth.foundation.shapes import Float
from geodepth.validation.errors import ValidationError


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its interval.

    Attributes
    ----------
    estimate, low, high : float
        In units of the values.
    count : int
        How many values it is over.
    coverage : float
        What the interval claims, from 0 to 1.
    """

    estimate: float
    low: float
    high: float
    count: int
    coverage: float

    def __str__(self) -> str:
        return f"{self.estimate:.3g} [{self.low:.3g}, {self.high:.3g}]"


def median_interval(values: ArrayLike | Sequence[float | None], coverage: float = 0.95) -> Interval:
    """The median and its interval; with fewer than six values (for 95 %) the range, and the coverage that it has.

    Parameters
    ----------
    values : (n,)
        Those that are None or nan count as missing.
    coverage : float
        What is asked for, from 0 to 1.

    Raises
    ------
    ValidationError
        No value is left.

    Notes
    -----
    Source: Hettmansperger and Sheather (1986); see the head of this file.
    """
    x = np.sort(present(values))
    n = len(x)
    if n == 0:
        raise ValidationError("values are empty; give at least one number")
    inside = _order_coverages(n)
    wanted = coverage
    if inside[0] <= wanted:
        return Interval(float(np.median(x)), float(x[0]), float(x[-1]), n, float(inside[0]))
    # x_(k+1) … x_(n−k) covers enough, one order statistic further inside does not.
    outer = int(np.flatnonzero(inside >= wanted)[-1])
    inner_coverage = float(inside[outer + 1]) if outer + 1 < len(inside) else 0.0
    share = (inside[outer] - wanted) / (inside[outer] - inner_coverage)
    weight = (n - outer - 1) * share / (outer + 1 + (n - 2 * (outer + 1)) * share)
    last = n - 1 - outer
    low = (1.0 - weight) * x[outer] + weight * x[min(outer + 1, n - 1)]
    high = (1.0 - weight) * x[last] + weight * x[max(last - 1, 0)]
    return Interval(float(np.median(x)), float(low), float(high), n, coverage)


def _order_coverages(n: int) -> Float[np.ndarray, " h"]:
    """P(x_(k+1) ≤ median ≤ x_(n−k)) = 1 − 2 P(Binomial(n, ½) ≤ k) for k = 0, 1, … below n/2."""
    from scipy.stats import binom

    return np.asarray(1.0 - 2.0 * binom.cdf(np.arange((n + 1) // 2), n, 0.5))


def bootstrap_median_interval(
    values: ArrayLike, coverage: float = 0.95, resamples: int = 2000, seed: int = 0
) -> Interval:
    """The plain percentile bootstrap of the median, for comparison: it covers too little for few values.

    Parameters
    ----------
    values, coverage
        See `median_interval`.
    resamples, seed : int
        How many samples are drawn, and the seed of the draws.

    Raises
    ------
    ValidationError
        No value is left.
    """
    x = present(values)
    if len(x) == 0:
        raise ValidationError("values are empty; give at least one number")
    drawn = np.random.default_rng(seed).integers(len(x), size=(resamples, len(x)))
    low, high = np.quantile(np.median(x[drawn], axis=1), [0.5 - coverage / 2, 0.5 + coverage / 2])
    return Interval(float(np.median(x)), float(low), float(high), len(x), coverage)


def share_interval(found: ArrayLike, tried: ArrayLike, coverage: float = 0.95) -> Interval:
    """The share of successes and Wilson's interval, widened where trials of a group resemble each other.

    Parameters
    ----------
    found, tried : (groups,)
        Successes and trials of each group, networks on one data set, say.
    coverage : float
        From 0 to 1.

    Returns
    -------
    Interval
        Its count is that of all trials.

    Raises
    ------
    ValidationError
        No trial, or counts that cannot be.

    Notes
    -----
    The variance of a share over groups, over the one of independent trials, is the design effect, at least 1. Trials
    count as that many fewer, but never fewer than there are groups; where all succeed or all fail, nothing tells how
    alike they are, and only groups count. Trials of a single group all count.
    Source: E. B. Wilson, Journal of the American Statistical Association 22 (1927); L. Kish, Survey Sampling (1965).
    """
    from scipy.special import ndtri

    hits, trials = np.asarray(found, dtype=float), np.asarray(tried, dtype=float)
    if hits.shape != trials.shape or trials.sum() <= 0.0 or (hits < 0.0).any() or (hits > trials).any():
        raise ValidationError(
            f"found is {found!r} of tried {tried!r}; give counts of successes among at least one trial"
        )
    hits, trials = hits[trials > 0.0], trials[trials > 0.0]
    n, groups, share = trials.sum(), len(trials), hits.sum() / trials.sum()
    alone = share * (1.0 - share) / n
    between = groups / max(groups - 1, 1) * np.sum((hits - share * trials) ** 2) / n**2
    effective = float(n if groups == 1 else groups)
    if alone > 0.0 and groups > 1:
        effective = n / np.clip(between / alone, 1.0, n / groups)
    z2 = float(ndtri(0.5 + coverage / 2.0)) ** 2 / effective
    middle = (share + 0.5 * z2) / (1.0 + z2)
    half = np.sqrt(z2 * (share * (1.0 - share) + 0.25 * z2)) / (1.0 + z2)
    return Interval(float(share), float(max(middle - half, 0.0)), float(min(middle + half, 1.0)), int(n), coverage)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a treatment changes, paired over seeds.

    Attributes
    ----------
    difference : Interval
        The median of treatment − control.
    ratio : Interval, optional
        The median of treatment/control; None where a value is not positive.
    standardized : Interval
        Hedges' g of the differences: their mean over their deviation, corrected for few pairs, with the interval of the
        noncentral t distribution.
    better : float
        The share of pairs in which the treatment is the smaller one.
    """

    difference: Interval
    ratio: Interval | None
    standardized: Interval
    better: float

    @property
    def clear(self) -> bool:
        """Whether the interval of the difference leaves out zero."""
        return self.difference.low > 0.0 or self.difference.high < 0.0


def paired_effect(treatment: ArrayLike, control: ArrayLike, coverage: float = 0.95) -> Effect:
    """The effect over pairs.

    Parameters
    ----------
    treatment, control : (n,)
        One value per seed each. Pairs of which one is missing are left out.
    coverage : float
        Of the intervals, from 0 to 1.

    Raises
    ------
    ValidationError
        The lengths differ, or there are fewer than two whole pairs.
    """
    left, right = np.asarray(treatment, dtype=float), np.asarray(control, dtype=float)
    if left.shape != right.shape or left.ndim != 1:
        raise ValidationError(f"treatment has shape {left.shape} and control {right.shape}; give one value a seed each")
    whole = np.isfinite(left) & np.isfinite(right)
    left, right = left[whole], right[whole]
    if len(left) < 2:
        raise ValidationError(f"there are {len(left)} whole pairs; give at least 2")
    difference = left - right
    ratio = None
    if (left > 0.0).all() and (right > 0.0).all():
        logs = median_interval(np.log(left / right), coverage)
        ratio = Interval(
            float(np.exp(logs.estimate)), float(np.exp(logs.low)), float(np.exp(logs.high)), logs.count, logs.coverage
        )
    return Effect(
        median_interval(difference, coverage),
        ratio,
        standardized_mean(difference, coverage),
        float(np.mean(difference < 0.0)),
    )


def standardized_mean(values: ArrayLike, coverage: float = 0.95) -> Interval:
    """Hedges' g of one sample against zero: mean over deviation, corrected for its bias with few values.

    Parameters
    ----------
    values : (n,)
        Those that are None or nan count as missing.
    coverage : float
        Of the interval, from 0 to 1.

    Returns
    -------
    Interval
        nan where the deviation is zero.

    Notes
    -----
    The interval inverts the noncentral t distribution.
    Source: Hedges and Olkin (1985), chapters 5 and 6.
    """
    from scipy.special import gammaln

    x = present(values)
    n = len(x)
    deviation = float(np.std(x, ddof=1)) if n > 1 else 0.0
    if deviation == 0.0:
        return Interval(float("nan"), float("nan"), float("nan"), n, coverage)
    size = float(np.mean(x)) / deviation
    freedom = n - 1
    correction = np.exp(gammaln(freedom / 2) - gammaln((freedom - 1) / 2)) / np.sqrt(freedom / 2) if n > 2 else 1.0
    t = size * np.sqrt(n)
    low, high = (_noncentrality(t, freedom, p) / np.sqrt(n) for p in (0.5 + coverage / 2, 0.5 - coverage / 2))
    return Interval(float(correction * size), float(low), float(high), n, coverage)


def _noncentrality(t: float, freedom: int, probability: float) -> float:
    """The noncentrality δ for which P(T ≤ t) = probability; it falls as δ grows, through ½ near δ = t."""
    from scipy.optimize import brentq
    from scipy.stats import nct

    def excess(delta: float) -> float:
        return float(nct.cdf(t, freedom, delta)) - probability

    # Outwards in short steps: far out the distribution function of SciPy is nan.
    stride = (1.0 + 0.2 * abs(t)) * (1.0 if probability < 0.5 else -1.0)
    near, far = t, t + stride
    while excess(far) * stride > 0.0:
        near, far = far, far + stride
    return float(brentq(excess, min(near, far), max(near, far), xtol=1e-6))


def present(values: ArrayLike | Sequence[float | None]) -> Float[np.ndarray, " n"]:
    """The finite values, None left out."""
    given = np.asarray(values, dtype=float).ravel()
    return np.asarray(given[np.isfinite(given)])
