"""Where a smoothing homotopy ended."""

from dataclasses import dataclass

from geodepth.control.geodesics.statement.shapes import Path, PointWeights


@dataclass(frozen=True, slots=True, eq=False)
class SmoothPoint:
    """A minimum of the smoothed problem, or the last iterate.

    Attributes
    ----------
    weights : (L, points, w, c)
        One matrix per interval for Euler, more as schemes.py says.
    representations, momenta : (L + 1, w, N)
        A_ℓ and B_ℓ.
    cost : float
        The smoothed J.
    smoothing : float
        ε, in units of A.
    iterations : int
        Of all solves on the way.
    seconds : float
        That they took.
    converged : bool
        False where a step in ε failed for good: the point is then the last iterate.
    reason : str
        Why the solver stopped, in a sentence.
    """

    weights: PointWeights
    representations: Path
    momenta: Path
    cost: float
    smoothing: float
    iterations: int = 0
    seconds: float = 0.0
    converged: bool = True
    reason: str = ""
