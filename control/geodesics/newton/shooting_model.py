"""The discrete geodesic as multiple shooting sees it: the constants of the problem, and what an iterate is worth.

Scaled by 1/λ, the problem of a RepresentationGeodesic with steps ρ_ℓ is

    minimize  φ(A_L) + κ Σ ρ_ℓ‖W_ℓ‖²   subject to  c_ℓ = A_ℓ − (1 − ρ_ℓL̃)A_{ℓ−1} − ρ_ℓ W_ℓ σ(A_{ℓ−1}) = 0,

with κ = 1/(2L̃) (1/2 for L̃ = 0), φ(A) the loss of P A over λN, or P A_L = Y as a constraint with multipliers η. The
Lagrangian is the objective − Σ⟨P_ℓ, c_ℓ⟩ + ⟨η, P A_L − Y⟩, so that P_ℓ = ∂C/∂A_ℓ/λ = −B_ℓ at a stationary point.

Arrays are stored samples first, for the linear algebra of linear_system/: representations
(L+1, N, w), weights transposed (L, c, w), multipliers (L, N, w).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geodepth.control.geodesics.statement.array_layouts import swapped
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.statement.shapes import (
    LayerRows,
    LayersRows,
    OutputRows,
    Path,
    PathRows,
    Steps,
    WeightRows,
)
from geodepth.foundation.activations import Activation
from geodepth.foundation.shapes import Float

from .layer_loops.derivatives import defects_of
from .path_ends import HeldEnd, LossAtEnd

SOFTNESS = 1e-6
"""δ of a fixed end and of inputs pinned at zero, as a fraction of the scale at which the weights answer a force there.
The linear solver loses δ's digits, and each Newton step leaves that fraction of the constraint; chosen by hand."""
STATE_PROXIMITY = 3.0
"""Regularization of the states against that of the weights, without unit. From 20 starts at (w, N, L) = (4, 8, 20),
(6, 50, 20) and (6, 16, 40), 0 and 100 cost half as many iterations again as 1 to 10."""


@dataclass(frozen=True, slots=True, eq=False)
class ShootingModel:
    """Constants of one problem on one mesh, at one smoothing, scaled by 1/λ, with A in units of its own size.

    Attributes
    ----------
    unit : float
        That size. States are A/unit and multipliers P·unit; weights, and J/λ, stay as they are.
    activation : Activation
        σ_ε, of A/unit.
    smoothing : float
        The ε that was asked for, over unit; a linear activation ignores it.
    bias : bool
        Whether features have 1/unit at their end.
    steps, leaks, penalties : (L, 1, 1)
        ρ_ℓ, 1 − ρ_ℓL̃, and 2κρ_ℓ, the curvature of the penalty.
    start : (N, w)
        A_0/unit.
    end : LossAtEnd or HeldEnd
        What is asked of A_L.
    """

    unit: float
    activation: Activation
    smoothing: float
    bias: bool
    steps: Float[np.ndarray, "L 1 1"]
    leaks: Float[np.ndarray, "L 1 1"]
    penalties: Float[np.ndarray, "L 1 1"]
    start: LayerRows
    end: LossAtEnd

    @property
    def layers(self) -> int:
        """L."""
        return int(self.steps.shape[0])

    @property
    def width(self) -> int:
        """w."""
        return int(self.start.shape[1])

    @property
    def samples(self) -> int:
        """N."""
        return int(self.start.shape[0])

    @property
    def columns(self) -> int:
        """c, the columns of W_ℓ."""
        return self.width + int(self.bias)

    @property
    def bias_share(self) -> float:
        """What a sample's bias adds to ‖features‖² in these units; without one, the size of its other features."""
        return _bias_share(self.bias, self.unit)

    @property
    def proximities(self) -> Float[np.ndarray, "L 1 1"]:
        """What a regularization of one adds to the curvature in A_{ℓ−1} (and, the last, in A_L)."""
        return np.asarray(STATE_PROXIMITY * self.penalties)

    def pin_stiffness(self, regularization: float) -> LayersRows:
        """1/δ of inputs that are held at zero: none here (and zeros that broadcast), see exact_relu/pieces.py."""
        return np.zeros((self.layers, 1, 1))

    def final_curvature(self, final: LayerRows, regularization: float) -> Float[np.ndarray, "n w w"]:
        """The curvature in A_L: ∇²φ, or PᵀP/δ for a fixed end, and the regularization; n = 1 if the samples' agree."""
        outer, readout = self.end.curvature(final, regularization), self.end.readout
        proximity = regularization * float(self.proximities[-1, 0, 0])
        curvature = np.asarray(readout.T @ outer @ readout)
        curvature.reshape(len(curvature), -1)[:, :: self.width + 1] += proximity
        return curvature

    def activate(self, states: np.ndarray, layer: int | None = None) -> np.ndarray:
        """σ of the inputs (L, N, w) of all layers, or (N, w) of one."""
        return np.asarray(self.activation.value(states))

    def gate(self, states: np.ndarray, layer: int | None = None) -> np.ndarray:
        """σ'."""
        return np.asarray(self.activation.slope(states))

    def bend(self, states: np.ndarray, layer: int | None = None) -> np.ndarray:
        """σ''."""
        return np.asarray(self.activation.curvature(states))

    def states(self, path: Path) -> PathRows:
        """Representations (L + 1, w, N) as this model has them."""
        return swapped(path) / self.unit

    def multipliers(self, momenta: Path) -> LayersRows:
        """P_1 … P_L of momenta (L + 1, w, N)."""
        return -self.unit * swapped(momenta)[1:]

    def evaluate(self, states: PathRows, weights: WeightRows) -> Evaluation:
        """Features, defects and objective at an iterate."""
        before = states[:-1]
        features = np.empty((self.layers, self.samples, self.columns))
        features[..., : self.width] = self.activate(before)
        features[..., self.width :] = 1.0 / self.unit
        defects = np.empty((self.layers, self.samples, self.width))
        violation = defects_of(states, weights, features, self.steps.reshape(-1), self.leaks.reshape(-1), defects)
        mismatch = self.end.mismatch(states[-1])
        objective = 0.5 * float(np.vdot(self.penalties * weights, weights)) + self.end.objective(mismatch)
        return Evaluation(features, defects, mismatch, objective, violation + self.end.violation(mismatch))

    def rollout(self, weights: WeightRows) -> PathRows:
        """The representations that these weights produce: every defect is zero."""
        states = np.empty((self.layers + 1, self.samples, self.width))
        states[0] = self.start
        features = np.full((self.samples, self.columns), 1.0 / self.unit)
        for layer in range(self.layers):
            features[:, : self.width] = self.activate(states[layer], layer)
            states[layer + 1] = self.leaks[layer] * states[layer] + self.steps[layer] * (features @ weights[layer])
        return states

    def adjoint(self, states: PathRows, weights: WeightRows, final: LayerRows) -> LayersRows:
        """P_ℓ, ℓ = 1…L, by P_{ℓ−1} = F_ℓᵀP_ℓ from P_L = `final`."""
        multipliers = np.empty((self.layers, self.samples, self.width))
        multipliers[-1] = final
        for layer in range(self.layers - 1, 0, -1):
            multiplier, square = multipliers[layer], weights[layer][: self.width]
            pulled = self.gate(states[layer], layer) * (multiplier @ square.T)
            multipliers[layer - 1] = self.leaks[layer] * multiplier + self.steps[layer] * pulled
        return multipliers


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What the line search sees of an iterate.

    Attributes
    ----------
    features : (L, N, c)
        σ(A_{ℓ−1}) with its ones.
    defects : (L, N, w)
        c_ℓ.
    mismatch : (N, d_out)
        P A_L − Y.
    objective : float
        J/λ, without the loss of a fixed end.
    violation : float
        θ = Σ|c|, and Σ|P A_L − Y| for a fixed end.
    """

    features: Float[np.ndarray, "L N c"]
    defects: LayersRows
    mismatch: OutputRows
    objective: float
    violation: float


def shooting_model(geodesic: RepresentationGeodesic, layer_steps: Steps, smoothing: float) -> ShootingModel:
    """The model of a geodesic on the mesh ρ_ℓ = `layer_steps`, with σ_ε for ε = `smoothing`."""
    steps = np.asarray(layer_steps, dtype=float).reshape(-1, 1, 1)
    penalties = 2.0 * geodesic.penalty_scale * steps
    unit = geodesic.state_scale
    start = swapped(geodesic.initial_representations) / unit
    end = LossAtEnd(
        readout=unit * np.ascontiguousarray(geodesic.readout),
        targets=swapped(geodesic.targets),
        loss=geodesic.loss_function,
        scale=1.0 / (geodesic.weight_decay * geodesic.samples),
    )
    if geodesic.end.fixed:
        # Γᵀ H⁻¹ Γ of one layer, the displacement of A_L by a unit force: ρ²‖features‖²/(2κρ).
        ones = geodesic.samples * _bias_share(geodesic.bias, unit)
        size = float(np.mean(steps) * (np.sum(start * start) + ones) / (2.0 * geodesic.penalty_scale))
        end = HeldEnd(end.readout / unit, end.targets / unit, end.loss, end.scale * unit**2, SOFTNESS * size)
    return ShootingModel(
        unit=unit,
        activation=_measured(geodesic.activation_at(smoothing), unit),
        smoothing=float(smoothing) / unit,
        bias=bool(geodesic.bias),
        steps=steps,
        leaks=1.0 - steps * geodesic.effective_depth,
        penalties=penalties,
        start=start,
        end=end,
    )


def _measured(activation: Activation, unit: float) -> Activation:
    """σ of A/unit: only an ε knows of the unit."""
    return activation.smoothed(activation.smoothing / unit) if activation.smoothing else activation


def _bias_share(bias: bool, unit: float) -> float:
    return 1.0 / unit**2 if bias else 1.0
