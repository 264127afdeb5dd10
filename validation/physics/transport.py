"""A path as the transport of its samples: how straight it is, and what it costs beside the Wasserstein geodesic.

Benamou and Brenier: of all motions that carry one cloud of points to another, the Wasserstein geodesic has the least
action, W₂². It moves every point straight and evenly to its partner in the best assignment. So three numbers are in
order, and what lies between them has a reason each:

    action ≥ displacement   samples that turn, or hurry and rest;
    displacement ≥ W₂²      samples that do not go to the partners that are cheapest for all.
"""

from dataclasses import dataclass

import numpy as np

from geodepth.foundation.shapes import Float
from geodepth.validation.path.representation_path import RepresentationPath


@dataclass(frozen=True, slots=True, eq=False)
class Transport:
    """The motion of N samples in the w dimensions of the representation, in squared units of A.

    Attributes
    ----------
    action : float
        ∫ (1/N) Σ_i ‖∂_p a_i‖² dp of the path that is straight in every layer.
    displacement : float
        (1/N) Σ_i ‖a_i(1) − a_i(0)‖².
    wasserstein : float
        W₂² between the first and the last cloud: the least displacement over all assignments of ends to starts.
    own_partners : float
        The share of samples that the best assignment sends to their own ends.
    lengths : (N,)
        ∫ ‖∂_p a_i‖ dp, in units of A.
    chords : (N,)
        ‖a_i(1) − a_i(0)‖, in units of A.
    """

    action: float
    displacement: float
    wasserstein: float
    own_partners: float
    lengths: Float[np.ndarray, " N"]
    chords: Float[np.ndarray, " N"]

    @property
    def straightness(self) -> float:
        """Σ chords over Σ lengths, from 0 (all return) to 1 (all go straight); nan where nothing moves."""
        return _quotient(float(self.chords.sum()), float(self.lengths.sum()))

    @property
    def action_excess(self) -> float:
        """Action over displacement, 1 for straight and even motion; infinite for samples that all return."""
        return _quotient(self.action, self.displacement)

    @property
    def assignment_excess(self) -> float:
        """Displacement over W₂², 1 where the samples go to their cheapest partners."""
        return _quotient(self.displacement, self.wasserstein)


def transport(path: RepresentationPath) -> Transport:
    """Measure the motion of a path's samples.

    Parameters
    ----------
    path : RepresentationPath
        L layers, width w, N samples.

    Notes
    -----
    Source: J.-D. Benamou and Y. Brenier, "A computational fluid mechanics solution to the Monge-Kantorovich mass
    transfer problem", Numerische Mathematik 84 (2000). The assignment is exact (scipy.optimize.linear_sum_assignment).
    """
    from scipy.optimize import linear_sum_assignment

    A = path.representations
    pieces = np.linalg.norm(np.diff(A, axis=0), axis=1)  # (L, N)
    gaps = np.sum((A[0][:, :, None] - A[-1][:, None, :]) ** 2, axis=0)
    starts, ends = linear_sum_assignment(gaps)
    own = np.diagonal(gaps)
    least = float(np.mean(gaps[starts, ends]))
    if float(own.mean()) <= least:  # of assignments that cost the same, the path's own
        ends = starts
    return Transport(
        action=float(np.mean(np.sum(pieces**2 / path.layer_steps[:, None], axis=0))),
        displacement=float(own.mean()),
        wasserstein=least,
        own_partners=float(np.mean(starts == ends)),
        lengths=pieces.sum(axis=0),
        chords=np.sqrt(own),
    )


def _quotient(above: float, below: float) -> float:
    if below > 0.0:
        return above / below
    return float("inf") if above > 0.0 else float("nan")
