"""The schemes by which a geodesic's path is discretized: the network itself (Euler), and three for the continuous path.

A scheme holds its weights at some points of every interval, (L, points, w, c), and knows their penalty, their mean and
the path that they produce. To add one, write a class that advances an interval and enter it in `SCHEMES`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.statement.shapes import Layer, Path, PointWeights, Steps, Weights
from geodepth.control.transcription.direct_collocation import DirectCollocation
from geodepth.control.transcription.explicit_integrators import rk4
from geodepth.control.transcription.implicit_integrators import ImplicitRungeKutta, gauss_legendre, radau_iia
from geodepth.control.transcription.multiple_shooting import MultipleShooting
from geodepth.control.transcription.transcription import Method
from geodepth.foundation.shapes import Float

POINTS = 3  # of a collocation, per interval
# Newton's iterations on the stage equations, and the change at which they end, relative to the largest stage. For the
# exact ReLU the equations are piecewise linear: Newton ends at once unless a stage sits on a kink.
STAGE_STEPS, STAGE_TOLERANCE = 30, 1e-13
_RK4 = rk4()
_QUADRATURE = 5  # Gauss points of an interval on which weights are projected: exact for lines times polynomials to p⁸


@dataclass(frozen=True, slots=True, eq=False)
class Interval:
    """One interval of a path that is being simulated.

    Attributes
    ----------
    geodesic : RepresentationGeodesic
        The problem.
    smoothing : float
        ε of σ_ε, in units of A; 0 stands for the problem's own activation.
    start : (w, N)
        The representations at its beginning.
    step : float
        Its length.
    weights : (points, w, c)
        Those at the scheme's points.
    """

    geodesic: RepresentationGeodesic
    smoothing: float
    start: Layer
    step: float
    weights: Float[np.ndarray, "points w c"]

    def features(self, a: Layer) -> Float[np.ndarray, "c N"]:
        """σ(A) with its row of ones."""
        return self.geodesic.features(a, self.smoothing)


@dataclass(frozen=True, slots=True)
class Scheme(ABC):
    """What every scheme offers.

    Attributes
    ----------
    name : str
        As `solve_geodesic` takes it.
    order : int
        Of the error, in the lengths of the intervals.
    method : Method
        The transcription for CasADi.
    fractions : tuple of float
        Where on an interval the weights are held.
    """

    name: str
    order: int
    method: Method
    fractions: tuple[float, ...]

    @property
    def is_network(self) -> bool:
        """Whether intervals are the layers of the network, so that the exact ReLU can be resolved."""
        return False

    @property
    def holds_states(self) -> bool:
        """Whether the states at the fractions are unknowns too."""
        return False

    def penalty(self, geodesic: RepresentationGeodesic, weights: PointWeights, layer_steps: Steps) -> float:
        """λ/(2L̃)∫‖W_p‖²dp by the scheme's own quadrature, which is exact on each interval up to RK4."""
        return geodesic.penalty(weights, layer_steps)

    def mean_weights(self, weights: PointWeights) -> Weights:
        """The mean of the weights over each interval."""
        return np.asarray(weights.mean(axis=1))

    def weights_of(self, curve: Callable[[np.ndarray], Weights], positions: Float[np.ndarray, " L+1"]) -> PointWeights:
        """The scheme's weights (L, points, w, c) next to a curve of weights, from positions (m,) to (m, w, c)."""
        where = positions[:-1, None] + np.diff(positions)[:, None] * np.array(self.fractions)
        values = curve(where.ravel())
        return values.reshape(*where.shape, *values.shape[1:])

    def simulate(
        self, geodesic: RepresentationGeodesic, layer_steps: Steps, weights: PointWeights, smoothing: float = 0.0
    ) -> Path:
        """The path of these weights with the real activation, or with σ_ε for ε = `smoothing` > 0."""
        path = np.empty((layer_steps.size + 1, geodesic.width, geodesic.samples))
        path[0] = geodesic.initial_representations
        for layer, (step, values) in enumerate(zip(layer_steps, weights, strict=True)):
            path[layer + 1] = self.advance(Interval(geodesic, smoothing, path[layer], step, values))
        return path

    @abstractmethod
    def advance(self, interval: Interval) -> Layer:
        """The end of one interval."""


@dataclass(frozen=True, slots=True)
class Euler(Scheme):
    """The L-layer network, one matrix per layer."""

    @property
    def is_network(self) -> bool:
        """See Scheme.is_network."""
        return True

    def advance(self, interval: Interval) -> Layer:
        """See Scheme.advance."""
        start, step, matrix = interval.start, interval.step, interval.weights[0]
        leak = 1.0 - step * interval.geodesic.effective_depth
        return np.asarray(leak * start + step * (matrix @ interval.features(start)))


@dataclass(frozen=True, slots=True)
class RungeKutta4(Scheme):
    """Order 4 for the continuous path, with weights linear on each interval: (L, 2, w, c), at both ends."""

    def weights_of(self, curve: Callable[[np.ndarray], Weights], positions: Float[np.ndarray, " L+1"]) -> PointWeights:
        """See Scheme.weights_of: the line closest to the curve in the mean, which leaves the penalty an error h⁴."""
        share, measure = (values / 2 for values in np.polynomial.legendre.leggauss(_QUADRATURE))
        where = positions[:-1, None] + np.diff(positions)[:, None] * (share + 0.5)
        values = curve(where.ravel())
        values = values.reshape(*where.shape, *values.shape[1:])
        mean = np.einsum("q,lqij->lij", measure, values)
        half = 6 * np.einsum("q,lqij->lij", measure * share, values)
        return np.stack([mean - half, mean + half], axis=1)

    def advance(self, interval: Interval) -> Layer:
        """See Scheme.advance."""

        def rate(a: np.ndarray, fraction: float) -> np.ndarray:
            matrix = (1 - fraction) * interval.weights[0] + fraction * interval.weights[-1]
            return np.asarray(matrix @ interval.features(a) - interval.geodesic.effective_depth * a)

        return np.asarray(_RK4.advance(rate, interval.start, interval.step))


@dataclass(frozen=True, slots=True)
class Collocation(Scheme):
    """Direct collocation at three points per interval: states cubic, weights (L, 3, w, c) quadratic in p inside it."""

    stages: ImplicitRungeKutta

    @property
    def holds_states(self) -> bool:
        """See Scheme.holds_states."""
        return True

    def penalty(self, geodesic: RepresentationGeodesic, weights: PointWeights, layer_steps: Steps) -> float:
        """See Scheme.penalty."""
        squares = np.sum(weights**2, axis=(-2, -1)) @ self.stages.weights
        return float(geodesic.weight_decay * geodesic.penalty_scale * np.dot(layer_steps, squares))

    def mean_weights(self, weights: PointWeights) -> Weights:
        """See Scheme.mean_weights."""
        return np.asarray(np.einsum("k,lkij->lij", self.stages.weights, weights))

    def advance(self, interval: Interval) -> Layer:
        """The stage equations Σ_r D[j, r]X_r = ρ(−L̃X_j + W_jσ(X_j)), each sample's by Newton."""
        geodesic, start, step, weights = interval.geodesic, interval.start, interval.step, interval.weights
        slopes, width, count = self.stages.slopes, geodesic.width, POINTS
        stages = np.repeat(start[None], count, axis=0)
        for _ in range(STAGE_STEPS):
            features = np.stack([interval.features(stage) for stage in stages])
            rates = np.matmul(weights, features) - geodesic.effective_depth * stages
            left = slopes[:, :1, None] * start + np.einsum("jr,rin->jin", slopes[:, 1:], stages) - step * rates
            gates = geodesic.slopes(stages, interval.smoothing)
            jacobian = np.einsum("jr,ik->jirk", slopes[:, 1:], np.eye(width))[None].repeat(geodesic.samples, axis=0)
            for j in range(count):
                jacobian[:, j, :, j] += step * geodesic.effective_depth * np.eye(width)
                jacobian[:, j, :, j] -= step * weights[j, :, :width] * gates[j].T[:, None, :]
            size = count * width
            change = np.linalg.solve(
                jacobian.reshape(-1, size, size), left.transpose(2, 0, 1).reshape(geodesic.samples, size, 1)
            )
            stages = stages - change.reshape(geodesic.samples, count, width).transpose(1, 2, 0)
            if np.abs(change).max() <= STAGE_TOLERANCE * max(1.0, float(np.abs(stages).max())):
                break
        return np.asarray(np.einsum("r,rin->in", self.stages.extrapolation, np.concatenate([start[None], stages])))


def _collocation(name: str, stages: ImplicitRungeKutta) -> Collocation:
    return Collocation(name, stages.order, DirectCollocation(name, POINTS), stages.nodes, stages)


SCHEMES: dict[str, Scheme] = {
    scheme.name: scheme
    for scheme in (
        Euler("euler", 1, MultipleShooting("euler", control="constant"), (0.0,)),
        RungeKutta4("rk4", 4, MultipleShooting(_RK4, control="linear"), (0.0, 1.0)),
        _collocation("gauss", gauss_legendre(POINTS)),
        _collocation("radau", radau_iia(POINTS)),
    )
}
