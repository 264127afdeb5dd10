"""What the exact stage returns."""

from dataclasses import dataclass
from enum import Enum

import numpy as np

from geodepth.control.geodesics.statement.shapes import Path, Weights
from geodepth.foundation.shapes import Float


class ExactReason(Enum):
    """Why the exact stage stopped; the value is a sentence with advice."""

    CONVERGED = "A stationary point of the exact network, kinks included; kink_margin tells of their signs."
    SMOOTHED = "The smoothed problem was not solved from these weights; start from a solution of the homotopy."
    UNSETTLED = "No smoothing led to a settled set of kinks; start elsewhere, or allow smaller smoothings."


@dataclass(frozen=True, slots=True, eq=False)
class ExactResult:
    """A local minimum of the discrete network with the exact activation, or the best that was found.

    What only settled kinks tell has defaults, from `lower` on.

    Attributes
    ----------
    weights : (L, w, c)
        W_ℓ.
    representations, momenta : (L + 1, w, N)
        A_ℓ and B_ℓ of the rolled-out network.
    slopes : (L, w, N)
        The element of Clarke's generalized derivative of each σ(A_{ℓ−1}) at which the path is stationary, in [0, 1] on
        kinks.
    cost : float
        J of the exact network with these weights: its penalty for a fixed end, which the path meets to `end_error`.
    clarke_residual : float
        What is left of stationarity with these slopes: `NetworkPath.stationarity` of the rolled-out network.
    end_error : float
        max|P A_L − Y| of a fixed end.
    smoothing : float
        The last ε before the active set settled, in units of A.
    iterations, factorizations : int
        How many there were.
    converged : bool
        Whether the kinks settled.
    reason : ExactReason
        Why the stage stopped.
    lower : float
        The local minimum of the relaxed problem S∘T ≤ relaxation, whose feasible set contains the exact one, or −inf.
        Neurons that do nothing at all, A = 0 and W = 0, are held so.
    relaxation : float
        s of that problem, in units of A².
    kinks : int
        Inputs that rest at zero and would have an effect.
    kink_margin : float
        The smallest multiplier of S ≥ 0 or T ≥ 0 over all kinks: positive where the sides are strictly complementary.
    strongly_stationary : bool
        No multiplier of a kink is negative.
    strict_minimum : bool or None
        Strongly stationary, and the Hessian on the pieces is positive definite. None where idle neurons were left out
        of it, or where an input rests at zero against the sign of its multiplier, since other kinks hold it there.
    """

    weights: Weights
    representations: Path
    momenta: Path
    slopes: Float[np.ndarray, "L w N"]
    cost: float
    clarke_residual: float
    end_error: float
    smoothing: float
    iterations: int
    factorizations: int
    converged: bool
    reason: ExactReason
    lower: float = -np.inf
    relaxation: float = np.nan
    kinks: int = 0
    kink_margin: float = np.nan
    strongly_stationary: bool = False
    strict_minimum: bool | None = False

    @property
    def bracket(self) -> float:
        """(cost − lower)/cost."""
        return (self.cost - self.lower) / self.cost if self.cost > 0 else float("nan")
