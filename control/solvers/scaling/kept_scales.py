"""Scales that are kept from one solve to the next, as long as the path stays as large."""

from dataclasses import dataclass

import numpy as np

from geodepth.control.transcription.nonlinear_program import NonlinearProgram
from geodepth.foundation.shapes import Float

from .variable_scaling import Rescaling, Scales, path_scales

ALIKE = 2.0
"""By how much the largest value of a variable may change, up or down, before scales are computed again (chosen by
hand): less than a solver notices."""


@dataclass(frozen=True, slots=True)
class KeptScales:
    """The scales of one path, for solves from there.

    Attributes
    ----------
    solver, errors : Scales
        What the solver's program is divided by, and what errors are relative to.
    reach : ndarray
        The largest magnitudes along the path: of states, what is carried, and controls, phase by phase.
    """

    solver: Scales
    errors: Scales
    reach: Float[np.ndarray, " n"]

    def fit(self, program: NonlinearProgram, variables: Float[np.ndarray, " size"]) -> bool:
        """Whether a path is as large as the one that these scales are of."""
        there, small = _reach(program, variables), self.reach == 0
        alike = (there <= ALIKE * self.reach) & (there >= self.reach / ALIKE)
        # What was zero has a scale that is not read off the path.
        return bool(np.all(alike | small))


def kept_scales(
    program: NonlinearProgram,
    scaling: Rescaling,
    variables: Float[np.ndarray, " size"],
    parameters: Float[np.ndarray, " theta"],
) -> KeptScales:
    """The scales of a path that was found.

    Parameters
    ----------
    program : NonlinearProgram
        Of one phase or several.
    scaling : function
        How the solver's program is scaled.
    variables, parameters : ndarray
        z (size,) and θ.
    """
    solver, errors = scaling(variables, parameters, True), path_scales(program, variables, parameters)
    return KeptScales(solver, errors, _reach(program, variables))


def _reach(program: NonlinearProgram, variables: Float[np.ndarray, " size"]) -> Float[np.ndarray, " n"]:
    found = []
    for part in program.parts:
        for table in part.transcription.layout.split(np.abs(variables[part.variables])):
            found += [np.max(table, axis=tuple(range(table.ndim - 1)), initial=0.0)]
    return np.concatenate(found)
