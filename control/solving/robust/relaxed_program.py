"""A program whose constraints may be violated at a price, and what it leads to: dynamics that are nearly followed.

From there the program itself is solved: a homotopy of two steps, which gets past what stops a solver that must satisfy
all constraints first.
"""

from dataclasses import dataclass, field
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.solvers.back_end import SolverSettings
from geodepth.control.solvers.program import CompiledProgram
from geodepth.control.solvers.scaling.variable_scaling import Scales, rescaling
from geodepth.control.transcription.nonlinear_program import NonlinearProgram
from geodepth.control.transcription.transcription import Part
from geodepth.foundation.shapes import Float

WEIGHT = 1e-3
"""Of the scaled objective beside the squares of scaled violations (chosen by hand): constraints come first."""
TOLERANCE, MOST_ITERATIONS = 1e-4, 200
"""Of the relaxed solve (chosen by hand): it is a start."""


@dataclass(frozen=True, slots=True, eq=False)
class RelaxedProgram:
    """minimize WEIGHT · f + |s|²/2 over y and s, where g − s keeps to g's bounds, all in scaled units.

    Attributes
    ----------
    variables, parameters, objective, constraints, lower, upper, constraint_lower, constraint_upper
        As in a `NonlinearProgram`; its variables are those of the original, divided by their scales, and then s.
    """

    variables: Any
    parameters: Any
    objective: Any
    constraints: Any
    lower: np.ndarray
    upper: np.ndarray
    constraint_lower: np.ndarray
    constraint_upper: np.ndarray
    staged: bool = False
    rollout: Any = None
    parts: tuple[Part, ...] = field(default=())
    links: Any = None

    def completed(
        self,
        variables: Float[np.ndarray, " size"],
        parameters: Float[np.ndarray, " theta"],
        above: float | Float[np.ndarray, " size"] = 0.0,
    ) -> Float[np.ndarray, " size"]:
        """The variables as they are: slacks of kinks are variables like others here."""
        return variables

    def with_slacks_of(
        self, variables: Float[np.ndarray, " size"], other: Float[np.ndarray, " size"]
    ) -> Float[np.ndarray, " size"]:
        """The variables as they are."""
        return variables

    def parameter_values(self) -> Float[np.ndarray, " theta"]:
        """Zeros: the original's are to be given."""
        return np.zeros(self.parameters.numel())


def relaxed_path(
    program: NonlinearProgram, variables: Float[np.ndarray, " size"], parameters: Float[np.ndarray, " theta"]
) -> Float[np.ndarray, " size"]:
    """The variables of the relaxed program's optimum, within their bounds.

    Parameters
    ----------
    program : NonlinearProgram
        Of one phase or several.
    variables, parameters : ndarray
        Where it starts (size,), and θ.
    """
    scales = rescaling(program)(variables, parameters, False)
    start = program.completed(variables, parameters, scales.variables)
    relaxed, evaluated = _relaxed(program, scales)
    rows = np.array(evaluated(start, parameters)).ravel()
    missed = (rows - np.clip(rows, program.constraint_lower, program.constraint_upper)) / scales.constraints
    begin = np.concatenate([start / scales.variables, np.where(np.isfinite(missed), missed, 0.0)])
    settings = SolverSettings("ipopt", TOLERANCE, MOST_ITERATIONS)
    result = CompiledProgram(relaxed, settings).solve(begin, parameters)
    found = result.iterate.variables[: start.size] * scales.variables
    return np.asarray(np.clip(found, program.lower, program.upper))


def _relaxed(program: NonlinearProgram, scales: Scales) -> tuple[RelaxedProgram, Any]:
    """The relaxed program, and the original's constraints as a function."""
    y, s = ca.MX.sym("y", program.lower.size), ca.MX.sym("s", program.constraint_lower.size)
    given = [program.variables, program.parameters]
    both = ca.Function("fg", given, [program.objective, program.constraints])
    theta = ca.MX.sym("theta", program.parameters.numel())
    objective, constraints = both.call([ca.DM(scales.variables) * y, theta], True, False)
    anything = np.full(s.numel(), np.inf)
    found = RelaxedProgram(
        variables=ca.vertcat(y, s),
        parameters=theta,
        objective=WEIGHT * objective / scales.objective + ca.sumsqr(s) / 2,
        constraints=constraints / ca.DM(scales.constraints) - s,
        lower=np.concatenate([program.lower / scales.variables, -anything]),
        upper=np.concatenate([program.upper / scales.variables, anything]),
        constraint_lower=program.constraint_lower / scales.constraints,
        constraint_upper=program.constraint_upper / scales.constraints,
    )
    return found, ca.Function("g", given, [program.constraints])
