"""What the structured Newton method reports on the way, and what it returns."""

from dataclasses import dataclass
from enum import Enum

from geodepth.control.geodesics.statement.shapes import Path, Weights


class StructuredReason(Enum):
    """Why the solver stopped; the value is a sentence with advice."""

    CONVERGED = "The KKT residual is below the tolerance."
    ROUNDING = "Newton steps change nothing any more: what is left of the KKT residual is rounding."
    ITERATIONS = "The iteration limit was reached; raise max_iterations, or start from other weights."
    NO_STEP = "No step was acceptable, not even from a feasible point; loosen the tolerance, or start elsewhere."
    NOT_FINITE = "The starting weights lead to representations that are not finite; start from smaller weights."
    HOMOTOPY = "A smoothing could not be reached, not even by smaller steps in it; start from other weights."


@dataclass(frozen=True, slots=True)
class Progress:
    """What a callback sees after each iteration.

    Attributes
    ----------
    smoothing : float
        ε, in units of A.
    iteration : int
        From zero.
    cost : float
        The smoothed J, in its own units.
    residual, violation : float
        The KKT residual, and the sum of violated constraints, of the problem scaled by 1/λ.
    regularization : float
        The shift μ, in units of the penalty's curvature.
    step_length : float
        From 0 to 1; 0 for a start.
    """

    smoothing: float
    iteration: int
    cost: float
    residual: float
    violation: float
    regularization: float
    step_length: float


@dataclass(frozen=True, slots=True, eq=False)
class StructuredResult:
    """A stationary point of the smoothed problem, or the last iterate.

    Attributes
    ----------
    weights : (L, w, c)
        W_ℓ.
    representations : (L + 1, w, N)
        A_ℓ.
    momenta : (L + 1, w, N)
        B_ℓ = −(1/λ)∂C/∂A_ℓ, the multipliers of the defects.
    cost : float
        The smoothed J, in its own units.
    residual : float
        max(|∇_W|, |∇_A|, |defects|) of the problem scaled by 1/λ.
    smoothing : float
        ε, in units of A.
    iterations, factorizations : int
        How many there were.
    strict_minimum : bool or None
        Converged, and the reduced Hessian's Cholesky factorization succeeds; None at a loose tolerance, that of a
        point on the way.
    converged : bool
        Whether the residual is below the tolerance.
    reason : StructuredReason
        Why the solver stopped.
    """

    weights: Weights
    representations: Path
    momenta: Path
    cost: float
    residual: float
    smoothing: float
    iterations: int
    factorizations: int
    strict_minimum: bool | None
    converged: bool
    reason: StructuredReason
