"""What a network's cost is against the continuous path: the truth on finer and finer layers, and their limit.

1. Explicit Euler is of first order, so the cost of the best path on steps ρ/m is J_m = J + c/m + O(1/m²).
2. From m = 1, 2, 4 Richardson's extrapolation gives J.
3. By how much the last two orders of it disagree is the error that it admits.
4. The same expansion says what any number of layers costs, and how many bring the best path within 1 % or 0.1 %.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geodepth.foundation.numerics.extrapolation import richardson_weights
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath

_CUTS = (1, 2, 4)
"""m of the three truths: how often the layers of the first are cut in each."""


@dataclass(frozen=True, slots=True)
class Excess:
    """A cost above another, J − J*; without units, and maybe negative.

    Attributes
    ----------
    total : float
        J − J* = fit + penalty.
    relative : float
        total over |J*|.
    fit, penalty : float
        Shares of the total.
    """

    total: float
    relative: float
    fit: float
    penalty: float


@dataclass(frozen=True, slots=True, eq=False)
class ContinuousTruth:
    """The continuous path as the limit of truths on ever finer layers.

    Attributes
    ----------
    cost, fit, penalty : float
        Extrapolated; cost = fit + penalty.
    error : float
        By how much the last two orders of extrapolation disagree.
    layers : tuple of int
        Of the discrete truths behind it.
    costs : tuple of float
        Of the same.
    path : RepresentationPath
        The finest of them.
    """

    cost: float
    fit: float
    penalty: float
    error: float
    layers: tuple[int, ...]
    costs: tuple[float, ...]
    path: RepresentationPath

    @property
    def regular(self) -> bool:
        """Whether the costs change as those of one minimum do at first order.

        Every halving of the steps then changes them by about half of the one before. If not, finer layers fell into
        another minimum: the extrapolated numbers are then of no path, whatever `error` says.
        """
        first, second = self.costs[1] - self.costs[0], self.costs[2] - self.costs[1]
        return 0.3 * abs(first) <= abs(second) <= 0.7 * abs(first) and first * second >= 0.0

    @property
    def order(self) -> float:
        """The order in 1/L at which the costs tend to their limit, measured from the three: 1 for explicit Euler."""
        first, second = self.costs[1] - self.costs[0], self.costs[2] - self.costs[1]
        return math.log2(abs(first / second)) if first and second else math.nan

    def excess_on(self, layers: float) -> float:
        """(J_L − J)/|J| of the best path on so many layers of the same proportions, by the expansion."""
        linear, square = self._expansion()
        parts = self.layers[0] / layers
        return (linear * parts + square * parts**2) / abs(self.cost)

    def layers_for(self, share: float) -> int | None:
        """From how many layers on the best path costs the continuous one's to a share, such as 0.01.

        None where the costs are not those of one minimum. By the expansion, which says little far below the first
        truth's own layers.
        """
        if not self.regular:
            return None
        linear, square = self._expansion()
        size = share * abs(self.cost)
        roots = np.concatenate([np.roots([square, linear, sign * size]) for sign in (1.0, -1.0)])
        parts = [float(root.real) for root in roots if abs(root.imag) <= 1e-12 * abs(root) and root.real > 0]
        return math.ceil(self.layers[0] / min(parts)) if parts else 1

    def _expansion(self) -> tuple[float, float]:
        """c and d of J_m − J = c/m + d/m², which the three costs have to last digit."""
        once, twice = self.costs[0] - self.cost, self.costs[1] - self.cost
        linear = 4.0 * twice - once
        return linear, once - linear

    @property
    def sentence(self) -> str:
        """What layers cost, in one line; where the costs are those of different minima, these costs and no limit."""
        if not self.regular:
            pairs = zip(self.costs, self.layers, strict=True)
            known = ", ".join(f"{cost:.6g} on {layers} layers" for cost, layers in pairs)
            return (
                f"finer layers led into another minimum, at {known}, so that these costs have no common limit and that "
                "of the continuous path is not known"
            )
        share = 100.0 * (self.costs[0] - self.cost) / self.cost
        return (
            f"the continuous path costs {self.cost:.6g} ± {self.error:.1g}; on {self.layers[0]} layers the best path "
            f"costs {abs(share):.2g} % {'more' if share > 0 else 'less'}" + self._depth
        )

    @property
    def _depth(self) -> str:
        """What depth costs: the order, and the layers for 1 % and for 0.1 %."""
        counts = [f"{share:g} % with {_rounded(self.layers_for(share / 100))}" for share in (1.0, 0.1)]
        return f", of order {self.order:.2f} in 1/L, and comes within {counts[0]} and {counts[1]} layers"


def excess_over(path: RepresentationPath, reference: RepresentationPath | ContinuousTruth) -> Excess:
    """How far a path's cost lies above a reference's, split into fit and norm."""
    total = path.cost - reference.cost
    size = abs(reference.cost) if reference.cost != 0.0 else 1.0
    return Excess(total, total / size, path.fit - reference.fit, path.penalty - reference.penalty)


def extrapolate(truths: Sequence[RepresentationPath]) -> ContinuousTruth:
    """Extrapolate truths to endlessly many layers.

    Parameters
    ----------
    truths : sequence of RepresentationPath
        Three of them, each with twice the layers of the one before.

    Raises
    ------
    ValidationError
        Other truths.
    """
    layers = tuple(truth.layers for truth in truths)
    if len(truths) != 3 or layers[1] != 2 * layers[0] or layers[2] != 2 * layers[1]:
        raise ValidationError(f"truths have {layers} layers; give three of them, each with twice the layers before")
    shares = richardson_weights(_CUTS)
    costs = tuple(truth.cost for truth in truths)
    cost = float(shares @ costs)
    return ContinuousTruth(
        cost=cost,
        fit=float(shares @ [truth.fit for truth in truths]),
        penalty=float(shares @ [truth.penalty for truth in truths]),
        error=abs(cost - float(richardson_weights(_CUTS[1:]) @ costs[1:])),
        layers=layers,
        costs=costs,
        path=truths[-1],
    )


def _rounded(count: int | None) -> str:
    """To two figures, as an estimate is read."""
    return "no known number of" if count is None else f"{float(f'{count:.2g}'):.0f}"
