"""The second-order conditions of the nonlinear program, recomputed from primal and dual values."""

import casadi as ca
import numpy as np

from geodepth.control.solvers.program import CompiledProgram, Discretized
from geodepth.control.solvers.scaling.variable_scaling import path_scales
from geodepth.control.solvers.status import Iterate
from geodepth.foundation.shapes import Float

LARGEST_DENSE = 1500
"""Variables and constraints up to which the Hessian's inertia is computed, by a dense factorization (chosen by hand:
its time grows with the third power)."""
ACTIVE = 1e-6
"""The size of a multiplier, relative to the largest or to the cost's size, from which its constraint counts as active
(chosen by hand)."""
NEGATIVE = 1e-6
"""How negative an eigenvalue must be, relative to the Hessian's largest entry or the cost's size, to count: less is
what multipliers that hold to a tolerance make of it (by hand)."""


def negative_curvature(
    program: CompiledProgram[Discretized],
    variables: Float[np.ndarray, " n"],
    parameters: Float[np.ndarray, " theta"],
    iterate: Iterate,
) -> int | None:
    """How many directions along the active constraints lower the Lagrangian to second order; None when too large.

    Parameters
    ----------
    program : CompiledProgram
        Whose conditions these are.
    variables, parameters : ndarray
        Where (n,), and θ.
    iterate : Iterate
        Its multipliers.

    Notes
    -----
    The inertia of the KKT matrix [[H, Aᵀ], [A, 0]] is (n, m, 0) at a strict minimum, A the active constraints'
    gradients without those of fixed variables; more negative eigenvalues than m tell of a saddle point.
    Source: Nocedal and Wright, theorem 16.3.
    """
    from scipy.linalg import ldl

    t = program.transcription
    if variables.size + iterate.constraint_multipliers.size > LARGEST_DENSE:
        return None
    weights = ca.MX.sym("multipliers", t.constraint_lower.size)
    lagrangian = t.objective + ca.dot(weights, t.constraints)
    hessian, jacobian = ca.hessian(lagrangian, t.variables)[0], ca.jacobian(t.constraints, t.variables)
    both = ca.Function("second", [t.variables, t.parameters, weights], [hessian, jacobian])
    second, first = (np.array(v) for v in both(variables, parameters, iterate.constraint_multipliers))
    # In the sizes of the path, as relative thresholds need it; scales do not change the inertia.
    sizes = path_scales(t, variables, parameters)
    columns, rows_of = sizes.variables, sizes.constraints
    second = second * columns[:, None] * columns / sizes.objective
    first = first * columns / rows_of[:, None]
    bounds, multipliers = (
        np.abs(values * size) / sizes.objective
        for values, size in ((iterate.variable_multipliers, columns), (iterate.constraint_multipliers, rows_of))
    )
    threshold = ACTIVE * max(1.0, float(np.max(multipliers, initial=0.0)))
    loose = (t.lower < t.upper) & (bounds <= threshold)
    active = (t.constraint_lower == t.constraint_upper) | (multipliers > threshold)
    reduced, rows = second[np.ix_(loose, loose)], first[np.ix_(active, loose)]
    # Rows that depend on each other, or on fixed variables only, have no inertia of their own.
    basis = _row_basis(rows) if rows.size else rows
    matrix = np.block([[reduced, basis.T], [basis, np.zeros((basis.shape[0],) * 2)]])
    block = ldl(matrix)[1]
    eigenvalues = np.linalg.eigvalsh(block)
    negative = int(np.sum(eigenvalues < -NEGATIVE * max(1.0, float(np.max(np.abs(reduced), initial=0.0)))))
    return max(0, negative - int(basis.shape[0]))


def _row_basis(rows: Float[np.ndarray, "m n"]) -> Float[np.ndarray, "rank n"]:
    """An orthonormal basis of what the rows span; by QR with pivots, which takes a tenth of an SVD's time."""
    from scipy.linalg import qr

    basis, triangle, _ = qr(rows.T, mode="economic", pivoting=True)
    sizes = np.abs(np.diag(triangle))
    rank = int(np.sum(sizes > sizes[0] * max(rows.shape) * np.finfo(float).eps))
    return np.asarray(basis[:, :rank].T)
