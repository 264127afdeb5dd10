"""Interpolating polynomials on a handful of points: their values, their slopes, and the points themselves.

Source: Berrut and Trefethen, Barycentric Lagrange interpolation, SIAM Review 46 (2004).
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from geodepth.foundation.shapes import Float


def _barycentric(points: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    gaps = points[:, None] - points[None, :] + np.eye(points.size)
    return np.asarray(1.0 / np.prod(gaps, axis=1))


def lagrange(
    points: Sequence[float] | Float[np.ndarray, " n"], at: Sequence[float] | Float[np.ndarray, " m"]
) -> Float[np.ndarray, "m n"]:
    """Row i holds the weights that turn values at the distinct `points` into the polynomial's value at `at[i]`."""
    points, at = np.asarray(points, dtype=float), np.asarray(at, dtype=float)
    gaps = at[:, None] - points[None, :]
    exact = gaps == 0
    terms = _barycentric(points) / np.where(exact, 1.0, gaps)
    hit = exact.any(axis=1, keepdims=True)
    rows = terms / np.where(hit, 1.0, terms.sum(axis=1, keepdims=True))
    return np.where(hit, exact.astype(float), rows)


def differentiation(points: Sequence[float] | Float[np.ndarray, " n"]) -> Float[np.ndarray, "n n"]:
    """Row i holds the weights that turn values at `points` into the interpolating polynomial's slope at point i."""
    points = np.asarray(points, dtype=float)
    weights = _barycentric(points)
    gaps = points[:, None] - points[None, :] + np.eye(points.size)
    matrix = weights[None, :] / weights[:, None] / gaps
    np.fill_diagonal(matrix, 0.0)
    # Constants have slope zero: the diagonal from the row sums, which rounds less than the formula.
    np.fill_diagonal(matrix, -matrix.sum(axis=1))
    return np.asarray(matrix)


def integration(points: Sequence[float] | Float[np.ndarray, " n"]) -> Float[np.ndarray, "n n"]:
    """Row i holds the weights that turn values at `points`, above 0, into the polynomial's integral up to point i."""
    return np.asarray(np.linalg.inv(differentiation((0.0, *points))[1:, 1:]))


def hermite(
    s: Float[np.ndarray, "*n"], ends: tuple[np.ndarray, np.ndarray], rises: tuple[np.ndarray, np.ndarray]
) -> Float[np.ndarray, "*m"]:
    """The cubic on [0, 1] through values at both ends with slopes there.

    Parameters
    ----------
    s : ndarray
        Where it is evaluated.
    ends, rises : (ndarray, ndarray)
        Values and slopes at 0 and at 1; all broadcast against s.
    """
    # An infinite slope gives NaN, which is told where the solve is.
    with np.errstate(invalid="ignore"):
        return np.asarray(
            (1 + 2 * s) * (1 - s) ** 2 * ends[0]
            + s**2 * (3 - 2 * s) * ends[1]
            + s * (1 - s) ** 2 * rises[0]
            - s**2 * (1 - s) * rises[1]
        )


def gauss_points(count: int) -> Float[np.ndarray, " count"]:
    """The zeros of the Legendre polynomial of this degree, on (0, 1)."""
    return np.asarray((np.polynomial.legendre.leggauss(count)[0] + 1) / 2)


@lru_cache
def radau_points(count: int) -> Float[np.ndarray, " count"]:
    """The zeros of P_n − P_{n−1} on (0, 1]: Radau's points that hold the right end; not to be changed."""
    series = np.zeros(count + 1)
    series[count - 1 :] = -1.0, 1.0
    # All zeros are real; newer versions of NumPy return them as complex numbers nevertheless.
    points = np.sort(np.polynomial.legendre.legroots(series).real)
    polynomial, slope = np.polynomial.legendre.Legendre(series), np.polynomial.legendre.Legendre(series).deriv()
    # One Newton step takes the companion matrix's eigenvalues to rounding.
    points = (points - polynomial(points) / slope(points) + 1) / 2
    points[-1] = 1.0
    points.flags.writeable = False
    return np.asarray(points)


def control_kind(points: int) -> str:
    """The control on an interval in a word: "constant", "linear" or the polynomial's degree."""
    return ("constant", "linear")[points - 1] if points <= 2 else f"degree {points - 1}"


def interval_means(
    points: Float[np.ndarray, " points"], values: Float[np.ndarray, "K points nu"]
) -> Float[np.ndarray, "K nu"]:
    """The mean of each interval's control polynomial, by a Gauss quadrature that is exact for it."""
    weights, there = _gauss_rule(tuple(points))
    return np.asarray(np.einsum("s,kSu,sS->ku", weights, values, there))


@lru_cache
def _gauss_rule(points: tuple[float, ...]) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, "n n"]]:
    """The weights of as many Gauss points as there are points, and the polynomials there."""
    nodes, weights = np.polynomial.legendre.leggauss(len(points))
    return weights / 2, lagrange(points, (nodes + 1) / 2)
