"""The cubic path through the nodes of a direct solution, whose defect is its error, whatever the scheme.

1. A, B and their slopes by the Hamiltonian system make a cubic Hermite spline.
2. What the spline leaves of the system inside an interval is its error there.
3. Nodes are wanted in proportion to the fourth root of that error.
"""

import numpy as np

from geodepth.control.geodesics.statement.array_layouts import stacked
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.transcribed.smooth_point import SmoothPoint
from geodepth.foundation.numerics.equidistribution import equal_shares
from geodepth.foundation.shapes import Float

from .hamiltonian_system import HamiltonianSystem

FLOOR = 0.3
"""An interval gets at least this share of the mean density, so that none grows far beyond the others; chosen by
hand."""
ROUNDING = 1e-13
"""What rounding leaves of the system on an interval, relative to the largest |A|, |B|."""
VANISHING = 1e-3
"""An H below this share of its term in W counts as zero, and drifts relative to that share; chosen by hand."""


def equidistributed(
    steps: Float[np.ndarray, " K"], wanted: Float[np.ndarray, " K"], intervals: int
) -> Float[np.ndarray, " M"]:
    """Steps of `intervals` intervals with equal shares of a density that is constant on each of the old ones."""
    mass = np.concatenate([[0.0], np.cumsum(wanted * steps)])
    positions = np.concatenate([[0.0], np.cumsum(steps)])
    fresh = np.diff(equal_shares(positions, mass, intervals))
    return np.asarray(fresh / fresh.sum())


class HermitePath:
    """The cubic path through the nodes of a smoothed minimum, (A, B) as rows of 2Nw numbers.

    Attributes
    ----------
    system : HamiltonianSystem
        What the path should satisfy.
    steps : (K,)
        Lengths of the intervals.
    point : SmoothPoint
        The minimum.
    nodes : (K + 1, 2Nw)
        (A, B) at the nodes.
    curve : scipy.interpolate.CubicHermiteSpline
        The path, in p.
    """

    def __init__(self, geodesic: RepresentationGeodesic, steps: Float[np.ndarray, " K"], point: SmoothPoint) -> None:
        # Half of what importing this package would cost, so it comes when it is needed.
        from scipy.interpolate import CubicHermiteSpline

        smoothing = 0.0 if geodesic.activation_at().is_linear else point.smoothing
        self.system = HamiltonianSystem(geodesic, smoothing)
        self.steps, self.point = steps, point
        self.nodes = np.concatenate([stacked(point.representations), stacked(point.momenta)], axis=1)
        positions = np.concatenate([[0.0], np.cumsum(steps)])
        self.curve = CubicHermiteSpline(positions, self.nodes, self.system.field(self.nodes, None))

    def at(self, positions: Float[np.ndarray, " m"]) -> Float[np.ndarray, "m 2Nw"]:
        """Values at positions in [0, 1]."""
        return np.asarray(self.curve(positions))

    def density(self) -> Float[np.ndarray, " K"]:
        """Where nodes are wanted: the fourth root of the path's error, per length; A and B count relative to theirs."""
        half, count = self.system.half, self.steps.size
        # A cubic's defect is largest at Gauss's two points, and vanishes to leading order in the middle.
        share = np.array([0.5 - 0.5 / np.sqrt(3), 0.5 + 0.5 / np.sqrt(3)])
        where = (self.curve.x[:-1, None] + self.steps[:, None] * share).ravel()
        left = np.abs(self.curve(where, 1) - self.system.field(self.curve(where), None))
        left = left.reshape(count, 2, -1).max(axis=1)
        sizes, parts = np.abs(self.nodes).max(axis=0), (slice(half), slice(half, None))
        relative = np.maximum(*(left[:, part].max(axis=1) / max(float(sizes[part].max()), 1e-300) for part in parts))
        roots = (self.steps * relative + ROUNDING) ** 0.25 / self.steps
        return np.asarray(np.maximum(roots, FLOOR * float(roots @ self.steps)))

    def spread(self) -> float:
        """The largest share of the density over the mean one."""
        shares = self.density() * self.steps
        return float(shares.max() / shares.mean())

    def equidistributed(self, intervals: int) -> Float[np.ndarray, " M"]:
        """Steps of so many intervals with equal shares of the density."""
        return equidistributed(self.steps, self.density(), intervals)

    def drift(self) -> float:
        """(max H − min H)/max|H| over the nodes; for an H that all but vanishes, over a thousandth of its term in W."""
        energies = self.system.energy(self.nodes, None)
        squares = np.sum(self.system.weights(self.nodes, None) ** 2, axis=(1, 2)) / (2 * self.system.scale)
        scale = max(float(np.abs(energies).max()), VANISHING * float(squares.max()), 1e-300)
        return float(np.ptp(energies) / scale)
