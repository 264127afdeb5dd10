"""What training found."""

from dataclasses import dataclass

import numpy as np

from geodepth.foundation.shapes import Bool, Float, Int
from geodepth.nets.network.leaky_resnet import LeakyResNet


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What training found. Arrays are NumPy's, float64, whatever the network's type.

    Attributes
    ----------
    network : LeakyResNet
        The trained network: each member's best recorded iterate on its final steps, not simply its last.
    epochs : (records,)
        Updates done when each record was taken.
    objectives : (records, members)
        J; the last row is the returned network's own.
    fit, penalty, projection_penalty : (members,)
        The terms of J for the returned network: the data's, the weights', and λ/2 (‖E‖² + ‖P‖²), which is zero unless
        the projections are penalized.
    stationarity : (members,)
        Its stationarity residual: the relative residual of W_ℓ = L̃ B_ℓ σ(A_{ℓ−1})ᵀ. Penalized projections are in it.
    layer_steps : (members, L)
        The steps that the objective is on.
    diverged : (members,)
        Members whose objective blew up. They stopped at their last good state, and a warning of the logger
        "geodepth.nets" named them.
    seconds : float
        Spent in training, over all sessions.
    interrupted : bool
        Whether the training was broken off at least once and resumed from its checkpoint.
    """

    network: LeakyResNet
    epochs: Int[np.ndarray, " records"]
    objectives: Float[np.ndarray, "records members"]
    fit: Float[np.ndarray, " members"]
    penalty: Float[np.ndarray, " members"]
    projection_penalty: Float[np.ndarray, " members"]
    stationarity: Float[np.ndarray, " members"]
    layer_steps: Float[np.ndarray, "members layers"]
    diverged: Bool[np.ndarray, " members"]
    seconds: float
    interrupted: bool

    @property
    def objective(self) -> Float[np.ndarray, " members"]:
        """J of the returned network with all its terms, (members,): what training minimized."""
        objective: np.ndarray = self.fit + self.penalty + self.projection_penalty
        return objective

    @property
    def path_objective(self) -> Float[np.ndarray, " members"]:
        """J without the penalty of projections, (members,): the cost of the path between its ends, as a geodesic's."""
        objective: np.ndarray = self.fit + self.penalty
        return objective
