"""A scheme's own path next to an extremal of the exact ReLU, on a mesh whose nodes lie on the kinks.

1. Keep the steps that were asked for where no input crosses or rests; else share the intervals out between kinks.
2. Collocation: solve the direct method's program on these pieces (direct_on_pieces.py).
3. RK4, or where that fails: take the weights that the scheme has next to the extremal's.
4. Roll them out with the real activation, for a cost that is that of these weights.
"""

from dataclasses import dataclass

import numpy as np

from geodepth.control.geodesics.statement.shapes import Path, PointWeights, Steps
from geodepth.control.geodesics.transcribed.schemes import Collocation, Scheme
from geodepth.foundation.shapes import Float

from .direct_on_pieces import direct_on_pieces
from .indirect.extremal import Extremal
from .indirect.remeshing import on_intervals


@dataclass(frozen=True, slots=True, eq=False)
class SchemePath:
    """What a solution holds of its path.

    Attributes
    ----------
    steps : (L,)
        Lengths of the intervals.
    weights : (L, points, w, c)
        As the scheme holds them.
    momenta : (L + 1, w, N)
        B at the nodes, the extremal's.
    cost : float
        J of these weights, rolled out with the real activation.
    """

    steps: Float[np.ndarray, " L"]
    weights: PointWeights
    momenta: Path
    cost: float


def scheme_on_kinks(scheme: Scheme, extremal: Extremal, intervals: int, steps: Steps | None = None) -> SchemePath:
    """The scheme next to an extremal.

    Parameters
    ----------
    scheme : Scheme
        A continuous one.
    extremal : Extremal
        Of the exact ReLU.
    intervals : int
        How many; as many as there are arcs between kinks, if that is more.
    steps : (L,), optional
        Those to keep if no kink asks for other ones.
    """
    positions = on_intervals(extremal.collocated, intervals).positions
    if steps is not None and not extremal.crossings:
        positions = np.concatenate([[0.0], np.cumsum(steps)])
        positions[-1] = 1.0
    lengths, geodesic = np.diff(positions), extremal.geodesic
    weights = scheme.weights_of(lambda where: extremal.sample(where)[2], positions)
    if isinstance(scheme, Collocation):
        direct = direct_on_pieces(extremal, positions, scheme.stages)
        weights = direct.weights if direct.solved else weights
    final = scheme.simulate(geodesic, lengths, weights)[-1]
    cost = geodesic.end.cost(geodesic.fit(final)) + scheme.penalty(geodesic, weights, lengths)
    return SchemePath(lengths, weights, extremal.sample(positions)[1], cost)
