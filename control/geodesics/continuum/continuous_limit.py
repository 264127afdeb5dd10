"""The continuous path as the limit of networks: Richardson extrapolation of explicit Euler, solved by our own Newton.

1. Solve one network from the weights given, and equidistribute a mesh along its path.
2. Cut every interval into 2, 3, … 6 layers, and solve each of these networks to its own optimum from the one guess.
3. Path, momenta and cost have expansions in the reciprocal of the number of cuts (Gragg's theorem, for a smooth
   activation). Their value at zero is the continuous geodesic's: fifth order, for problems too large for collocation.
4. Stop when the cost without the coarsest network, and H, agree to the tolerance; or go on to a finer mesh.

Source: Hairer, Nørsett and Wanner, Solving Ordinary Differential Equations I, sections II.8 and II.9.
"""

from dataclasses import dataclass

import numpy as np

from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.transcribed.smooth_point import SmoothPoint
from geodepth.foundation.numerics.extrapolation import richardson_weights
from geodepth.foundation.shapes import Float

from .direct_mesh import EVEN
from .hermite_path import HermitePath

CUTS = (2, 3, 4, 5, 6)
"""Into how many layers an interval is cut: five networks for an error of fifth order; chosen by hand."""
FIRST_INTERVALS, MOST_INTERVALS = 48, 250
"""Of the first and of the last mesh: the largest network has 1500 layers. Chosen by hand."""
GROWTH, REMESHED_GROWTH = 1.5, 1.2
"""By how much a mesh grows, and one that has to be made anew first, because it fitted a coarser path; chosen by
hand."""
START_TOLERANCE, NETWORK_TOLERANCE = 1e-8, 1e-10
"""KKT residuals of the first network and of those extrapolated, scaled by 1/λ: the extrapolation's weights, of up to
65 in size, multiply the latter."""
MOST_ITERATIONS = 80
"""Newton steps of a network; chosen by hand, several times what one takes from a guess that is next to it."""


@dataclass(frozen=True, slots=True, eq=False)
class ContinuousLimit:
    """The extrapolated path at its nodes, of the activation σ_ε.

    Attributes
    ----------
    positions : (K + 1,)
        The nodes, from 0 to 1.
    representations, momenta : (K + 1, w, N)
        A and B there.
    cost : float
        The smoothed J.
    smoothing : float
        ε, in units of A.
    cost_change : float
        |ΔJ|/J when the coarsest network is left out; infinite where nothing was extrapolated.
    drift : float
        Of H over the nodes, relative.
    reached : bool
        False where these stayed above the tolerance on the largest mesh, or a network was not solved: the arrays are
        then the last that are known.
    reason : str
        What happened, in a sentence.
    """

    positions: Float[np.ndarray, " K+1"]
    representations: Float[np.ndarray, "K+1 w N"]
    momenta: Float[np.ndarray, "K+1 w N"]
    cost: float
    smoothing: float
    cost_change: float
    drift: float
    reached: bool
    reason: str


def continuous_limit(
    geodesic: RepresentationGeodesic,
    layer_steps: Float[np.ndarray, " L"],
    weights: Float[np.ndarray, "L w c"],
    smoothing: float,
    tolerance: float = 1e-6,
) -> ContinuousLimit:
    """The continuous geodesic next to a network's path.

    Parameters
    ----------
    geodesic : RepresentationGeodesic
        The problem.
    layer_steps : (L,)
        ρ_ℓ of the network.
    weights : (L, w, c)
        W_ℓ.
    smoothing : float
        ε by which a ReLU is smoothed, in units of A.
    tolerance : float
        Of the relative change of the cost, and of the relative drift of H.
    """
    # SciPy's linear algebra is most of what importing this package would cost, so it comes when it is needed.
    from geodepth.control.geodesics.newton.solve_structured import solve_structured

    smoothing = smoothing if geodesic.has_kinks else geodesic.smoothing or 1.0
    pieces = max(1, -(-FIRST_INTERVALS // layer_steps.size))
    steps, start = np.repeat(layer_steps / pieces, pieces), np.repeat(weights, pieces, axis=0)
    first = solve_structured(geodesic, steps, smoothing, start, tolerance=START_TOLERANCE)
    point = _point(first.representations, first.momenta, first.cost, smoothing)
    if not first.converged:
        return _limit(steps, point, np.inf, np.inf, f"The network of {steps.size} layers: {first.reason.value}")
    path, intervals, change, drift = HermitePath(geodesic, steps, point), FIRST_INTERVALS, np.inf, np.inf
    while intervals <= MOST_INTERVALS:
        steps = path.equidistributed(intervals)
        found = _extrapolated(path, steps)
        if isinstance(found, str):
            return _limit(path.steps, path.point, change, drift, found)
        point, change = found
        path = HermitePath(geodesic, steps, point)
        drift = path.drift()
        if max(change, drift) <= tolerance:
            return _limit(steps, point, change, drift, "Cost and H stand still to the tolerance.", reached=True)
        # A mesh that was made for the coarse network's path is made anew before it is made finer.
        intervals = int(np.ceil((GROWTH if path.spread() <= EVEN else REMESHED_GROWTH) * intervals))
    reason = f"Cost or H still move by more than the tolerance on {steps.size} intervals."
    return _limit(steps, point, change, drift, reason)


def _extrapolated(path: HermitePath, steps: Float[np.ndarray, " K"]) -> tuple[SmoothPoint, float] | str:
    """The limit on these intervals and how much it trusts the coarsest network; or which network was not solved."""
    from geodepth.control.geodesics.newton.solve_structured import solve_structured

    geodesic, smoothing = path.system.geodesic, path.point.smoothing
    costs, paths, momenta = [], [], []
    for cuts in CUTS:
        fine = np.repeat(steps / cuts, cuts)
        rows = path.at(np.concatenate([[0.0], np.cumsum(fine)]))
        a, b = (part.transpose(0, 2, 1) for part in path.system.split(rows))
        result = solve_structured(
            geodesic,
            fine,
            smoothing,
            path.system.weights(rows[:-1], None),
            multipliers=b,
            representations=a,
            tolerance=NETWORK_TOLERANCE,
            max_iterations=MOST_ITERATIONS,
        )
        if not result.converged:
            return f"The network of {fine.size} layers: {result.reason.value}"
        costs.append(result.cost)
        paths.append(result.representations[::cuts])
        momenta.append(result.momenta[::cuts])
    shares = richardson_weights(CUTS)
    cost = float(shares @ costs)
    change = abs(cost - float(richardson_weights(CUTS[1:]) @ costs[1:])) / max(abs(cost), 1e-300)
    a, b = (np.einsum("m,mkin->kin", shares, np.stack(part)) for part in (paths, momenta))
    return _point(a, b, cost, smoothing), change


def _point(a: np.ndarray, b: np.ndarray, cost: float, smoothing: float) -> SmoothPoint:
    return SmoothPoint(np.zeros(0), a, b, cost, smoothing, 0, 0.0, converged=True, reason="")


def _limit(
    steps: Float[np.ndarray, " K"], point: SmoothPoint, change: float, drift: float, reason: str, reached: bool = False
) -> ContinuousLimit:
    positions = np.concatenate([[0.0], np.cumsum(steps)])
    positions[-1] = 1.0
    return ContinuousLimit(
        positions, point.representations, point.momenta, point.cost, point.smoothing, change, drift, reached, reason
    )
