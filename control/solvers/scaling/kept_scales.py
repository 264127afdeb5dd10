"""Scales that are kept from one solve to the next, as long as the path stays as large."""

from dataclasses import dataclass, replace

import numpy as np

from geodepth.control.transcription.nonlinear_program import NonlinearProgram
from geodepth.foundation.shapes import Float

from .variable_scaling import COST, FAR, MISLED, Rescaling, Scales, path_scales


@dataclass(frozen=True, slots=True)
class KeptScales:
    """The scales of one path, for solves from there.

    Attributes
    ----------
    solver, errors : Scales
        What the solver's program is divided by, and what errors are relative to.
    reach, sizes : ndarray
        The largest magnitudes along the path, and what errors of these are relative to: of states, what is carried,
        and controls, phase by phase.
    """

    solver: Scales
    errors: Scales
    reach: Float[np.ndarray, " n"]
    sizes: Float[np.ndarray, " n"]

    def fit(self, program: NonlinearProgram, variables: Float[np.ndarray, " size"]) -> bool:
        """Whether a path is of the size that these scales are of.

        Parameters
        ----------
        program : NonlinearProgram
            Of one phase or several.
        variables : ndarray
            The path's (size,).

        Notes
        -----
        What grows meets a tolerance that is tighter than was asked for; what shrinks, one that is looser. What was
        smaller than its size is noise, and tells nothing when it shrinks: such as a slack that is not needed.
        """
        there = _reach(program, variables)
        shrunk = (self.reach >= self.sizes) & (there < self.sizes / FAR)
        return not bool(np.any((there > MISLED * self.sizes) | shrunk))


def kept_scales(
    program: NonlinearProgram,
    scaling: Rescaling,
    variables: Float[np.ndarray, " size"],
    parameters: Float[np.ndarray, " theta"],
    read_off: bool,
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
    read_off : bool
        Whether the solver's scales are read off the path. Its objective is then as large as on that path: what a
        variable at zero might cost at its bounds says nothing any more.
    """
    solver, errors = scaling(variables, parameters, True), path_scales(program, variables, parameters)
    if read_off:
        solver = replace(solver, objective=min(solver.objective, COST * errors.objective))
    return KeptScales(solver, errors, _reach(program, variables), _reach(program, errors.variables))


def _reach(program: NonlinearProgram, variables: Float[np.ndarray, " size"]) -> Float[np.ndarray, " n"]:
    found = []
    for part in program.parts:
        for table in part.transcription.layout.split(np.abs(variables[part.variables])):
            found += [np.max(table, axis=tuple(range(table.ndim - 1)), initial=0.0)]
    return np.concatenate(found)
