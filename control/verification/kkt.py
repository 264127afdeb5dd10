"""The first- and second-order conditions of the nonlinear program, recomputed from primal and dual values."""

from dataclasses import dataclass

import casadi as ca
import numpy as np

from geodepth.control.solvers.program import Program
from geodepth.control.solvers.status import Iterate
from geodepth.control.transcription.transcription import Transcription
from geodepth.foundation.shapes import Float

from .error_scales import state_scale

LARGEST_DENSE = 1500
"""Variables and constraints up to which the Hessian's inertia is computed, by a dense factorization (chosen by hand:
its time grows with the third power)."""
ACTIVE = 1e-6
"""The size of a multiplier, relative to the largest or 1, from which its constraint counts as active (chosen
by hand)."""
NEGATIVE = 1e-8
"""How negative an eigenvalue must be, relative to the Hessian's largest entry or 1, to count: rounding (by hand)."""


@dataclass(frozen=True, slots=True)
class Residuals:
    """What is left of the Karush–Kuhn–Tucker conditions.

    Attributes
    ----------
    objective : float
        At the variables.
    feasibility : float
        The largest violation, relative to max(1, size of the bound; for defects, of the state).
    stationarity : float
        The largest entry of ∇f + Jᵀλ + λ_x relative to max(1, |∇f|, |λ|).
    complementarity : float
        The largest product of a multiplier and the slack of the bound its sign belongs to, relative to max(1, |f|); a
        multiplier whose bound is infinite counts by itself.
    """

    objective: float
    feasibility: float
    stationarity: float
    complementarity: float


def residuals(
    program: Program, variables: Float[np.ndarray, " n"], parameters: Float[np.ndarray, " theta"], iterate: Iterate
) -> Residuals:
    """The KKT residual at given variables with an iterate's multipliers.

    Parameters
    ----------
    program : Program
        Whose conditions these are.
    variables, parameters : ndarray
        Where (n,), and θ.
    iterate : Iterate
        Its multipliers.

    Notes
    -----
    Source: Nocedal and Wright, section 12.3.
    """
    t = program.transcription
    objective, _ = program.values(variables, parameters)
    # With the solver's slacks: at the tip of a norm's cone the conditions hold where slack and norm are both tiny.
    variables = t.with_slacks_of(variables, iterate.variables)
    _, constraints = program.values(variables, parameters)
    multipliers, bound_multipliers = iterate.constraint_multipliers, iterate.variable_multipliers
    plain = program.lagrangian_gradient(variables, parameters, np.zeros_like(multipliers))
    gradient = program.lagrangian_gradient(variables, parameters, multipliers) + bound_multipliers
    size = max(1.0, float(np.max(np.abs(plain), initial=0.0)), float(np.max(np.abs(multipliers), initial=0.0)))
    return Residuals(
        objective=objective,
        feasibility=_feasibility(t, variables, constraints),
        stationarity=float(np.max(np.abs(gradient))) / size,
        complementarity=max(
            _complementarity(t.lower, variables, t.upper, bound_multipliers),
            _complementarity(t.constraint_lower, constraints, t.constraint_upper, multipliers),
        )
        / max(1.0, abs(objective)),
    )


def _feasibility(t: Transcription, variables: np.ndarray, constraints: np.ndarray) -> float:
    rows = np.ones(constraints.size)
    states, _, _ = t.layout.split(variables)
    scale = np.maximum(1.0, state_scale(states))
    rows[t.defects[:, : t.layout.states]] = scale
    rows[t.inner_rows] = scale
    worst = 0.0
    for lower, values, upper, least in (
        (t.constraint_lower, constraints, t.constraint_upper, rows),
        (t.lower, variables, t.upper, np.ones(variables.size)),
    ):
        for bound, gap in ((lower, lower - values), (upper, values - upper)):
            size = np.maximum(least, np.where(np.isfinite(bound), np.abs(bound), 1.0))
            # NaN must not vanish in a maximum: it is the worst violation there is.
            worst = max(worst, float(np.max(np.where(np.isnan(gap), np.inf, gap) / size, initial=0.0)))
    return worst


def _complementarity(lower: np.ndarray, values: np.ndarray, upper: np.ndarray, multipliers: np.ndarray) -> float:
    free = lower < upper
    slack = np.where(multipliers > 0, upper - values, values - lower)
    slack = np.where(np.isfinite(slack), np.maximum(slack, 0.0), 1.0)
    return float(np.max(np.abs(multipliers * slack)[free], initial=0.0))


def negative_curvature(
    program: Program, variables: Float[np.ndarray, " n"], parameters: Float[np.ndarray, " theta"], iterate: Iterate
) -> int | None:
    """How many directions along the active constraints lower the Lagrangian to second order; None when too large.

    Parameters
    ----------
    program, variables, parameters, iterate
        As in `residuals`.

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
    threshold = ACTIVE * max(1.0, float(np.max(np.abs(iterate.constraint_multipliers), initial=0.0)))
    loose = (t.lower < t.upper) & (np.abs(iterate.variable_multipliers) <= threshold)
    active = (t.constraint_lower == t.constraint_upper) | (np.abs(iterate.constraint_multipliers) > threshold)
    reduced, rows = second[np.ix_(loose, loose)], first[np.ix_(active, loose)]
    # Rows that depend on each other, or on fixed variables only, have no inertia of their own.
    basis = np.linalg.svd(rows, full_matrices=False)[2][: np.linalg.matrix_rank(rows)] if rows.size else rows
    matrix = np.block([[reduced, basis.T], [basis, np.zeros((basis.shape[0],) * 2)]])
    block = ldl(matrix)[1]
    eigenvalues = np.linalg.eigvalsh(block)
    negative = int(np.sum(eigenvalues < -NEGATIVE * max(1.0, float(np.max(np.abs(reduced), initial=0.0)))))
    return max(0, negative - int(basis.shape[0]))
