"""The linearization of the multiple-shooting problem at an iterate, its KKT residual, and the sweeps of a Newton step.

Per layer and sample: F = (1 − ρL̃)I + ρ W[:, :w] diag(σ'), the curvature D = ρ σ'' ∘ (W[:, :w]ᵀP) of the Lagrangian in
the layer's input, and its cross term ∂²/∂W[a,b]∂A[b] = ρ P[a] σ'[b]. A linear solver (riccati.py, condensed.py) turns
these into the step of weights and states; the multipliers follow by one backward sweep, which makes the new iterate's
∇_A vanish up to second order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from geodepth.foundation.shapes import Float

from .shooting_model import Evaluation, ShootingModel


@dataclass(frozen=True, slots=True, eq=False)
class Iterate:
    """States, transposed weights, the multipliers P of the defects and η of a fixed end."""

    states: Float[np.ndarray, "L+1 N w"]
    weights: Float[np.ndarray, "L c w"]
    multipliers: Float[np.ndarray, "L N w"]
    eta: Float[np.ndarray, "N d_out"]
    pins: Float[np.ndarray, "L N w"] | None = None  # multipliers of inputs held at zero, zero for all others


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

    def diagonals(self, regularization: float) -> Float[np.ndarray, "L N w"]:
        """The diagonal curvature in A_{ℓ−1}: D, the regularization, and the stiffness of pins."""
        model = self.model
        diagonals = self.bends + regularization * model.proximities
        diagonals += model.pin_stiffness(regularization)
        return np.asarray(diagonals)

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
    pins: Float[np.ndarray, "L N w"] | None


class LinearSolver(Protocol):
    """Factorizes the reduced Hessian over the weights, and solves with it."""

    def factor(self, point: Linearization, regularization: float) -> bool:
        """Whether the reduced Hessian + μ diag(2κρ) (on states and weights) is positive definite."""
        ...

    def solve(
        self, drift: Float[np.ndarray, "L N w"], pushes: Float[np.ndarray, "L N w"], defects: Float[np.ndarray, "L N w"]
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
    if iterate.pins is not None:
        state_gradient[:-1] += iterate.pins[1:]
    residual = max(_largest(weight_gradient), _largest(state_gradient), _largest(evaluation.defects))
    if iterate.pins is not None:
        residual = max(residual, _largest((model.pin_stiffness(0.0) > 0) * before))
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

    A fixed end and pinned entries are met by the method of multipliers on the linear system, with the same
    factorization: each pass reduces what is left of them by about SOFTNESS.
    """
    model, iterate = point.model, point.iterate
    drift = point.drift(defects)
    constraint = _Constraint(point, regularization, mismatch)
    eta, pins = iterate.eta, iterate.pins
    while True:
        loads = constraint.loads(eta, pins)
        states, weights = solver.solve(drift, loads + constraint.reaction(drift), defects)
        finished, next_eta, next_pins = constraint.update(states, eta, pins)
        if finished:
            break
        eta, pins = next_eta, next_pins
    multipliers = loads + constraint.reaction(states)
    multipliers[:-1] += point.gates[1:] * np.matmul(point.forces[1:], weights[1:, : model.width].transpose(0, 2, 1))
    # P⁺_{ℓ−1} = F_ℓᵀP⁺_ℓ + D dA_{ℓ−1} + ρ σ' ∘ (dWᵀP_ℓ)
    for layer in range(model.layers - 1, 0, -1):
        multipliers[layer - 1] += point.pull(layer, multipliers[layer])
    multipliers -= iterate.multipliers
    change = None if next_pins is None or iterate.pins is None else next_pins - iterate.pins
    return Step(states, weights, multipliers, next_eta - iterate.eta, change)


class _Constraint:
    """What acts on the states besides the defects: ∇φ or a fixed end, pins, and the curvature of all of it."""

    PASSES, ENOUGH = 3, 1e-4

    def __init__(self, point: Linearization, regularization: float, mismatch: Float[np.ndarray, "N d_out"]) -> None:
        self._model = point.model
        self._mismatch = mismatch
        self._diagonals = point.diagonals(regularization)[1:]
        self._curvature = point.model.final_curvature(point.iterate.states[-1], regularization)
        self._stiffness = point.model.stiffness(regularization)
        self._pins = point.model.pin_stiffness(regularization)
        self._inputs = point.iterate.states[:-1]
        self._passes = 0
        self._first = 0.0

    def loads(
        self, eta: Float[np.ndarray, "N d_out"], pins: Float[np.ndarray, "L N w"] | None
    ) -> Float[np.ndarray, "L N w"]:
        """The forces on A_1 … A_L at the current states."""
        model = self._model
        loads = np.zeros((model.layers, model.samples, model.width))
        if model.fixed:
            loads[-1] = (eta + self._stiffness * self._mismatch) @ model.readout
        else:
            loads[-1] = model.final_force(self._mismatch, eta)
        if pins is not None:
            loads[:-1] = pins[1:] + self._pins[1:] * self._inputs[1:]
        return loads

    def reaction(self, changes: Float[np.ndarray, "L N w"]) -> Float[np.ndarray, "L N w"]:
        """How these forces grow with the states."""
        reaction = np.empty_like(changes)
        np.multiply(self._diagonals, changes[:-1], out=reaction[:-1])
        np.matmul(changes[-1][:, None], self._curvature, out=reaction[-1][:, None])
        return reaction

    def update(
        self,
        states: Float[np.ndarray, "L N w"],
        eta: Float[np.ndarray, "N d_out"],
        pins: Float[np.ndarray, "L N w"] | None,
    ) -> tuple[bool, Float[np.ndarray, "N d_out"], Float[np.ndarray, "L N w"] | None]:
        """Whether the linearized constraints hold well enough, and the multipliers for the next pass."""
        left, first = 0.0, 0.0
        if self._model.fixed:
            missed = self._mismatch + states[-1] @ self._model.readout.T
            eta = eta + self._stiffness * missed
            left, first = _largest(missed), _largest(self._mismatch)
        if pins is not None:
            open_pins = (self._pins > 0) * self._inputs
            missed = open_pins.copy()
            missed[1:] += (self._pins[1:] > 0) * states[:-1]
            pins = pins + self._pins * missed
            left, first = max(left, _largest(missed)), max(first, _largest(open_pins))
        self._passes += 1
        return left <= self.ENOUGH * first or self._passes == self.PASSES, eta, pins


def _largest(array: np.ndarray) -> float:
    return float(np.abs(array).max())
