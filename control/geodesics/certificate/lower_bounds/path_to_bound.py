"""What the lower bounds share: the layers of a path whose cost is bounded, and the minimum over where it may end."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.statement.shapes import Steps
from geodepth.foundation.shapes import Float

GRID = 3000
"""Intervals, about, on which the minimum over the end is taken: each costs the bound its width at most. Chosen by
hand."""
LEAST_END = 1e-3
"""Where the grid begins, as a share of the last end: below, the penalty counts as zero. Chosen by hand."""
LINES_AT_ONCE = 64
"""Lines that are compared on the grid at once, to keep the arrays below 2 MB."""

Misfit = Callable[[Float[np.ndarray, " n"]], Float[np.ndarray, " n"]]
"""The least data term of a path that ends at these γ, the logarithms of its size; it falls with γ."""


# No slots: the layers are kept once they are known.
@dataclass(frozen=True, eq=False)
class PathToBound:
    """The paths of a geodesic through these layers, or through none for the continuous problem.

    Attributes
    ----------
    geodesic : RepresentationGeodesic
        The problem.
    steps : (L,) or None
        ρ_ℓ.
    """

    geodesic: RepresentationGeodesic
    steps: Steps | None

    @cached_property
    def kinds(self) -> list[tuple[float, float, int]]:
        """ρ, |1 − ρL̃| and how many layers have them, for every length of a network's layers."""
        assert self.steps is not None
        lengths, counts = np.unique(self.steps, return_counts=True)
        leaks = np.abs(1.0 - lengths * self.geodesic.effective_depth)
        return list(zip(lengths, leaks, counts, strict=True))

    def least_over_ends(
        self,
        nu: Float[np.ndarray, " J"],
        offsets: Float[np.ndarray, " J"],
        last: float,
        misfit: Misfit,
        weight: float,
        first: float | None = None,
    ) -> tuple[float, float]:
        """min over ends γ of weight · misfit(γ) + μ max(0, max_j(ν_jγ + offset_j)), from below, and the γ where it is.

        Parameters
        ----------
        nu, offsets : (J,)
            Lines below ∫‖W‖² of all paths that end at γ; μ = λ/(2L̃).
        last : float
            Beyond it the misfit is nothing; a fixed end lies there.
        misfit : callable
            The data term, from γ.
        weight : float
            Of the data term.
        first : float, optional
            Where the grid begins; below it the penalty counts as zero.

        Notes
        -----
        The misfit falls and the penalty rises with γ, so an interval's value is at least the misfit at its upper end
        plus the penalty at its lower end.
        """
        price = self.geodesic.weight_decay * self.geodesic.penalty_scale
        if self.geodesic.end.fixed:
            return price * max(0.0, float(np.max(nu * last + offsets))), last
        grid = np.linspace(last + np.log(LEAST_END) if first is None else first, last, GRID)
        penalties = np.zeros(GRID)
        for j in range(0, nu.size, LINES_AT_ONCE):
            lines = nu[j : j + LINES_AT_ONCE, None] * grid + offsets[j : j + LINES_AT_ONCE, None]
            np.maximum(penalties, lines.max(axis=0), out=penalties)
        misfits = weight * misfit(grid)
        inside = misfits[1:] + price * penalties[:-1]
        values = np.concatenate([misfits[:1], inside, price * penalties[-1:]])
        worst = int(np.argmin(values))
        return float(values[worst]), float(grid[max(0, min(worst, GRID) - 1)])
