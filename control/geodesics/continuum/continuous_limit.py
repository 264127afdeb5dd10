"""The continuous path as the limit of networks: Richardson extrapolation of explicit Euler, solved by our own Newton.

Every interval of one mesh is cut into 2, 3, … 6 layers, and each of these networks is solved to its own optimum by the
structured solver, from the one guess. Path, momenta and cost have expansions in the reciprocal of the number of cuts
(Gragg's theorem, for a smooth activation), whose value at zero is the continuous geodesic's: fifth order, for problems
that are too large for collocation. Source: Hairer, Nørsett and Wanner, Solving Ordinary Differential Equations I,
sections II.8 and II.9.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.transcribed.smooth_point import SmoothPoint
from geodepth.foundation.extrapolation import richardson_weights
from geodepth.foundation.shapes import Float

from .direct_mesh import EVEN, HermitePath, equidistributed

CUTS = (2, 3, 4, 5, 6)
FIRST_INTERVALS, GROWTH, MOST_INTERVALS = 48, 1.5, 250
NETWORK_TOLERANCE, MOST_ITERATIONS = 1e-10, 80


@dataclass(frozen=True, slots=True, eq=False)
class ContinuousLimit:
    """The extrapolated path at its nodes, of the activation σ_ε, ε = `smoothing`.

    cost: the smoothed J; cost_change: |ΔJ|/J when the coarsest network is left out; drift: of H over the nodes,
    relative. `reached` is false where these stayed above the tolerance on the largest mesh, or where a network was not
    solved: the arrays are then the last that are known, and `reason` tells.
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
    """The continuous geodesic next to a network's path with these weights; a ReLU is smoothed by ε = `smoothing`.

    Meshes are equidistributed along the path, and finer each round until cost and H stand still to `tolerance`.
    """
    from geodepth.control.geodesics.newton.solve_structured import solve_structured

    smoothing = smoothing if geodesic.has_kinks else geodesic.smoothing or 1.0
    pieces = max(1, -(-FIRST_INTERVALS // layer_steps.size))
    steps = np.repeat(layer_steps / pieces, pieces)
    first = solve_structured(geodesic, steps, smoothing, np.repeat(weights, pieces, axis=0), tolerance=1e-8)
    point = _point(first.representations, first.momenta, first.cost, smoothing)
    limit = _limit(steps, point, np.inf, np.inf, False, f"The network of {steps.size} layers: {first.reason.value}")
    if not first.converged:
        return limit
    intervals, settled, change = FIRST_INTERVALS, False, np.inf
    path = HermitePath(geodesic, steps, point)
    while intervals <= MOST_INTERVALS:
        steps = equidistributed(path.steps, path.density(), intervals)
        found = _extrapolated(path, steps)
        if isinstance(found, str):
            return limit if not settled else _limit(path.steps, path.point, change, path.drift(), False, found)
        point, change = found
        path, settled = HermitePath(geodesic, steps, point), True
        shares = path.density() * steps
        drift = path.drift()
        if max(change, drift) <= tolerance:
            return _limit(steps, point, change, drift, True, "Cost and H stand still to the tolerance.")
        # A mesh that was made for the coarse network's path is made anew before it is made finer.
        intervals = int(np.ceil((GROWTH if shares.max() <= EVEN * shares.mean() else 1.2) * intervals))
    reason = f"Cost or H still move by more than the tolerance on {steps.size} intervals."
    return _limit(steps, point, change, drift, False, reason)


def _extrapolated(path: HermitePath, steps: Float[np.ndarray, " K"]) -> tuple[SmoothPoint, float] | str:
    """The limit on these intervals and how much it trusts the coarsest network; or which network was not solved."""
    from geodepth.control.geodesics.newton.solve_structured import solve_structured

    geodesic, smoothing = path.system.geodesic, path.point.smoothing
    costs, paths, momenta = [], [], []
    for cuts in CUTS:
        fine = np.repeat(steps / cuts, cuts)
        rows = path.at(np.concatenate([[0.0], np.cumsum(fine)]))
        a, b = (part.transpose(0, 2, 1) for part in path.system.split(rows))
        weights = path.system.weights(rows[:-1], None)
        result = solve_structured(
            geodesic,
            fine,
            smoothing,
            weights,
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
    return SmoothPoint(np.zeros(0), a, b, cost, smoothing)


def _limit(
    steps: Float[np.ndarray, " K"], point: SmoothPoint, change: float, drift: float, reached: bool, reason: str
) -> ContinuousLimit:
    positions = np.concatenate([[0.0], np.cumsum(steps)])
    positions[-1] = 1.0
    return ContinuousLimit(
        positions, point.representations, point.momenta, point.cost, point.smoothing, change, drift, reached, reason
    )
