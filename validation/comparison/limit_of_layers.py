"""What a network's cost is against the continuous path: the truth on finer and finer layers, and their limit.

1. Explicit Euler is of first order, so the cost of the best path on steps ρ/m is J_m = J + c/m + O(1/m²).
2. From m = 1, 2, 4 Richardson's extrapolation gives J.
3. By how much the last two orders of it disagree is the error that it admits.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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
        another minimum, and the limit is as rough as `error` says.
        """
        first, second = self.costs[1] - self.costs[0], self.costs[2] - self.costs[1]
        return 0.3 * abs(first) <= abs(second) <= 0.7 * abs(first) and first * second >= 0.0

    @property
    def sentence(self) -> str:
        """What layers cost, in one line."""
        share = 100.0 * (self.costs[0] - self.cost) / self.cost
        return (
            f"the continuous path costs {self.cost:.6g} ± {self.error:.1g}; on {self.layers[0]} layers the best path "
            f"costs {abs(share):.2g} % {'more' if share > 0 else 'less'}"
            + ("" if self.regular else "; finer layers lead into another minimum, so this limit is rough")
        )


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
