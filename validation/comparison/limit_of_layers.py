"""What a network's cost is against the continuous path: the truth on finer and finer layers, and their limit.

Explicit Euler is of first order, so the cost of the best path on steps ρ/m is J_m = J + c/m + O(1/m²). From m = 1, 2, 4
Richardson's extrapolation gives J, and by how much the last two orders disagree is the error it admits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath


@dataclass(frozen=True, slots=True)
class Excess:
    """A cost above another, J − J*: total = fit + penalty; relative is total over |J*|. No units; may be negative."""

    total: float
    relative: float
    fit: float
    penalty: float


@dataclass(frozen=True, slots=True, eq=False)
class ContinuousTruth:
    """The continuous path as the limit of truths on ever finer layers.

    cost = fit + penalty, extrapolated; error is what extrapolations of first and second order disagree by. layers and
    costs are those of the discrete truths behind it; path is the finest of them.
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
        """Whether the costs change as those of one minimum do at first order, every halving of the steps by about half
        of the one before: if not, finer layers fell into another minimum, and the limit is as rough as `error` says."""
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
    """The limit of three truths, each with twice the layers of the one before. Raises ValidationError otherwise."""
    layers = tuple(truth.layers for truth in truths)
    if len(truths) != 3 or layers[1] != 2 * layers[0] or layers[2] != 2 * layers[1]:
        raise ValidationError(f"truths have {layers} layers; give three of them, each with twice the layers before")

    def limits(coarse: float, middle: float, fine: float) -> tuple[float, float]:
        first, second = 2.0 * middle - coarse, 2.0 * fine - middle
        return second, (4.0 * second - first) / 3.0

    first, cost = limits(*(truth.cost for truth in truths))
    return ContinuousTruth(
        cost=cost,
        fit=limits(*(truth.fit for truth in truths))[1],
        penalty=limits(*(truth.penalty for truth in truths))[1],
        error=abs(cost - first),
        layers=layers,
        costs=tuple(truth.cost for truth in truths),
        path=truths[-1],
    )
