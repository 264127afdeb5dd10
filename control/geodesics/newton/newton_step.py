"""One Newton step with the factorization that a linear solver holds.

1. Drift: the states' step at fixed weights, a_ℓ = F_ℓ a_{ℓ−1} − c_ℓ.
2. Forces on the states: those of the end and of pins, and their growth along the drift.
3. The linear solver (linear_system/) gives the steps of weights and states.
4. A fixed end and pinned inputs: raise their multipliers by what is still missed, and back to 2, at most three times.
5. The multipliers follow by one backward sweep, which makes the new iterate's ∇_A vanish up to second order.
"""

from typing import Protocol

import numpy as np

from geodepth.control.geodesics.statement.shapes import LayersRows, OutputRows, WeightRows

from .linear_system.layer_sweeps import carry_back, carry_forward
from .linearization import Shifted, Step, largest

PASSES, ENOUGH = 3, 1e-4
"""Passes of the method of multipliers, and the share of a constraint that may be left: each pass leaves SOFTNESS of it,
so that the second is the last unless roundoff keeps it (chosen by hand)."""


class LinearSolver(Protocol):
    """Factorizes the reduced Hessian over the weights, and solves with it."""

    def factor(self, shifted: Shifted) -> bool:
        """Whether the reduced Hessian + μ diag(2κρ) (on states and weights) is positive definite."""
        ...

    def solve(
        self, drift: LayersRows, pushes: LayersRows, loads: WeightRows, defects: LayersRows
    ) -> tuple[LayersRows, WeightRows]:
        """The steps of states and weights, from a drift a, and the gradients at its end.

        `pushes` are those in A_1 … A_L, `loads` those in the weights: of the Lagrangian where the step starts, and what
        its second derivatives add along the drift, but for the defects' terms.
        """
        ...


def newton_step(shifted: Shifted, solver: LinearSolver, defects: LayersRows, mismatch: OutputRows) -> Step:
    """The Newton step at a point, for given defects.

    Parameters
    ----------
    shifted : Shifted
        Where it starts, with its shift.
    solver : LinearSolver
        With the factorization of just that.
    defects : (L, N, w)
        c_ℓ to be removed: those of the point, or more in a second-order correction.
    mismatch : (N, d_out)
        P A_L − Y to be removed, of a fixed end.
    """
    point = shifted.point
    model, iterate = point.model, point.iterate
    drift = carry_forward(point, -defects)
    constraint = _Constraints(shifted, mismatch)
    eta, pins = iterate.eta, iterate.pins
    loads = point.weight_gradient.copy()
    loads[1:, : model.width] += np.matmul((point.gates[1:] * drift[:-1]).transpose(0, 2, 1), point.forces[1:])
    while True:
        pushes = constraint.pushes(eta, pins)
        states, weights = solver.solve(drift, pushes + constraint.reaction(drift), loads, defects)
        finished, next_eta, next_pins = constraint.update(states, eta, pins)
        if finished:
            break
        eta, pins = next_eta, next_pins
    multipliers = pushes + constraint.reaction(states)
    multipliers[:-1] += point.gates[1:] * np.matmul(point.forces[1:], weights[1:, : model.width].transpose(0, 2, 1))
    # dP_{ℓ−1} = F_ℓᵀdP_ℓ + ∇_A + D dA_{ℓ−1} + ρ σ' ∘ (dWᵀP_ℓ)
    carry_back(point, multipliers)
    change = None if next_pins is None or iterate.pins is None else next_pins - iterate.pins
    return Step(states, weights, multipliers, next_eta - iterate.eta, change)


class _Constraints:
    """What acts on the states besides the defects: ∇φ or a fixed end, pins, and the curvature of all of it."""

    def __init__(self, shifted: Shifted, mismatch: OutputRows) -> None:
        point = shifted.point
        self._model = point.model
        self._point, self._mismatch = point, mismatch
        self._diagonals, self._curvature = shifted.diagonals[1:], shifted.final
        self._stiffness = point.model.end.stiffness(shifted.shift)
        self._pins = point.model.pin_stiffness(shifted.shift)
        self._inputs = point.iterate.states[:-1]
        self._passes = 0

    def pushes(self, eta: OutputRows, pins: LayersRows | None) -> LayersRows:
        """The gradient in A_1 … A_L, with other multipliers, and what the stiffness of constraints adds."""
        end, point = self._model.end, self._point
        pushes = point.state_gradient.copy()
        if end.fixed:
            held = end.force(point.evaluation.mismatch, point.iterate.eta)
            pushes[-1] += end.load(self._mismatch, eta, self._stiffness) - held
        if pins is not None and point.iterate.pins is not None:
            pushes[:-1] += pins[1:] - point.iterate.pins[1:] + self._pins[1:] * self._inputs[1:]
        return pushes

    def reaction(self, changes: LayersRows) -> LayersRows:
        """How these forces grow with the states."""
        reaction = np.empty_like(changes)
        np.multiply(self._diagonals, changes[:-1], out=reaction[:-1])
        np.matmul(changes[-1][:, None], self._curvature, out=reaction[-1][:, None])
        return reaction

    def update(
        self, states: LayersRows, eta: OutputRows, pins: LayersRows | None
    ) -> tuple[bool, OutputRows, LayersRows | None]:
        """Whether the linearized constraints hold well enough, and the multipliers for the next pass."""
        left, first = 0.0, 0.0
        end = self._model.end
        if end.fixed:
            missed = self._mismatch + states[-1] @ end.readout.T
            eta = eta + self._stiffness * missed
            left, first = largest(missed), largest(self._mismatch)
        if pins is not None:
            open_pins = (self._pins > 0) * self._inputs
            missed = open_pins.copy()
            missed[1:] += (self._pins[1:] > 0) * states[:-1]
            pins = pins + self._pins * missed
            left, first = max(left, largest(missed)), max(first, largest(open_pins))
        self._passes += 1
        return left <= ENOUGH * first or self._passes == PASSES, eta, pins
