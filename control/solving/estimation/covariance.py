"""How well what was estimated is known, and how far the mesh moved it: the first-order conditions, linearized.

Source: Bock, Kostina and Schlöder, GAMM-Mitteilungen 30 (2007), section 2.
"""

from dataclasses import dataclass
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.errors import ProblemError
from geodepth.control.solvers.scaling.variable_scaling import path_scales
from geodepth.control.solvers.status import Iterate
from geodepth.control.transcription.transcription import Transcription
from geodepth.foundation.shapes import Bool, Float

UNDETERMINED = 1e-6
"""What the linear equations of the covariance may leave, relative (chosen by hand): more, and they have no solution."""
REGULAR = 1e-10
"""What is taken from the diagonal of the constraints' block, in units of the scaled equations (chosen by hand)."""


@dataclass(frozen=True, slots=True)
class Linearized:
    """What the conditions at the estimate say of small changes.

    Attributes
    ----------
    covariance : ndarray
        Of the variables that are wanted (n, n), for residuals of deviation 1.
    moved : ndarray
        By how much the mesh's own error moved each, to first order (n,); NaN where that is not known.
    free : int
        How many numbers are free under the constraints.
    """

    covariance: Float[np.ndarray, "n n"]
    moved: Float[np.ndarray, " n"]
    free: int


def linearized(
    t: Transcription,
    own: Any,
    r: Any,
    variables: Float[np.ndarray, " size"],
    theta: Float[np.ndarray, " theta"],
    iterate: Iterate,
    wanted: list[int],
    jumps: Float[np.ndarray, "K nx"],
) -> Linearized:
    """Solve with [[JᵀJ + ∇²own, Aᵀ], [A, 0]], over what is free and active: J of the residuals, A of the constraints.

    Parameters
    ----------
    t : Transcription
        With the residuals in its objective.
    own, r : expressions
        The problem's own cost, and the residuals over their deviations.
    variables, theta, iterate
        The solution.
    wanted : list of int
        The places of the variables that are wanted.
    jumps : ndarray
        Where every interval ends when it is simulated tightly, minus the next node (K, nx): what the exact dynamics
        have left of the constraints, which one Newton step takes away.

    Raises
    ------
    ProblemError
        The equations have no solution: the measurements do not determine what is free.
    """
    from scipy.sparse import bmat, diags

    z = t.variables
    outputs = [ca.jacobian(r, z), ca.hessian(own, z)[0], ca.jacobian(t.constraints, z), t.constraints]
    found = ca.Function("curvature", [z, t.parameters], outputs)(variables, theta)
    jacobian, curvature, rows = (value.sparse().tocsc() for value in found[:3])
    scales = path_scales(t, variables, theta)
    wide, tall = diags(scales.variables).tocsc(), diags(1 / scales.constraints).tocsc()
    held = _active(t.lower, variables, t.upper, iterate.variable_multipliers)
    g = np.array(found[3]).ravel()
    active = _active(t.constraint_lower, g, t.constraint_upper, iterate.constraint_multipliers)
    jacobian, rows = (jacobian @ wide)[:, ~held], (tall @ rows @ wide)[:, ~held]
    # Between what is held nothing is left to say, such as that a parameter on its bound stays the same.
    active &= rows.getnnz(axis=1) > 0
    rows = rows[active]
    inner = jacobian.T @ jacobian + (wide @ curvature @ wide)[~held][:, ~held]
    free, place, known = int(np.sum(~held)), np.cumsum(~held) - 1, bool(np.all(np.isfinite(jumps)))
    right = np.zeros((free + rows.shape[0], len(wanted) + 1))
    for column, i in enumerate(wanted):
        if not held[i]:
            right[place[i], column] = 1.0
    if known:
        left = np.zeros(active.size)
        left[t.defects[:, : t.layout.states]] = jumps
        right[free:, -1] = (left / scales.constraints)[active]
    solved = _solved(bmat([[inner, rows.T], [rows, None]]).tocsc(), rows.shape[0], right)
    size = scales.variables[wanted]
    chosen = np.where(held[wanted][:, None], 0.0, solved[np.where(held[wanted], 0, place[wanted])])
    covariance = chosen[:, :-1] * np.outer(size, size)
    moved = -size * chosen[:, -1] if known else np.full(size.size, np.nan)
    return Linearized((covariance + covariance.T) / 2, moved, free - rows.shape[0])


def _solved(matrix: Any, rows: int, right: np.ndarray) -> np.ndarray:
    """The solution of equations whose last rows are constraints."""
    from scipy.sparse import diags
    from scipy.sparse.linalg import splu

    shift = np.append(np.zeros(matrix.shape[0] - rows), np.full(rows, REGULAR))
    try:
        factors = splu((matrix - diags(shift)).tocsc())
        solved = factors.solve(right)
        for _ in range(3):
            solved = solved + factors.solve(right - matrix @ solved)
        missed = float(np.max(np.abs(right - matrix @ solved), initial=0.0))
    except RuntimeError:
        missed = np.inf
    if not missed <= UNDETERMINED:
        raise ProblemError(
            "measurements do not determine all that is free (parameters, initial states, controls): other values fit "
            "as well; fix some, measure more, or add a running_cost that says what is likely"
        )
    return np.asarray(solved)


def _active(
    lower: np.ndarray, values: np.ndarray, upper: np.ndarray, multipliers: np.ndarray
) -> Bool[np.ndarray, " n"]:
    """Which of them are equations, or on a bound that pushes."""
    left = np.where(multipliers > 0, upper - values, values - lower)
    return np.asarray((lower == upper) | (np.abs(multipliers) > left))
