"""The multiple-shooting problem around an iterate: its KKT residual, and the parts that a Newton step is made of.

Per layer and sample: F = (1 − ρL̃)I + ρ W[:, :w] diag(σ'), the curvature D = ρ σ'' ∘ (W[:, :w]ᵀP) of the Lagrangian in
the layer's input, and its cross term ∂²/∂W[a,b]∂A[b] = ρ P[a] σ'[b].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geodepth.control.geodesics.statement.shapes import LayerRows, LayersRows, OutputRows, PathRows, WeightRows
from geodepth.foundation.shapes import Float

from .layer_loops.derivatives import derivatives
from .shooting_model import Evaluation, ShootingModel

LARGE_MULTIPLIERS = 100.0
"""Mean multiplier from which on gradients are measured relative to it. Source: Wächter and Biegler, 2006, s_max."""


@dataclass(frozen=True, slots=True, eq=False)
class Iterate:
    """The unknowns of Newton's method.

    Attributes
    ----------
    states : (L + 1, N, w)
        A_ℓ, samples first.
    weights : (L, c, w)
        W_ℓ transposed.
    multipliers : (L, N, w)
        P_ℓ of the defects, ℓ = 1 … L.
    eta : (N, d_out)
        η of a fixed end.
    pins : (L, N, w) or None
        Multipliers of inputs held at zero, zero for all others; None where no input is.
    """

    states: PathRows
    weights: WeightRows
    multipliers: LayersRows
    eta: OutputRows
    pins: LayersRows | None = None

    def moved(self, step: Step, length: float = 1.0) -> Iterate:
        """The iterate after a step of this length."""
        states = self.states.copy()
        states[1:] += length * step.states
        return Iterate(
            states,
            self.weights + length * step.weights,
            self.multipliers + length * step.multipliers,
            self.eta + length * step.eta,
            None if self.pins is None or step.pins is None else self.pins + length * step.pins,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A Newton step: the changes of what an iterate holds, the states' without A_0, which is data."""

    states: LayersRows
    weights: WeightRows
    multipliers: LayersRows
    eta: OutputRows
    pins: LayersRows | None


@dataclass(frozen=True, slots=True, eq=False)
class Linearization:
    """First and second derivatives at an iterate, layer by layer; index ℓ − 1 holds layer ℓ and its input A_{ℓ−1}.

    Attributes
    ----------
    model, iterate, evaluation
        The problem, the point, and what it is worth.
    gates : (L, N, w)
        σ'(A_{ℓ−1}).
    transfer : (L, w, w)
        ρ W[:, :w]ᵀ.
    bends : (L, N, w)
        D, the diagonal curvature in A_{ℓ−1}.
    forces : (L, N, w)
        ρ P_ℓ.
    weight_gradient : (L, c, w)
        ∇_W of the Lagrangian.
    state_gradient : (L, N, w)
        ∇ in A_1 … A_L.
    residual : float
        max(|∇_W|, |∇_A|, |c|, |P A_L − Y|), of the problem scaled by 1/λ.
    """

    model: ShootingModel
    iterate: Iterate
    evaluation: Evaluation
    gates: LayersRows
    transfer: Float[np.ndarray, "L w w"]
    bends: LayersRows
    forces: LayersRows
    weight_gradient: WeightRows
    state_gradient: LayersRows
    residual: float

    @property
    def weighted_features(self) -> Float[np.ndarray, "L N c"]:
        """ρ σ(A_{ℓ−1}) with its ones: Γ_ℓ, by which A_ℓ answers a change of W_ℓ."""
        return np.asarray(self.model.steps * self.evaluation.features)

    def transitions(self) -> Float[np.ndarray, "L N w w"]:
        """Fᵀ of every layer and sample."""
        products = self.gates[..., None] * self.transfer[:, None]
        diagonal = np.arange(self.model.width)
        products[..., diagonal, diagonal] += self.model.leaks
        return np.asarray(products)

    def shifted(self, shift: float) -> Shifted:
        """The second derivatives with a shift μ."""
        model = self.model
        diagonals = self.bends + shift * model.proximities
        diagonals += model.pin_stiffness(shift)
        return Shifted(self, shift, diagonals, model.final_curvature(self.iterate.states[-1], shift))

    def pull(self, layer: int, force: LayerRows) -> LayerRows:
        """F_ℓᵀ applied to a force on the layer's output."""
        pulled = force.dot(self.transfer[layer].T)
        pulled *= self.gates[layer]
        pulled += self.model.leaks[layer] * force
        return np.asarray(pulled)


@dataclass(frozen=True, slots=True, eq=False)
class Shifted:
    """A linearization whose Hessian is shifted by μ, which makes its reduced form positive definite if it is large.

    Attributes
    ----------
    point : Linearization
        All other derivatives.
    shift : float
        μ, in units of the penalty's curvature.
    diagonals : (L, N, w)
        The diagonal curvature in A_{ℓ−1}: D, the shift, and the stiffness of pins.
    final : (n, w, w)
        The curvature in A_L; n = 1 if all samples have the same.
    """

    point: Linearization
    shift: float
    diagonals: LayersRows
    final: Float[np.ndarray, "n w w"]


def linearize(model: ShootingModel, iterate: Iterate, evaluation: Evaluation) -> Linearization:
    """All that a Newton step needs at an iterate, and the KKT residual there."""
    width, shape = model.width, iterate.multipliers.shape
    before = iterate.states[:-1]
    gates, curvatures = model.gate(before), model.bend(before)
    transfer, weight_gradient = np.empty((shape[0], width, width)), np.empty(iterate.weights.shape)
    bends, forces, state_gradient = np.empty(shape), np.empty(shape), np.empty(shape)
    steps, leaks, penalties = model.steps.reshape(-1), model.leaks.reshape(-1), model.penalties.reshape(-1)
    mean = derivatives(
        iterate.weights,
        iterate.multipliers,
        evaluation.features,
        gates,
        curvatures,
        steps,
        leaks,
        penalties,
        transfer,
        bends,
        forces,
        weight_gradient,
        state_gradient,
    )
    state_gradient[-1] += model.end.force(evaluation.mismatch, iterate.eta)
    if iterate.pins is not None:
        state_gradient[:-1] += iterate.pins[1:]
    # As IPOPT: what large multipliers leave of a gradient by roundoff is no residual.
    scale = max(1.0, mean / LARGE_MULTIPLIERS)
    biases = min(1.0, model.unit) * weight_gradient[:, width:]
    gradients = max(largest(weight_gradient[:, :width]), largest(biases), largest(state_gradient))
    residual = max(gradients / scale, largest(evaluation.defects))
    residual = max(residual, model.end.residual(evaluation.mismatch))
    if iterate.pins is not None:
        residual = max(residual, largest((model.pin_stiffness(0.0) > 0) * before))
    return Linearization(
        model=model,
        iterate=iterate,
        evaluation=evaluation,
        gates=gates,
        transfer=transfer,
        bends=bends,
        forces=forces,
        weight_gradient=weight_gradient,
        state_gradient=state_gradient,
        residual=residual,
    )


def largest(array: np.ndarray) -> float:
    """The largest absolute value of the entries."""
    return float(np.abs(array).max(initial=0.0))
