"""What the lower bounds share: the layers of a path whose cost is bounded, and the minimum over where it may end."""

from collections.abc import Callable
from dataclasses import dataclass

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
FREE = np.zeros(1)
"""What the only choice costs where there is none."""


@dataclass(frozen=True, slots=True)
class Worst:
    """Where a bound is least: its value, the end γ, and how the path began."""

    value: float
    end: float
    choice: int


@dataclass(frozen=True, slots=True, eq=False)
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

    def kinds(self, skipped: int = 0) -> list[tuple[float, float, int]]:
        """ρ, |1 − ρL̃| and how many layers have them, for every length of a network's layers but the first few."""
        assert self.steps is not None
        lengths, counts = np.unique(self.steps[skipped:], return_counts=True)
        leaks = np.abs(1.0 - lengths * self.geodesic.effective_depth)
        return list(zip(lengths, leaks, counts, strict=True))

    def least_over_ends(
        self,
        nu: Float[np.ndarray, " J"],
        offsets: Float[np.ndarray, "I J"],
        last: float,
        misfit: Misfit,
        weight: float,
        first: float | None = None,
        costs: Float[np.ndarray, " I"] = FREE,
        intervals: int = GRID,
    ) -> Worst:
        """min over ends γ and i of weight · misfit(γ) + μ(cost_i + max(0, max_j(ν_jγ + offset_ij))), from below.

        Parameters
        ----------
        nu : (J,)
            Slopes of lines below ∫‖W‖² of all paths that end at γ; μ = λ/(2L̃).
        offsets : (I, J)
            Of these lines, for paths that began with one of I choices.
        last : float
            Beyond it the misfit is nothing; a fixed end lies there.
        misfit : callable
            The data term, from γ.
        weight : float
            Of the data term.
        first : float, optional
            Where the grid begins; below it the penalty counts as zero.
        costs : (I,)
            What a choice has cost.
        intervals : int
            Of the grid.

        Notes
        -----
        The misfit falls and the penalty rises with γ, so an interval's value is at least the misfit at its upper end
        plus the penalty at its lower end.
        """
        price = self.geodesic.weight_decay * self.geodesic.penalty_scale
        low = last + np.log(LEAST_END) if first is None else first
        grid = np.array([last]) if self.geodesic.end.fixed else np.linspace(low, last, intervals)
        penalties, choices = np.full(grid.size, np.inf), np.zeros(grid.size, dtype=int)
        for i, (cost, row) in enumerate(zip(costs, offsets, strict=True)):
            penalty = np.zeros(grid.size)
            for j in range(0, nu.size, LINES_AT_ONCE):
                part = slice(j, j + LINES_AT_ONCE)
                np.maximum(penalty, (nu[part, None] * grid + row[part, None]).max(axis=0), out=penalty)
            choices[cost + penalty < penalties] = i
            np.minimum(penalties, cost + penalty, out=penalties)
        if self.geodesic.end.fixed:
            return Worst(price * float(penalties[0]), last, int(choices[0]))
        misfits = weight * misfit(grid)
        inside = misfits[1:] + price * penalties[:-1]
        values = np.concatenate([misfits[:1], inside, price * penalties[-1:]])
        worst = int(np.argmin(values))
        at = max(0, min(worst, grid.size) - 1)
        return Worst(float(values[worst]), float(grid[at]), int(choices[at]))
