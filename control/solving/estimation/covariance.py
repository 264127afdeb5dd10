"""How well what was estimated is known, and how far the mesh moved it: the first-order conditions, linearized.

Source: Bock, Kostina and Schlöder, GAMM-Mitteilungen 30 (2007), section 2.
"""

from dataclasses import dataclass
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.errors import ProblemError
from geodepth.control.solvers.scaling.scaled_bounds import scaled_bounds
from geodepth.control.solvers.scaling.variable_scaling import path_scales
from geodepth.control.solvers.status import Iterate
from geodepth.control.transcription.transcription import Transcription
from geodepth.foundation.shapes import Float

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
    fitted : float
        How many numbers are fitted: those that are free under the constraints, and where the problem has a cost of its
        own, which settles some of them, the trace of the matrix that takes measured values to predicted ones.
    """

    covariance: Float[np.ndarray, "n n"]
    moved: Float[np.ndarray, " n"]
    fitted: float


def linearized(
    t: Transcription,
    own: Any,
    r: Any,
    variables: Float[np.ndarray, " size"],
    theta: Float[np.ndarray, " theta"],
    iterate: Iterate,
    wanted: list[int],
    jumps: Float[np.ndarray, "K nx"],
    costly: bool,
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
    costly : bool
        Whether the problem has a cost of its own.

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
    size, each, cost = scales.variables, scales.constraints, scales.objective
    wide, tall = diags(size).tocsc(), diags(1 / each).tocsc()
    bounds, limits = scaled_bounds(t, iterate, np.array(found[3]).ravel(), scales)
    held, active = bounds.active, limits.active
    jacobian, rows = (jacobian @ wide)[:, ~held] / np.sqrt(cost), (tall @ rows @ wide)[:, ~held]
    # Between what is held nothing is left to say, such as that a parameter on its bound stays the same.
    active &= rows.getnnz(axis=1) > 0
    rows = rows[active]
    inner = jacobian.T @ jacobian + (wide @ curvature @ wide / cost)[~held][:, ~held]
    free, place, known = int(np.sum(~held)), np.cumsum(~held) - 1, bool(np.all(np.isfinite(jumps)))
    fitted = jacobian.shape[0] if costly else 0
    right = np.zeros((free + rows.shape[0], len(wanted) + 1 + fitted))
    for column, i in enumerate(wanted):
        if not held[i]:
            right[place[i], column] = 1.0
    if known:
        left = np.zeros(active.size)
        left[t.defects[:, : t.layout.states]] = jumps
        right[free:, len(wanted)] = (left / each)[active]
    right[:free, len(wanted) + 1 :] = jacobian.T.toarray()[:, :fitted]
    solved = _solved(bmat([[inner, rows.T], [rows, None]]).tocsc(), rows.shape[0], right)
    chosen = np.where(held[wanted][:, None], 0.0, solved[np.where(held[wanted], 0, place[wanted])])
    covariance = chosen[:, : len(wanted)] * np.outer(size[wanted], size[wanted]) / cost
    moved = -size[wanted] * chosen[:, len(wanted)] if known else np.full(len(wanted), np.nan)
    # Of a cost of the problem's own, each value takes its share of what is known: the trace of the fit's projection.
    share = np.sum(jacobian.toarray() * solved[:free, len(wanted) + 1 :].T) if costly else free - rows.shape[0]
    return Linearized((covariance + covariance.T) / 2, moved, float(share))


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
