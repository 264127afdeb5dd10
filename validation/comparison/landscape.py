"""The minima that were found while a truth was solved, and the one next to a path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geodepth.validation.argument_checks import check_array
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath

from .alignment import align

_SAME_MINIMUM = 0.05
"""Relative distance of two paths up to which they are copies of one minimum.

Measured on two data sets: copies before and after the last polish lie up to 0.03 apart, distinct minima 0.1 and more.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Basin:
    """The minimum of a landscape that lies nearest to a path.

    Attributes
    ----------
    number : int
        1 is the truth, the others follow by cost.
    distance : float
        Of the path from the minimum, relative; see `Alignment.representation_distance`.
    cost : float
        J of the minimum.
    excess : float
        Of the path over the minimum, relative to the minimum's cost.
    """

    number: int
    distance: float
    cost: float
    excess: float


@dataclass(frozen=True, slots=True, eq=False)
class Landscape:
    """Minima with their costs, the truth first; none where no landscape is known."""

    costs: tuple[float, ...]
    minima: tuple[RepresentationPath, ...]

    @classmethod
    def of(cls, truth: RepresentationPath, listed: Sequence[tuple[float, Any]]) -> Landscape:
        """Make paths of the minima that a solver lists.

        Parameters
        ----------
        truth : RepresentationPath
        listed : sequence of (float, (L, w, c))
            Cost and weights of every minimum, on the truth's steps, in any order. Those near the truth are the truth
            itself, perhaps before its last polish, and are left out.

        Raises
        ------
        ValidationError
            A cost that is not finite, or weights that do not fit.
        """
        if not listed:
            return cls((), ())
        costs = check_array("landscape costs", [minimum[0] for minimum in listed], (None,), "one cost per minimum")
        found = [(truth.cost, truth)]
        for number, place in enumerate(np.argsort(costs, kind="stable"), 1):
            try:
                minimum = RepresentationPath.from_objective(truth, listed[place][1], truth.layer_steps)
            except ValidationError as error:
                raise ValidationError(f"landscape minimum {number}: {error}") from None
            if align(truth, minimum).representation_distance > _SAME_MINIMUM:
                found.append((float(costs[place]), minimum))
        return cls(*(tuple(part) for part in zip(*found, strict=True)))

    def nearest_to(self, path: RepresentationPath) -> Basin | None:
        """Find the minimum next to a path, None where there is no landscape."""
        if not self.minima:
            return None
        distances = [align(minimum, path).representation_distance for minimum in self.minima]
        place = int(np.argmin(distances))
        cost = self.costs[place]
        return Basin(place + 1, distances[place], cost, path.cost / max(cost, np.finfo(float).tiny) - 1.0)
