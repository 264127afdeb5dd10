"""Where to discretize: breakpoints on the normalized horizon [0, 1]."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from geodepth.control.model.errors import CHECKS, ProblemError
from geodepth.foundation.numerics.equidistribution import equal_shares
from geodepth.foundation.shapes import Float

MOST_INTERVALS = 1_000_000
"""More are a slip of the hand, and would not fit into memory as a program (chosen by hand)."""


ROUNDOFF = 1e-12
"""How far breakpoints may be from where they are meant, of a horizon of length 1 (chosen by hand)."""


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Breakpoints 0 = s_0 < s_1 < … < s_K = 1 of the normalized horizon, between which lie K intervals.

    Attributes
    ----------
    breakpoints : ndarray
        (K+1,), read-only.
    movable : tuple of int
        Indices of inner breakpoints that the optimizer may move (the switches of a bang-bang control, say). Those
        between two of them keep their share of the distance.

    Raises
    ------
    ProblemError
        At construction, for breakpoints that do not increase from 0 to 1, and indices that are none.
    """

    breakpoints: Float[np.ndarray, " K+1"]
    movable: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        points = _numbers("Mesh: breakpoints", self.breakpoints)
        if points.ndim != 1 or points.size < 2:
            raise ProblemError(f"Mesh: breakpoints have shape {points.shape}; give at least two numbers in a row")
        if not np.all(np.isfinite(points)) or points[0] != 0.0 or abs(points[-1] - 1.0) > ROUNDOFF:
            raise ProblemError(f"Mesh: breakpoints run from {points[0]} to {points[-1]}; they must run from 0 to 1")
        if np.any(np.diff(points) <= 0):
            where = int(np.argmin(np.diff(points)))
            raise ProblemError(f"Mesh: breakpoint {where + 1} does not come after breakpoint {where}; sort them")
        listed = isinstance(self.movable, tuple | list)
        inner = listed and all(isinstance(i, int | np.integer) and 0 < i < points.size - 1 for i in self.movable)
        if not inner or list(self.movable) != sorted(set(self.movable)):
            raise ProblemError(
                f"Mesh: movable is {self.movable!r}; give increasing indices of inner breakpoints, "
                f"1 to {points.size - 2}"
            )
        object.__setattr__(self, "movable", tuple(int(i) for i in self.movable))
        points = points.copy()
        points[-1] = 1.0
        points.flags.writeable = False
        object.__setattr__(self, "breakpoints", points)

    @property
    def intervals(self) -> int:
        """K."""
        return int(self.breakpoints.size) - 1

    @property
    def steps(self) -> Float[np.ndarray, " K"]:
        """Lengths of the intervals, summing to one."""
        return np.diff(self.breakpoints)

    @property
    def position_table(self) -> Float[np.ndarray, "1+m K+1"]:
        """The breakpoints are row 0 plus the m movable breakpoints' positions times the other rows."""
        anchors = (0, *self.movable, self.intervals)
        table = np.zeros((1 + len(self.movable), self.breakpoints.size))
        for arc, (first, last) in enumerate(itertools.pairwise(anchors)):
            left, right = self.breakpoints[first], self.breakpoints[last]
            inside = slice(first, last + 1)
            share = (self.breakpoints[inside] - left) / (right - left)
            table[:, inside] = 0.0
            if arc:
                table[arc, inside] = 1 - share
            # The end of the horizon lies at 1 and does not move.
            table[arc + 1 if arc < len(self.movable) else 0, inside] += share
        return table

    def halved(self) -> Mesh:
        """The mesh with every interval cut in two; what moved still moves."""
        points = self.breakpoints
        fine = np.insert(points, np.arange(1, points.size), (points[1:] + points[:-1]) / 2)
        return Mesh(fine, tuple(2 * i for i in self.movable))

    @staticmethod
    def uniform(intervals: int) -> Mesh:
        """`intervals` intervals of equal length."""
        return Mesh(np.linspace(0.0, 1.0, _count(intervals) + 1))

    @staticmethod
    def graded(intervals: int, ratio: float) -> Mesh:
        """A mesh of `intervals` lengths in geometric progression; the last is `ratio` times the first."""
        ratio = CHECKS.number("Mesh.graded: ratio", ratio, above=0, wanted="a positive number")
        count = _count(intervals)
        return Mesh.from_steps(ratio ** (np.arange(count) / max(count - 1, 1)))

    @staticmethod
    def from_steps(steps: Sequence[float] | Float[np.ndarray, " K"]) -> Mesh:
        """Intervals of the given positive lengths, normalized to sum to one."""
        lengths = _numbers("Mesh.from_steps: steps", steps)
        if lengths.ndim != 1 or lengths.size == 0 or not np.all(np.isfinite(lengths)) or np.any(lengths <= 0):
            raise ProblemError("Mesh.from_steps: give a row of positive finite lengths")
        return Mesh(np.concatenate([[0.0], np.cumsum(lengths) / np.sum(lengths)]))

    @staticmethod
    def equidistributed(intervals: int, density: Callable[[np.ndarray], np.ndarray], resolution: int = 4096) -> Mesh:
        """Intervals that hold the same share of ∫density each.

        Parameters
        ----------
        intervals : int
            How many.
        density : function
            Maps points (n,) of [0, 1] to positive numbers (n,).
        resolution : int, default 4096
            At how many points the density is asked for.

        Raises
        ------
        ProblemError
            The density fails, or returns something else.
        """
        CHECKS.count("Mesh.equidistributed: resolution", resolution, 2, 10 * MOST_INTERVALS)
        points = np.linspace(0.0, 1.0, resolution)
        if not callable(density):
            raise CHECKS.refusal("Mesh.equidistributed: density", density, "a function of points of [0, 1]")
        try:
            values = np.asarray(density(points), dtype=float)
        except Exception as error:
            reason = " ".join(str(error).split())
            raise ProblemError(f"Mesh.equidistributed: density fails: {reason:.200}; mend it") from error
        if values.shape != points.shape or not np.all(np.isfinite(values)) or np.any(values <= 0):
            raise ProblemError("Mesh.equidistributed: density must return one positive finite number for each point")
        mass = np.concatenate([[0.0], np.cumsum((values[1:] + values[:-1]) / 2)])
        inner = equal_shares(points, mass / mass[-1], _count(intervals))
        inner[0], inner[-1] = 0.0, 1.0
        return Mesh(inner)

    def __repr__(self) -> str:
        steps = self.steps
        kind = "uniform" if np.ptp(steps) < ROUNDOFF else f"steps {steps.min():.3g} to {steps.max():.3g}"
        return f"Mesh({self.intervals} intervals, {kind})"


def _numbers(which: str, values: object) -> np.ndarray:
    return CHECKS.real_numbers(which, values, "a row of numbers")


def _count(intervals: int) -> int:
    return CHECKS.count("Mesh: intervals", intervals, 1, MOST_INTERVALS)


def check_mesh(mesh: object) -> None:
    """Raise ProblemError unless this is a Mesh."""
    if not isinstance(mesh, Mesh):
        raise CHECKS.refusal("mesh", mesh, "a Mesh, such as Mesh.uniform(40)")
