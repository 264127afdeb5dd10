"""What the physics of a path lacks to the truth's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.path_energies import compute_energies
from geodepth.validation.physics.phases import find_phases


@dataclass(frozen=True, slots=True)
class PhysicsGap:
    """What a path's physics lacks to the truth's, path minus truth, after settling both momenta at the kinks.

    Attributes
    ----------
    hamiltonian : float
        Of the median of −(2/L̃)H over p, in ranks.
    rank : int or None
        Of the bottleneck rank k*; None like the next two for L̃ = 0, where there are no phases.
    start, end : float or None
        Of the bottleneck's ends in p.
    """

    hamiltonian: float
    rank: int | None
    start: float | None
    end: float | None

    @classmethod
    def between(cls, truth: RepresentationPath, path: RepresentationPath) -> PhysicsGap:
        """Measure the gap between two paths whose momenta are settled."""
        energies = [compute_energies(one) for one in (truth, path)]
        ours, theirs = (float(np.median(energy.scaled_hamiltonian)) for energy in energies)
        if truth.effective_depth == 0.0:
            return cls(theirs - ours, None, None, None)
        true, found = (find_phases(one, energy) for one, energy in zip((truth, path), energies, strict=True))
        return cls(theirs - ours, found.rank - true.rank, found.start - true.start, found.end - true.end)
