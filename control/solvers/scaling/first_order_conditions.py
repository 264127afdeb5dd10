"""What is left of the first-order conditions of a nonlinear program, in units that make it relative to the path."""

import math
from dataclasses import dataclass

import numpy as np

from geodepth.control.solvers.status import Iterate
from geodepth.control.transcription.nonlinear_program import NonlinearProgram
from geodepth.foundation.shapes import Float

from .scaled_bounds import scaled_bounds
from .variable_scaling import Scales

MET = 1e-6
"""How near a bound is met, relative to the size of what it bounds (chosen by hand)."""


@dataclass(frozen=True, slots=True)
class Residuals:
    """What is left of the Karush–Kuhn–Tucker conditions; all but the objective are relative.

    Attributes
    ----------
    objective : float
        At the variables.
    feasibility : float
        The largest violation, relative to the size of what is bounded; for defects, of the state.
    stationarity : float
        The largest entry of ∇f + Jᵀλ + λ_x relative to the largest of ∇f, of λ, and of the cost's own size.
    complementarity : float
        The largest product of a multiplier and the slack of the bound its sign belongs to, relative to the larger of
        |f| and the cost's own size; a multiplier whose bound is infinite counts with what it bounds.
    """

    objective: float
    feasibility: float
    stationarity: float
    complementarity: float

    @property
    def largest(self) -> float:
        """Of the three; infinite where one cannot be computed."""
        worst = max(self.feasibility, self.stationarity, self.complementarity)
        return worst if math.isfinite(self.stationarity + self.complementarity) else math.inf


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A program's functions at some variables.

    Attributes
    ----------
    objective : float
        f.
    constraints : ndarray
        g (rows,).
    slope, gradient : ndarray
        ∇f and ∇f + Jᵀλ (size,).
    """

    objective: float
    constraints: Float[np.ndarray, " rows"]
    slope: Float[np.ndarray, " size"]
    gradient: Float[np.ndarray, " size"]


def believed_within(tolerance: float) -> float:
    """What is left of the conditions may be this much, measured by us, where a solver was asked for `tolerance`.

    It measures in scales of its own: a hundred times the tolerance, and never less than 1e-6 (both chosen by hand).
    """
    return max(1e-6, 1e2 * tolerance)


@np.errstate(over="ignore", invalid="ignore")
def residuals(program: NonlinearProgram, iterate: Iterate, at: Evaluation, sizes: Scales) -> Residuals:
    """The KKT residual of an iterate.

    Parameters
    ----------
    program : NonlinearProgram
        Of one phase or several.
    iterate : Iterate
        Variables and multipliers.
    at : Evaluation
        The program's functions there.
    sizes : Scales
        What variables, constraints and the objective are relative to.

    Notes
    -----
    Source: Nocedal and Wright, section 12.3.
    """
    t, cost = program, sizes.objective
    slope, gradient = (
        at.slope * sizes.variables / cost,
        (at.gradient + iterate.variable_multipliers) * sizes.variables / cost,
    )
    multipliers, bounds = (
        iterate.constraint_multipliers * sizes.constraints / cost,
        iterate.variable_multipliers * sizes.variables / cost,
    )
    size = max(1.0, float(np.max(np.abs(slope), initial=0.0)), float(np.max(np.abs(multipliers), initial=0.0)))
    products = (
        _complementarity(t.lower, iterate.variables, t.upper, bounds, sizes.variables),
        _complementarity(t.constraint_lower, at.constraints, t.constraint_upper, multipliers, sizes.constraints),
    )
    return Residuals(
        objective=at.objective,
        feasibility=violation(program, iterate.variables, at.constraints, sizes),
        stationarity=float(np.max(np.abs(gradient))) / size,
        complementarity=max(products) / max(1.0, abs(at.objective) / cost),
    )


def violation(
    program: NonlinearProgram,
    variables: Float[np.ndarray, " size"],
    constraints: np.ndarray,
    sizes: Scales | None = None,
) -> float:
    """The largest violation of a bound or constraint, relative to the size of what it bounds; NaN counts as infinite.

    Without sizes it is in the program's own units.
    """
    t = program
    rows = np.maximum(t.constraint_lower - constraints, constraints - t.constraint_upper)
    columns = np.maximum(t.lower - variables, variables - t.upper)
    every = np.concatenate([rows, columns] if sizes is None else [rows / sizes.constraints, columns / sizes.variables])
    return float(np.max(np.where(np.isnan(every), np.inf, every), initial=0.0))


def of_bounds_met(
    program: NonlinearProgram, iterate: Iterate, constraints: Float[np.ndarray, " rows"], sizes: Scales | None
) -> Iterate:
    """An iterate without the multipliers of bounds that are not met there; `sizes` as in `violation`."""
    if sizes is None:
        sizes = Scales(np.ones(program.lower.size), np.ones(program.constraint_lower.size), 1.0)
    bounds, rows = (b.equal | (b.left <= MET) for b in scaled_bounds(program, iterate, constraints, sizes))
    return Iterate(
        iterate.variables,
        np.where(bounds, iterate.variable_multipliers, 0.0),
        np.where(rows, iterate.constraint_multipliers, 0.0),
    )


def _complementarity(
    lower: np.ndarray, values: np.ndarray, upper: np.ndarray, multipliers: np.ndarray, sizes: np.ndarray
) -> float:
    free = lower < upper
    slack = np.where(multipliers > 0, upper - values, values - lower) / sizes
    slack = np.where(np.isfinite(slack), np.maximum(slack, 0.0), 1.0)
    return float(np.max(np.abs(multipliers * slack)[free], initial=0.0))
