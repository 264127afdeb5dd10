"""Newton's method for the two-point boundary-value problem of an extremal, by Gauss collocation.

1. Form the residual: A_0, the stage equations of every interval, continuity at the nodes, the end, the events'
   conditions.
2. Solve for the step in nodes, stages and, for the exact ReLU, the positions of events (collocation_step.py).
3. Halve the step until the residual falls; stop at the tolerance, or where no step helps, at rounding for one.

Source: Ascher, Mattheij and Russell, Numerical Solution of Boundary Value Problems for Ordinary Differential Equations,
chapters 5 and 7; a crossing is an interior condition A[i, n] = 0 with a free position.
"""

from dataclasses import dataclass, replace

import numpy as np

from geodepth.foundation.shapes import Float

from .collocated_path import CollocatedPath
from .collocation_step import CollocationStep, Residual, newton_step
from .event_conditions import event_conditions, held_ends

HALVINGS = 12
"""How often a step is halved: one of less than 1/4000 of Newton's helps nobody. Chosen by hand."""
LEAST_DECREASE = 1e-4
"""The share of the residual by which a full step must lower it, at least: the usual constant of Armijo's rule."""
SHORTEST = 1e-9
"""The least length of an interval, as a fraction of the path: below, a step would turn an arc around."""
ITERATIONS = 40
"""Newton steps of one solve at most; chosen by hand, several times what a solve takes that succeeds."""


@dataclass(slots=True)
class CollocationNewton:
    """Newton's method, which counts its iterations over all its solves."""

    iterations: int = 0

    def solve(self, path: CollocatedPath, tolerance: float) -> tuple[CollocatedPath, float]:
        """Iterate from a path until the residual is small.

        Parameters
        ----------
        path : CollocatedPath
            The start.
        tolerance : float
            Of the residual, relative to max(1, |A|, |B|).

        Returns
        -------
        tuple
            The last iterate, and its residual, relative too.

        Raises
        ------
        numpy.linalg.LinAlgError
            The equations are singular.
        """
        residual = residual_of(path)
        for _ in range(ITERATIONS):
            if residual.size <= tolerance * path.scale:
                break
            step = newton_step(path, residual)
            self.iterations += 1
            for halving in range(HALVINGS):
                fraction = 0.5**halving
                trial = _moved(path, step, fraction)
                if trial is not None:
                    found = residual_of(trial)
                    if found.size < (1 - LEAST_DECREASE * fraction) * residual.size:
                        break
            else:
                break
            path, residual = trial, found
        return path, residual.size / path.scale


def residual_of(path: CollocatedPath) -> Residual:
    """What the path leaves of all equations."""
    system, half = path.system, path.system.half
    slopes, ends = path.method.slopes, path.method.extrapolation
    with np.errstate(over="ignore", invalid="ignore"):
        rates = path.rates()
    equations = slopes[:, :1] * path.nodes[:-1, None] + np.matmul(slopes[:, 1:], path.stages)
    equations = equations - path.lengths[:, None, None] * rates
    carried = ends[0] * path.nodes[:-1] + np.einsum("r,kry->ky", ends[1:], path.stages)
    end = system.end_residual(path.nodes[-1])
    for row, column in held_ends(path):
        end[row] = path.nodes[-1, column]
    return Residual(
        start=path.nodes[0, :half] - system.geodesic.initial_representations.T.ravel(),
        equations=equations,
        continuity=path.nodes[1:] - carried,
        end=end,
        events=np.array([condition.value(path) for condition in event_conditions(path)]),
    )


def _moved(path: CollocatedPath, step: CollocationStep, fraction: float) -> CollocatedPath | None:
    """The path after a fraction of the step, or None where it would turn an arc around."""
    lengths = path.lengths + fraction * step.lengths
    if lengths.min() < SHORTEST:
        return None
    positions: Float[np.ndarray, " K+1"] = np.concatenate([[0.0], np.cumsum(lengths)])
    positions[-1] = 1.0
    return replace(
        path,
        positions=positions,
        nodes=path.nodes + fraction * step.nodes,
        stages=path.stages + fraction * step.stages,
        crossings=tuple(replace(c, position=float(positions[c.node])) for c in path.crossings),
    )
