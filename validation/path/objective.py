"""Objective: what a Leaky ResNet is asked, its data, projections and constants; all of J but weights and steps."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from geodepth.foundation.activations import Activation, parse_activation
from geodepth.foundation.shapes import Float
from geodepth.validation.argument_checks import CHECKS, check_array, check_number
from geodepth.validation.errors import ValidationError


@dataclass(frozen=True, slots=True, eq=False)
class Objective:
    """The question that a network and a geodesic both answer: minimize J over weights.

    J = (1/N) ‖Y − P A_L‖_F² + λ/(2L̃) Σ_ℓ ρ_ℓ ‖W_ℓ‖_F², with A_0 = E X.

    Attributes
    ----------
    inputs : (d_in, N)
        X, one column per sample.
    targets : (d_out, N)
        Y.
    embedding : (w, d_in)
        E.
    readout : (d_out, w)
        P.
    effective_depth : float
        L̃ ≥ 0.
    weight_decay : float
        λ > 0.
    bias : bool
        Whether σ(A) has a row of ones.
    activation : str
        The name of σ: "relu", "linear", "smoothed relu", "gelu" or "tanh". Every spelling that `parse_activation`
        knows is accepted, "smoothed relu:0.1" among them; "relu" with a smoothing means "smoothed relu".
    smoothing : float
        ε of a smoothed ReLU, in units of A; 0 for every other activation.

    Raises
    ------
    ValidationError
        Arrays that are not finite, shapes that do not fit, λ ≤ 0, L̃ < 0, or an unknown activation.
    """

    inputs: Float[np.ndarray, "d_in N"]
    targets: Float[np.ndarray, "d_out N"]
    embedding: Float[np.ndarray, "w d_in"]
    readout: Float[np.ndarray, "d_out w"]
    effective_depth: float
    weight_decay: float
    bias: bool = True
    activation: str = "relu"
    smoothing: float = 0.0

    @classmethod
    def of(cls, source: Any) -> Objective:
        """The objective of anything that has these attributes: a RepresentationGeodesic, or a path."""
        return Objective(**fields_of(source))

    def __post_init__(self) -> None:
        self.keep("effective_depth", check_number("effective_depth", self.effective_depth, positive=False))
        self.keep("weight_decay", check_number("weight_decay", self.weight_decay, positive=True))
        found = parse_activation(self.activation, self.smoothing, checks=CHECKS)
        self.keep("activation", found.name)
        self.keep("smoothing", found.smoothing)
        if not isinstance(self.bias, bool | np.bool_):
            raise ValidationError(f"bias is {self.bias!r}; give True or False")
        self.keep("bias", bool(self.bias))
        self.keep("inputs", check_array("inputs", self.inputs, (None, None), "(d_in, N), one column per sample"))
        wanted = (None, self.samples)
        self.keep("targets", check_array("targets", self.targets, wanted, "(d_out, N), one column per sample"))
        self.keep("embedding", check_array("embedding", self.embedding, (None, self.inputs.shape[0]), "(w, d_in)"))
        outputs = self.targets.shape[0]
        self.keep("readout", check_array("readout", self.readout, (outputs, self.width), "(d_out, w)"))

    def keep(self, name: str, value: Any) -> None:
        """Set a field once it is checked; for use while the record is made."""
        object.__setattr__(self, name, value)

    @property
    def width(self) -> int:
        """w."""
        return int(self.embedding.shape[0])

    @property
    def samples(self) -> int:
        """N."""
        return int(self.inputs.shape[1])

    @property
    def nonlinearity(self) -> Activation:
        """σ with its derivatives."""
        return Activation(self.activation, self.smoothing)

    @property
    def penalty_scale(self) -> float:
        """1/(2L̃), the factor before λ Σ_ℓ ρ_ℓ ‖W_ℓ‖_F² in J; 1/2 for a plain ResNet (L̃ = 0)."""
        return 0.5 / self.momentum_factor

    @property
    def momentum_factor(self) -> float:
        """L̃, the factor of W_ℓ = L̃ B_ℓ σ(A_{ℓ−1})ᵀ; 1 for a plain ResNet (L̃ = 0)."""
        return self.effective_depth if self.effective_depth > 0.0 else 1.0

    @property
    def initial_representations(self) -> Float[np.ndarray, "w N"]:
        """A_0 = E X."""
        return np.asarray(self.embedding @ self.inputs)

    def final_momentum(self, representation: Float[np.ndarray, "w N"]) -> Float[np.ndarray, "w N"]:
        """B_L = (2/(λN)) Pᵀ(Y − P A_L), the data term's pull on the last representation A_L (w, N)."""
        residual = self.targets - self.readout @ representation
        return np.asarray((2.0 / (self.weight_decay * self.samples)) * (self.readout.T @ residual))


def fields_of(source: Any) -> dict[str, Any]:
    """The fields of an objective, by name, of anything that has them."""
    return {field.name: getattr(source, field.name) for field in fields(Objective)}
