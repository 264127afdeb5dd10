"""How a solve ended, and where: the status with its advice, and the last iterate."""

from dataclasses import dataclass
from enum import Enum

import numpy as np

from geodepth.foundation.shapes import Float


class Status(Enum):
    """How a solve ended; the value is a sentence with advice."""

    SOLVED = "solved: the first-order conditions hold to the tolerance"
    ACCEPTABLE = "the solver stopped at a point that it calls acceptable, not at the tolerance; loosen it, or rescale"
    ITERATION_LIMIT = "the maximum number of iterations was reached; give a better guess, or raise max_iterations"
    TIME_LIMIT = "the time limit was reached; give a better guess, or raise time_limit"
    INFEASIBLE = "no feasible point was found; check that bounds and ends can be met, or give a better guess"
    DIVERGED = "the iterates grew without bound; the problem may be unbounded: add bounds or a better guess"
    INVALID_NUMBER = (
        "a function or its slope is NaN or infinite; start elsewhere, and bound states and controls away from there"
    )
    OVERDETERMINED = "there are more equations than unknowns; drop constraints that repeat others, or free an end"
    DEPENDENT = "constraints depend on each other; drop those that repeat others, or solve by ipopt, which bears them"
    INTERRUPTED = "interrupted by the user; the last iterate is kept"
    FAILED = "the solver gave up; try another guess, a finer mesh, or another solver"


@dataclass(frozen=True, eq=False, slots=True)
class Iterate:
    """A program's variables and multipliers, kept for warm starts on the same transcription.

    Attributes
    ----------
    variables : ndarray
        (size,), in the order of the transcription's layout.
    variable_multipliers : ndarray
        Of the variables' bounds (size,).
    constraint_multipliers : ndarray
        Of the constraints (rows,).
    """

    variables: Float[np.ndarray, " size"]
    variable_multipliers: Float[np.ndarray, " size"]
    constraint_multipliers: Float[np.ndarray, " rows"]


@dataclass(frozen=True, slots=True)
class ProgramResult:
    """The end of one solve.

    Attributes
    ----------
    iterate : Iterate
        Where it ended.
    objective : float
        There.
    status : Status
        How it ended.
    iterations : int
        How many; −1 where the solver does not say.
    seconds : float
        The solver's.
    violation : float
        The largest violation of a bound or constraint, measured by us: relative to the sizes along the path, or in the
        program's own units where it has no scales.
    reason : str
        Why it stopped short, where more is known than the status says.
    """

    iterate: Iterate
    objective: float
    status: Status
    iterations: int
    seconds: float
    violation: float
    reason: str = ""
