"""The representation geodesic of a Leaky ResNet: the data that state it, and the objective that it minimizes."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from geodepth.control.model.errors import ProblemError
from geodepth.foundation.shapes import Float

from . import activations, losses

ENDPOINTS = ("penalized", "fixed")


@dataclass(frozen=True, slots=True, eq=False)
class RepresentationGeodesic:
    """The minimum-norm path that carries input representations A_0 = E X to outputs P A_1 close to Y.

        minimize  J = (1/N)‖Y − P A_1‖_F² + λ/(2L̃) ∫₀¹ ‖W_p‖_F² dp   (λ/2 ∫‖W‖² for L̃ = 0)
        subject to  ∂_p A = −L̃ A + W_p σ(A),   where σ appends a row of ones when there is a bias.

    With endpoint="fixed", P A_1 = Y is a constraint, and J is the penalty alone. With loss="cross-entropy" the data
    term is −(1/N) Σ Y log softmax(P A_1), of targets that are probabilities, one-hot for classes. activation is
    "relu", "linear", or "smoothed relu", σ(a) = (a + √(a² + ε²))/2 with ε = `smoothing` > 0.
    Source: Jacot and Kaiser, arXiv:2405.17573, section 1.

    inputs (d_in, N) and targets (d_out, N) hold one column a sample; embedding E (width, d_in) and readout P
    (d_out, width) are by default the identity padded with zeros. Raises ProblemError for arrays that are empty, not
    finite or of shapes that do not fit, a width below d_in or d_out where the defaults are used, λ ≤ 0, L̃ < 0, targets
    that are no probabilities under cross-entropy, or a smoothing that does not fit the activation.
    """

    inputs: Float[np.ndarray, "d_in N"]
    targets: Float[np.ndarray, "d_out N"]
    width: int
    effective_depth: float
    weight_decay: float
    activation: str = "relu"
    bias: bool = True
    endpoint: str = "penalized"
    # None stands for the padded identity only until __post_init__ has put it there.
    embedding: Float[np.ndarray, "w d_in"] = None  # type: ignore[assignment]
    readout: Float[np.ndarray, "d_out w"] = None  # type: ignore[assignment]
    loss: str = "squared"
    smoothing: float = 0.0

    def __post_init__(self) -> None:
        inputs, targets = _matrix("inputs", self.inputs), _matrix("targets", self.targets)
        if inputs.shape[1] != targets.shape[1]:
            raise ProblemError(
                f"inputs hold {inputs.shape[1]} samples and targets {targets.shape[1]}; "
                "give both one column a sample, in the same order"
            )
        if isinstance(self.width, bool) or not isinstance(self.width, int | np.integer) or self.width < 1:
            raise ProblemError(f"width is {self.width!r}; give a whole number of at least 1")
        _check_scalar("effective_depth", self.effective_depth, positive=False)
        _check_scalar("weight_decay", self.weight_decay, positive=True)
        if self.activation not in activations.ACTIVATIONS:
            raise ProblemError(f"activation is {self.activation!r}; choose one of {list(activations.ACTIVATIONS)}")
        if self.endpoint not in ENDPOINTS:
            raise ProblemError(f"endpoint is {self.endpoint!r}; choose one of {list(ENDPOINTS)}")
        _check_loss(self.loss, self.endpoint, targets)
        _check_scalar("smoothing", self.smoothing, positive=self.activation == "smoothed relu")
        if self.activation != "smoothed relu" and self.smoothing != 0.0:
            raise ProblemError(f"smoothing is {self.smoothing!r}, which belongs to activation='smoothed relu'")
        embedding = self._projection("embedding", self.embedding, (int(self.width), inputs.shape[0]))
        readout = self._projection("readout", self.readout, (targets.shape[0], int(self.width)))
        for name, array in (("inputs", inputs), ("targets", targets), ("embedding", embedding), ("readout", readout)):
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    def _projection(self, name: str, given: Any, shape: tuple[int, int]) -> np.ndarray:
        if given is None:
            data = shape[1] if name == "embedding" else shape[0]
            if self.width < data:
                side = "inputs" if name == "embedding" else "targets"
                raise ProblemError(
                    f"width is {self.width}, smaller than the {data} rows of {side}; "
                    f"give a width of at least {data}, or your own {name}"
                )
            return np.eye(*shape)
        matrix = _matrix(name, given)
        if matrix.shape != shape:
            raise ProblemError(f"{name} has shape {matrix.shape}; it must be {shape}")
        return matrix

    @property
    def samples(self) -> int:
        """N."""
        return int(self.inputs.shape[1])

    @property
    def columns(self) -> int:
        """Columns of W_p: the width, and one for the bias."""
        return int(self.width) + int(self.bias)

    @property
    def penalty_scale(self) -> float:
        """The factor before ∫‖W‖²dp in J/λ: 1/(2L̃), or 1/2 for a plain ResNet (L̃ = 0)."""
        return 0.5 / self.effective_depth if self.effective_depth > 0 else 0.5

    @property
    def initial_representations(self) -> Float[np.ndarray, "w N"]:
        """A_0 = E X."""
        return np.asarray(self.embedding @ self.inputs)

    @property
    def has_kinks(self) -> bool:
        """Whether the activation is the exact ReLU."""
        return self.activation == "relu"

    def features(self, representations: Float[np.ndarray, "w N"], smoothing: float = 0.0) -> np.ndarray:
        """σ(A) with its row of ones: (columns, N)."""
        active = activations.value(self.activation, representations, smoothing or self.smoothing)
        return np.vstack([active, np.ones((1, self.samples))]) if self.bias else active

    def slopes(self, representations: Float[np.ndarray, "w N"], smoothing: float = 0.0) -> Float[np.ndarray, "w N"]:
        """σ'(A), without the row of ones."""
        return activations.slope(self.activation, representations, smoothing or self.smoothing)

    def propagate(
        self, weights: Float[np.ndarray, "L w c"], layer_steps: Float[np.ndarray, " L"], smoothing: float = 0.0
    ) -> Float[np.ndarray, "L+1 w N"]:
        """Representations of the network with these weights: A_ℓ = (1 − ρ_ℓL̃)A_{ℓ−1} + ρ_ℓ W_ℓ σ(A_{ℓ−1})."""
        path = np.empty((len(layer_steps) + 1, self.width, self.samples))
        path[0] = self.initial_representations
        for layer, (step, matrix) in enumerate(zip(layer_steps, weights, strict=True)):
            leak = 1.0 - step * self.effective_depth
            path[layer + 1] = leak * path[layer] + step * (matrix @ self.features(path[layer], smoothing))
        return path

    def momenta(
        self,
        weights: Float[np.ndarray, "L w c"],
        representations: Float[np.ndarray, "L+1 w N"],
        layer_steps: Float[np.ndarray, " L"],
        smoothing: float = 0.0,
        final: Float[np.ndarray, "w N"] | None = None,
        slopes: Float[np.ndarray, "L w N"] | None = None,
    ) -> Float[np.ndarray, "L+1 w N"]:
        """B_ℓ = −(1/λ)∂C/∂A_ℓ by the adjoint recursion of the discrete network.

        `final` overrides B_L, and `slopes` the σ'(A_{ℓ−1}).
        """
        momenta = np.empty_like(representations)
        momenta[-1] = self.final_momentum(representations[-1]) if final is None else final
        for layer in range(len(layer_steps) - 1, -1, -1):
            step, matrix = layer_steps[layer], weights[layer][:, : self.width]
            gate = self.slopes(representations[layer], smoothing) if slopes is None else slopes[layer]
            leak = 1.0 - step * self.effective_depth
            momenta[layer] = leak * momenta[layer + 1] + step * (gate * (matrix.T @ momenta[layer + 1]))
        return momenta

    def final_momentum(self, final: Float[np.ndarray, "w N"]) -> Float[np.ndarray, "w N"]:
        """B_1 = −(1/λ) ∂C/∂A_1: (2/(λN)) Pᵀ(Y − P A_1), or Pᵀ(Y − softmax(P A_1))/(λN) for cross-entropy."""
        gradient = losses.gradient(self.loss, (self.readout @ final).T, self.targets.T).T
        return np.asarray((-1.0 / (self.weight_decay * self.samples)) * (self.readout.T @ gradient))

    def fit(self, final: Float[np.ndarray, "w N"]) -> float:
        """The data term: (1/N)‖Y − P A_1‖_F², or the mean cross-entropy."""
        return losses.value(self.loss, (self.readout @ final).T, self.targets.T) / self.samples

    def penalty(self, weights: Float[np.ndarray, "L ... w c"], layer_steps: Float[np.ndarray, " L"]) -> float:
        """λ/(2L̃) Σ ρ_ℓ‖W_ℓ‖_F²; weights given by both ends of each interval (L, 2, w, c) are linear in between."""
        values = np.asarray(weights)
        squares = np.sum(values**2, axis=(-2, -1))
        if values.ndim == 4 and values.shape[1] == 2:
            # ∫ of the square of a linear function: (a² + ab + b²)/3.
            squares = (squares.sum(axis=1) + np.sum(values[:, 0] * values[:, 1], axis=(-2, -1))) / 3
        elif values.ndim == 4:
            squares = squares[:, 0]
        return float(self.weight_decay * self.penalty_scale * np.dot(layer_steps, squares))

    def objective(
        self, weights: Float[np.ndarray, "L w c"], layer_steps: Float[np.ndarray, " L"], smoothing: float = 0.0
    ) -> float:
        """J of the discrete network with these weights: exact for smoothing = 0."""
        path = self.propagate(weights, layer_steps, smoothing)
        fit = self.fit(path[-1]) if self.endpoint == "penalized" else 0.0
        return fit + self.penalty(weights, layer_steps)

    def digest(self) -> str:
        """Names the problem: equal for equal data and settings, whatever the session."""
        digest = hashlib.sha256()
        for array in (self.inputs, self.targets, self.embedding, self.readout):
            digest.update(repr(array.shape).encode() + np.ascontiguousarray(array, dtype="<f8").tobytes())
        settings: tuple[object, ...] = (int(self.width), float(self.effective_depth), float(self.weight_decay))
        settings += (self.activation, float(self.smoothing), bool(self.bias), self.endpoint, self.loss)
        digest.update(repr(settings).encode())
        return digest.hexdigest()[:16]

    def __repr__(self) -> str:
        return (
            f"RepresentationGeodesic(d_in={self.inputs.shape[0]}, d_out={self.targets.shape[0]}, N={self.samples}, "
            f"width={self.width}, effective_depth={self.effective_depth:g}, weight_decay={self.weight_decay:g}, "
            f"{self.activation}{', bias' if self.bias else ''}, {self.endpoint} endpoint"
            f"{', cross-entropy' if self.loss == 'cross-entropy' else ''})"
        )


def check_layer_steps(geodesic: RepresentationGeodesic, layers: int, layer_steps: Any) -> Float[np.ndarray, " L"]:
    """The steps ρ_ℓ (L,), summing to one: those given, or L equal ones.

    Raises ProblemError unless they are positive and finite and sum to one; equal steps need L ≥ L̃ (a layer with
    ρL̃ > 1 would flip the sign of what leaks).
    """
    if layer_steps is None:
        if isinstance(layers, bool) or not isinstance(layers, int | np.integer) or layers < 1:
            raise ProblemError(f"layers is {layers!r}; give a whole number of at least 1")
        if layers <= geodesic.effective_depth:
            raise ProblemError(
                f"layers is {layers}, not above effective_depth {geodesic.effective_depth:g}, with equidistant steps; "
                f"give at least {math.floor(geodesic.effective_depth) + 1} layers, or your own layer_steps"
            )
        return np.full(int(layers), 1.0 / int(layers))
    steps = np.array(layer_steps, dtype=float)
    if steps.ndim != 1 or steps.size == 0 or not np.all(np.isfinite(steps)) or np.any(steps <= 0):
        raise ProblemError(f"layer_steps has shape {steps.shape}; give one positive finite step for each layer")
    if abs(steps.sum() - 1.0) > 1e-6:
        raise ProblemError(f"layer_steps sum to {steps.sum():.6g}; divide them by their sum so that they sum to 1")
    return np.asarray(steps / steps.sum())


def _matrix(name: str, given: Any) -> np.ndarray:
    try:
        matrix = np.array(given, dtype=float)
    except (TypeError, ValueError):
        raise ProblemError(f"{name} is not numeric; give a matrix of numbers, one column a sample") from None
    if matrix.ndim != 2 or matrix.size == 0:
        raise ProblemError(f"{name} has shape {matrix.shape}; give a non-empty matrix, one column a sample")
    if not np.all(np.isfinite(matrix)):
        bad = int(np.sum(~np.isfinite(matrix)))
        raise ProblemError(f"{name} holds {bad} entries that are NaN or infinite; remove or impute those samples")
    return matrix


def _check_loss(loss: str, endpoint: str, targets: Float[np.ndarray, "d_out N"]) -> None:
    if loss not in losses.LOSSES:
        raise ProblemError(f"loss is {loss!r}; choose one of {list(losses.LOSSES)}")
    if loss == "squared":
        return
    if endpoint == "fixed":
        raise ProblemError("loss is 'cross-entropy', which a fixed endpoint leaves without meaning; penalize the end")
    if np.any(targets < 0) or np.any(np.abs(targets.sum(axis=0) - 1.0) > 1e-9):
        raise ProblemError(
            "targets are not probabilities (columns of entries ≥ 0 that sum to 1), as cross-entropy needs; "
            "give one-hot targets, not centred ones"
        )


def _check_scalar(name: str, value: Any, positive: bool) -> None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number) or number < 0 or (positive and number == 0):
        raise ProblemError(f"{name} is {value!r}; give a finite number {'above 0' if positive else 'of at least 0'}")
