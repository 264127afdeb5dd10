"""Slopes of the smoothed ReLU as unknowns of their own, so that Newton's method stays good as ε → 0.

1. At a start, or after a jump of the states, take the slopes θ = σ'_ε(a) of all inputs.
2. At each iterate, put the curvature (1 − (2θ − 1)a/r)/2r, r = √(a² + ε²), in place of Newton's ε²/2r³, on inputs where
   the Lagrangian grows with σ; where it falls the input rests on no kink, and keeps Newton's.
3. After each step, move θ by that curvature times the change of a, and keep it inside (0, 1).

Newton's method takes the change of the slope from the tangent of σ'_ε, which is felt only within ε of the kink: from
outside it steps across, and for small ε needs as many iterations as there are kinks to be found, or does not end. With
θ unknown and its equation written (2θ − 1)r = a, the same step follows from the curvature of 2, which is Newton's own
at a solution and remembers, at an input that has crossed, what slope the other equations ask for.

Source: T. Chan, G. Golub and P. Mulet, A nonlinear primal-dual method for total variation-based image restoration,
SIAM J. Sci. Comput. 20 (1999) 1964-1977, for |a|.
"""

from dataclasses import replace

import numpy as np

from geodepth.control.geodesics.statement.shapes import LayersRows

from .linearization import Iterate, Linearization

FRACTION = 0.99  # of its distance to 0 or 1 that a slope may go at once; the usual one of interior points


class SlopeDuals:
    """θ of every input along one solve."""

    def __init__(self) -> None:
        self._slopes: LayersRows | None = None

    def forget(self) -> None:
        """Take the slopes of the next point's inputs, after a jump of the states."""
        self._slopes = None

    def bent(self, point: Linearization) -> Linearization:
        """The linearization with these curvatures in its inputs."""
        if point.model.activation.is_linear:
            return point
        if self._slopes is None:
            self._slopes = point.gates
        pulled = np.matmul(point.iterate.multipliers, point.transfer.transpose(0, 2, 1))
        return replace(point, bends=np.where(pulled > 0, self._curvatures(point) * pulled, point.bends))

    def follow(self, point: Linearization, reached: Iterate) -> None:
        """The slopes after a step from `point` to `reached`, kept inside (0, 1)."""
        if self._slopes is None:
            return
        change = (reached.states - point.iterate.states)[:-1]
        slopes = point.gates + self._curvatures(point) * change
        room = 1.0 - FRACTION
        self._slopes = np.clip(slopes, room * self._slopes, 1.0 - room * (1.0 - self._slopes))

    def _curvatures(self, point: Linearization) -> LayersRows:
        assert self._slopes is not None
        inputs = point.iterate.states[:-1]
        roots = np.sqrt(inputs * inputs + point.model.smoothing**2)
        return np.asarray((1.0 - (2.0 * self._slopes - 1.0) * inputs / roots) / (2.0 * roots))
