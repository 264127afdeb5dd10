"""What the cost changes by on a finer mesh, and why that is not known where the solve there fails."""

import math
from typing import NamedTuple

import numpy as np

from geodepth.control.solution.certificate import Check
from geodepth.control.solvers.diagnosis.limits_reached import states_held
from geodepth.control.solvers.program import CompiledProgram, Discretized
from geodepth.control.solvers.status import Status
from geodepth.foundation.shapes import Float


class CostChange(NamedTuple):
    """Twice the relative change of the cost on the finer mesh; infinite where it is not known, with the reason."""

    relative: float
    reason: str = ""

    def line(self, accuracy: float) -> Check:
        """Of a certificate that asks for this accuracy."""
        words = self.reason or "relative error of the cost, seen on a finer mesh"
        return Check("finer mesh", self.relative, accuracy, words)


def change_there(
    program: CompiledProgram[Discretized],
    variables: Float[np.ndarray, " size"],
    parameters: Float[np.ndarray, " theta"],
    cost: float,
    scale: float,
) -> CostChange:
    """Solve on the finer mesh, and compare.

    Parameters
    ----------
    program : CompiledProgram
        On the finer mesh.
    variables, parameters : ndarray
        The solution, resampled there, and θ.
    cost : float
        The solution's.
    scale : float
        What errors of it are relative to.
    """
    result = program.solve(variables, parameters)
    if result.status is Status.INTERRUPTED:
        raise KeyboardInterrupt
    if result.status is not Status.SOLVED:
        held = states_held(program.transcription, variables, parameters)
        ended = f"not known: the solve on twice the intervals ended by {result.status.name.lower()}"
        return CostChange(math.inf, f"{ended}; {held}" if held else ended)
    return CostChange(2 * abs(result.objective - cost) / scale)
