"""Momenta where the ReLU has a kink: the slopes between 0 and 1 under which the weights are most nearly stationary.

At an optimum of the exact ReLU some activations sit on the kink (about one in twenty). There backpropagation's slope 0
is one choice among all of [0, 1], and momenta computed with it are not those of the optimum: its residual of
W = L̃Bσ(A)ᵀ is of order one even at the exact solution. A point is stationary when some choice makes the residual
vanish (Clarke's generalized gradient), and stationary to within δ when that holds for slopes free wherever |A| ≤ δ
(Goldstein's δ-subdifferential).

Sources: F. H. Clarke, Optimization and Nonsmooth Analysis (1983), section 2.6; A. A. Goldstein, Mathematical
Programming 13 (1977); for the momenta, Jacot and Kaiser, arXiv:2405.17573, the Hamiltonian reformulation.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from geodepth.foundation.shapes import Float
from geodepth.validation.argument_checks import check_number
from geodepth.validation.path.representation_path import RepresentationPath

from .kink_slopes import KinkProblem

KINK_TOLERANCE = 1e-3
"""How near zero counts as on the kink, relative to the root mean square of A; chosen by hand."""


@dataclass(frozen=True, slots=True, eq=False)
class SettledMomenta:
    """The momenta of a path under the best slopes at its kinks.

    Attributes
    ----------
    momenta : (L+1, w, N)
        B.
    residual : float
        The residual with them, as `RepresentationPath.stationarity` defines it.
    kinks : int
        How many entries of A counted as being on a kink.
    """

    momenta: Float[np.ndarray, "L+1 w N"]
    residual: float
    kinks: int


def settle_momenta(path: RepresentationPath, kink_tolerance: float = KINK_TOLERANCE) -> RepresentationPath:
    """The same path with the momenta that fit its weights best; see `find_momenta`."""
    return replace(path, momenta=find_momenta(path, kink_tolerance).momenta)


@lru_cache(maxsize=64)  # a path is compared, analysed and drawn: the search is the one part of it that takes time
def find_momenta(path: RepresentationPath, kink_tolerance: float = KINK_TOLERANCE) -> SettledMomenta:
    """Choose slopes in [0, 1] at the kinks so that the residual of W_ℓ = L̃ B_ℓ σ(A_{ℓ−1})ᵀ is least.

    Parameters
    ----------
    path : RepresentationPath
        Momenta that it already has (multipliers of a solver, say) are kept where no choice of slopes does better.
    kink_tolerance : float
        An entry of A_1 … A_{L−1} is on a kink where |A| is at most this times the root mean square of A. For a smooth
        activation, or without kinks, nothing is chosen.

    Raises
    ------
    ValidationError
        A negative tolerance.
    """
    tolerance = check_number("kink_tolerance", kink_tolerance, positive=False)
    size = tolerance * float(np.sqrt(np.mean(path.representations**2)))
    on_kink = np.abs(path.representations) <= size
    on_kink[[0, -1]] = False  # A_0 and A_L touch no weights through their slopes
    if not path.nonlinearity.has_kinks:
        on_kink[:] = False
    problem = KinkProblem(path, on_kink)
    solvable = problem.unknowns > 0 and path.parameter_norm > 0.0
    settled = replace(path, momenta=problem.momenta(problem.solve() if solvable else np.zeros(problem.unknowns)))
    better = settled if settled.stationarity < path.stationarity else path
    return SettledMomenta(better.momenta, better.stationarity, problem.unknowns)
