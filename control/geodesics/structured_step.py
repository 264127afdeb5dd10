"""The linearization of the multiple-shooting problem at an iterate, its KKT residual, and the sweeps of a Newton step.

Per layer and sample: F = (1 − ρL̃)I + ρ W[:, :w] diag(σ'), the curvature D = ρ σ'' ∘ (W[:, :w]ᵀP) of the Lagrangian in
the layer's input, and its cross term ∂²/∂W[a,b]∂A[b] = ρ P[a] σ'[b]. A linear solver (riccati.py, condensed.py) turns
these into the step of weights and states; the multipliers follow by one backward sweep, which makes the new iterate's
∇_A vanish up to second order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from .structured_model import Evaluation, ShootingModel

if TYPE_CHECKING:
    from jaxtyping import Float


@dataclass(frozen=True, slots=True, eq=False)
class Iterate:
    """States, transposed weights, the multipliers P of the defects and η of a fixed end."""

    states: Float[np.ndarray, "L+1 N w"]
    weights: Float[np.ndarray, "L c w"]
    multipliers: Float[np.ndarray, "L N w"]
    eta: Float[np.ndarray, "N d_out"]


@dataclass(frozen=True, slots=True, eq=False)
class Linearization:
    """First and second derivatives at an iterate, layer by layer; index ℓ − 1 holds layer ℓ and its input A_{ℓ−1}."""

    model: ShootingModel
    iterate: Iterate
    evaluation: Evaluation
    gates: Float[np.ndarray, "L N w"]  # σ'(A_{ℓ−1})
    transfer: Float[np.ndarray, "L w w"]  # ρ W[:, :w]ᵀ
    bends: Float[np.ndarray, "L N w"]  # D, the diagonal curvature in A_{ℓ−1}
    forces: Float[np.ndarray, "L N w"]  # ρ P_ℓ
    weight_gradient: Float[np.ndarray, "L c w"]
    residual: float  # max(|∇_W|, |∇_A|, |c|, |P A_L − Y|)

    def transitions(self) -> Float[np.ndarray, "L N w w"]:
        """Fᵀ of every layer and sample."""
        products = self.gates[..., None] * self.transfer[:, None]
        diagonal = np.arange(self.model.width)
        products[..., diagonal, diagonal] += self.model.leaks
        return np.asarray(products)

    def push(self, layer: int, change: Float[np.ndarray, "N w"]) -> Float[np.ndarray, "N w"]:
        """F_ℓ applied to a change of the layer's input."""
        moved = (self.gates[layer] * change).dot(self.transfer[layer])
        moved += self.model.leaks[layer] * change
        return np.asarray(moved)

    def pull(self, layer: int, force: Float[np.ndarray, "N w"]) -> Float[np.ndarray, "N w"]:
        """F_ℓᵀ applied to a force on the layer's output."""
        pulled = force.dot(self.transfer[layer].T)
        pulled *= self.gates[layer]
        pulled += self.model.leaks[layer] * force
        return np.asarray(pulled)

    def drift(self, defects: Float[np.ndarray, "L N w"]) -> Float[np.ndarray, "L N w"]:
        """The states' step at fixed weights: a_ℓ = F_ℓ a_{ℓ−1} − c_ℓ, a_0 = 0."""
        drift = -defects
        for layer in range(1, self.model.layers):
            drift[layer] += self.push(layer, drift[layer - 1])
        return np.asarray(drift)


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A Newton step, with the multipliers it leads to at full length."""

    states: Float[np.ndarray, "L N w"]  # of A_1 … A_L
    weights: Float[np.ndarray, "L c w"]
    multipliers: Float[np.ndarray, "L N w"]  # the change of P
    eta: Float[np.ndarray, "N d_out"]


class LinearSolver(Protocol):
    """Factorizes the reduced Hessian over the weights, and solves with it."""

    def factor(self, point: Linearization, regularization: float) -> bool:
        """Whether the reduced Hessian + μ diag(2κρ) (on states and weights) is positive definite."""
        ...

    def solve(
        self,
        drift: Float[np.ndarray, "L N w"],
        pushes: Float[np.ndarray, "L N w"],
        defects: Float[np.ndarray, "L N w"],
    ) -> tuple[Float[np.ndarray, "L N w"], Float[np.ndarray, "L c w"]]:
        """The steps of states and weights, for a drift a and the forces on A_1 … A_L at its end.

        `pushes`: the gradient in each state of what the Lagrangian has beyond the defects' terms, ∇φ in A_L and zero
        before it (but for pins), plus the curvature there times the drift.
        """
        ...


def linearize(model: ShootingModel, iterate: Iterate, evaluation: Evaluation) -> Linearization:
    """All that a Newton step needs at an iterate, and the KKT residual there."""
    width = model.width
    before = iterate.states[:-1]
    gates, curvatures = model.gate(before), model.bend(before)
    transfer = model.steps * iterate.weights[:, :width]
    pulled = np.matmul(iterate.multipliers, transfer.transpose(0, 2, 1))
    weight_gradient = np.matmul(evaluation.features.transpose(0, 2, 1), iterate.multipliers)
    weight_gradient *= model.steps
    weight_gradient += model.penalties * iterate.weights
    state_gradient = -iterate.multipliers
    state_gradient[:-1] += model.leaks[1:] * iterate.multipliers[1:] + gates[1:] * pulled[1:]
    state_gradient[-1] += model.final_force(evaluation.mismatch, iterate.eta)
    residual = max(_largest(weight_gradient), _largest(state_gradient), _largest(evaluation.defects))
    if model.fixed:
        residual = max(residual, _largest(evaluation.mismatch))
    return Linearization(
        model=model,
        iterate=iterate,
        evaluation=evaluation,
        gates=gates,
        transfer=transfer,
        bends=curvatures * pulled,
        forces=model.steps * iterate.multipliers,
        weight_gradient=weight_gradient,
        residual=residual,
    )


def newton_step(
    point: Linearization,
    solver: LinearSolver,
    regularization: float,
    defects: Float[np.ndarray, "L N w"],
    mismatch: Float[np.ndarray, "N d_out"],
) -> Step:
    """The Newton step for given defects, with the factorization that `solver` holds.

    A fixed end is met by the method of multipliers on the linear system, with the same factorization: each pass
    reduces what is left of P(A_L + dA_L) = Y by about TERMINAL_SOFTNESS.
    """
    model = point.model
    drift = point.drift(defects)
    curvature, stiffness = model.final_curvature(regularization), model.stiffness(regularization)
    eta = point.iterate.eta
    for _ in range(3 if model.fixed else 1):
        if model.fixed:
            force = (eta + stiffness * mismatch) @ model.readout
        else:
            force = 2.0 * model.fit_scale * (mismatch @ model.readout)
        states, weights = solver.solve(drift, force + drift[-1] @ curvature, defects)
        if not model.fixed:
            break
        left = mismatch + states[-1] @ model.readout.T
        eta = eta + stiffness * left
        if np.abs(left).max() <= 1e-4 * np.abs(mismatch).max():
            break
    multipliers = _new_multipliers(point, regularization, states, weights, force + states[-1] @ curvature)
    multipliers -= point.iterate.multipliers
    return Step(states, weights, multipliers, eta - point.iterate.eta)


def _new_multipliers(
    point: Linearization,
    regularization: float,
    states: Float[np.ndarray, "L N w"],
    weights: Float[np.ndarray, "L c w"],
    final: Float[np.ndarray, "N w"],
) -> Float[np.ndarray, "L N w"]:
    """P⁺ from P⁺_L = `final`: P⁺_{ℓ−1} = F_ℓᵀP⁺_ℓ + D dA_{ℓ−1} + ρ σ' ∘ (dWᵀP_ℓ)."""
    model = point.model
    new = np.empty_like(states)
    new[-1] = final
    new[:-1] = (point.bends[1:] + regularization * model.proximities[1:]) * states[:-1]
    new[:-1] += point.gates[1:] * np.matmul(point.forces[1:], weights[1:, : model.width].transpose(0, 2, 1))
    for layer in range(model.layers - 1, 0, -1):
        new[layer - 1] += point.pull(layer, new[layer])
    return new


def _largest(array: np.ndarray) -> float:
    return float(np.abs(array).max())
