"""The representation geodesic of a Leaky ResNet: the data that state it, and the objective that it minimizes."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from geodepth.control.model.errors import CHECKS, ProblemError
from geodepth.foundation.activations import Activation, parse_activation
from geodepth.foundation.argument_checks import shown
from geodepth.foundation.machine_limits import refuse_absurd_size
from geodepth.foundation.shapes import Float

from .activations import ACTIVATIONS
from .endpoints import ENDPOINTS, Endpoint
from .losses import LOSSES, Loss
from .shapes import Layer, Path, Steps, Targets, Weights

LARGEST = 1e75
"""Of the entries of the data: fourth powers of larger ones overflow (of float64's 1.8e308)."""
BYTES = 8
"""Of a float64."""


@dataclass(frozen=True, slots=True, eq=False)
class RepresentationGeodesic:
    """The minimum-norm path that carries input representations A_0 = E X to outputs P A_1 close to Y.

    Attributes
    ----------
    inputs : (d_in, N)
        X, one column per sample.
    targets : (d_out, N)
        Y, one column per sample.
    width : int
        w, the neurons of a layer.
    effective_depth : float
        L̃ ≥ 0, the rate at which representations leak.
    weight_decay : float
        λ > 0, the price of the weights.
    activation : str
        σ: "relu", "linear", or "smoothed relu", (a + √(a² + ε²))/2, also written with its ε, "smoothed relu:0.1".
    bias : bool
        Whether σ(A) has a row of ones below it, and W_p a last column for it.
    endpoint : str
        "penalized", or "fixed": then P A_1 = Y is a constraint, and J is the penalty alone.
    embedding : (w, d_in)
        E; by default the identity, padded with zeros.
    readout : (d_out, w)
        P; by default the identity, padded with zeros.
    loss : str
        "squared", or "cross-entropy": then the data term is −(1/N) Σ Y log softmax(P A_1), of targets that are
        probabilities, one-hot for classes.
    smoothing : float
        ε > 0 of a smoothed ReLU, in units of A; 0 for the others.

    Raises
    ------
    ProblemError
        For arrays that are empty, not finite or of shapes that do not fit, a width below d_in or d_out where the
        defaults are used, λ ≤ 0, L̃ < 0, targets that are no probabilities under cross-entropy, or a smoothing that does
        not fit the activation.

    Notes
    -----
        minimize  J = (1/N)‖Y − P A_1‖_F² + λ/(2L̃) ∫₀¹ ‖W_p‖_F² dp   (λ/2 ∫‖W‖² for L̃ = 0)
        subject to  ∂_p A = −L̃ A + W_p σ(A).

    Source: Jacot and Kaiser, arXiv:2405.17573, section 1.
    """

    inputs: Float[np.ndarray, "d_in N"]
    targets: Targets
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
        plain: dict[str, Any] = {
            "width": CHECKS.count("width", self.width),
            "effective_depth": CHECKS.number("effective_depth", self.effective_depth, least=0.0),
            "weight_decay": CHECKS.number("weight_decay", self.weight_decay, above=0.0),
            "bias": CHECKS.flag("bias", self.bias),
        }
        for name, value in plain.items():
            object.__setattr__(self, name, value)
        rows = inputs.shape[0] + targets.shape[0] + 2 * inputs.shape[1]
        refuse_absurd_size(f"a geodesic of width {shown(self.width)}", BYTES * self.width * rows, error=ProblemError)
        activation = parse_activation(self.activation, self.smoothing, checks=CHECKS, allowed=ACTIVATIONS)
        CHECKS.choice("endpoint", self.endpoint, tuple(ENDPOINTS))
        CHECKS.choice("loss", self.loss, tuple(LOSSES))
        self.loss_function.check(targets, ENDPOINTS[self.endpoint].fixed)
        embedding = self._projection("embedding", self.embedding, (self.width, inputs.shape[0]))
        readout = self._projection("readout", self.readout, (targets.shape[0], self.width))
        arrays = {"inputs": inputs, "targets": targets, "embedding": embedding, "readout": readout}
        for array in (embedding, readout):
            array.flags.writeable = False
        for name, value in (arrays | {"activation": activation.name, "smoothing": activation.smoothing}).items():
            object.__setattr__(self, name, value)

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
        """c, the columns of W_p: the width, and one for the bias."""
        return self.width + int(self.bias)

    @property
    def end(self) -> Endpoint:
        """How a path has to end."""
        return ENDPOINTS[self.endpoint](self.readout, self.targets)

    @property
    def loss_function(self) -> Loss:
        """The loss behind the data term."""
        return LOSSES[self.loss]

    @property
    def penalty_scale(self) -> float:
        """The factor before ∫‖W‖²dp in J/λ: 1/(2L̃), or 1/2 for a plain ResNet (L̃ = 0)."""
        return 0.5 / self.effective_depth if self.effective_depth > 0 else 0.5

    @property
    def initial_representations(self) -> Layer:
        """A_0 = E X."""
        return np.asarray(self.embedding @ self.inputs)

    @property
    def has_kinks(self) -> bool:
        """Whether the activation is the exact ReLU."""
        return self.activation_at().has_kinks

    def activation_at(self, smoothing: float = 0.0) -> Activation:
        """σ, or σ_ε with ε = `smoothing` where it is above zero and σ is a ReLU."""
        own = Activation(self.activation, self.smoothing)
        return own.smoothed(smoothing) if smoothing else own

    def features(self, representations: Layer, smoothing: float = 0.0) -> Float[np.ndarray, "c N"]:
        """σ(A) of representations A, by the smoothing ε where that is positive, with its row of ones."""
        active = self.activation_at(smoothing).value(representations)
        return np.vstack([active, np.ones((1, self.samples))]) if self.bias else active

    def slopes(self, representations: Layer, smoothing: float = 0.0) -> Layer:
        """σ'(A) of representations A, by the smoothing ε where that is positive, without the row of ones."""
        return self.activation_at(smoothing).slope(representations)

    def propagate(self, weights: Weights, layer_steps: Steps, smoothing: float = 0.0) -> Path:
        """Representations of the network with these weights.

        Parameters
        ----------
        weights : (L, w, c)
            W_ℓ.
        layer_steps : (L,)
            ρ_ℓ.
        smoothing : float
            ε of σ_ε; 0 stands for the problem's own activation.

        Returns
        -------
        (L + 1, w, N) array
            A_ℓ = (1 − ρ_ℓL̃)A_{ℓ−1} + ρ_ℓ W_ℓ σ(A_{ℓ−1}), from A_0 = E X on.
        """
        path = np.empty((len(layer_steps) + 1, self.width, self.samples))
        path[0] = self.initial_representations
        for layer, (step, matrix) in enumerate(zip(layer_steps, weights, strict=True)):
            leak = 1.0 - step * self.effective_depth
            path[layer + 1] = leak * path[layer] + step * (matrix @ self.features(path[layer], smoothing))
        return path

    def momenta(
        self,
        weights: Weights,
        representations: Path,
        layer_steps: Steps,
        smoothing: float = 0.0,
        final: Layer | None = None,
        slopes: Float[np.ndarray, "L w N"] | None = None,
    ) -> Path:
        """B_ℓ = −(1/λ)∂C/∂A_ℓ by the adjoint recursion of the discrete network.

        Parameters
        ----------
        weights : (L, w, c)
            W_ℓ.
        representations : (L + 1, w, N)
            A_ℓ, as these weights produce them.
        layer_steps : (L,)
            ρ_ℓ.
        smoothing : float
            ε of σ_ε; 0 stands for the problem's own activation.
        final : (w, N), optional
            B_L, where it is not that of the data term.
        slopes : (L, w, N), optional
            σ'(A_{ℓ−1}), where they are not those of the activation.
        """
        momenta = np.empty_like(representations)
        momenta[-1] = self.final_momentum(representations[-1]) if final is None else final
        for layer in range(len(layer_steps) - 1, -1, -1):
            step, matrix = layer_steps[layer], weights[layer][:, : self.width]
            back = matrix.T @ momenta[layer + 1]
            # Products in this order give the digits of version 0.1.
            if slopes is None:
                back = step * self.slopes(representations[layer], smoothing) * back
            else:
                back = step * (slopes[layer] * back)
            momenta[layer] = (1.0 - step * self.effective_depth) * momenta[layer + 1] + back
        return momenta

    def final_momentum(self, final: Layer) -> Layer:
        """B_1 = −(1/λ) ∂C/∂A_1: (2/(λN)) Pᵀ(Y − P A_1), or Pᵀ(Y − softmax(P A_1))/(λN) for cross-entropy."""
        gradient = self.loss_function.gradient((self.readout @ final).T, self.targets.T).T
        return np.asarray((-1.0 / (self.weight_decay * self.samples)) * (self.readout.T @ gradient))

    def fit(self, final: Layer) -> float:
        """The data term: (1/N)‖Y − P A_1‖_F², or the mean cross-entropy."""
        return self.loss_function.value((self.readout @ final).T, self.targets.T) / self.samples

    def penalty(self, weights: Float[np.ndarray, "L ... w c"], layer_steps: Steps) -> float:
        """λ/(2L̃) Σ ρ_ℓ‖W_ℓ‖_F².

        Parameters
        ----------
        weights : (L, w, c), (L, 1, w, c) or (L, 2, w, c)
            One matrix per interval, or one at each of its ends: linear in between.
        layer_steps : (L,)
            ρ_ℓ.
        """
        values = np.asarray(weights)
        squares = np.sum(values**2, axis=(-2, -1))
        if values.ndim == 4 and values.shape[1] == 2:
            # ∫ of the square of a linear function: (a² + ab + b²)/3.
            squares = (squares.sum(axis=1) + np.sum(values[:, 0] * values[:, 1], axis=(-2, -1))) / 3
        elif values.ndim == 4:
            squares = squares[:, 0]
        return float(self.weight_decay * self.penalty_scale * np.dot(layer_steps, squares))

    def objective(self, weights: Weights, layer_steps: Steps, smoothing: float = 0.0) -> float:
        """J of the discrete network with these weights (L, w, c) and layer_steps (L,): exact for smoothing = 0."""
        final = self.propagate(weights, layer_steps, smoothing)[-1]
        return self.end.cost(self.fit(final)) + self.penalty(weights, layer_steps)

    @property
    def state_scale(self) -> float:
        """A power of two near the size of representations, in which solvers measure A; 1 for sizes from 1/16 to 16.

        Notes
        -----
        The geometric mean of the sizes at both ends, as far as these are known and not zero. Each is the median over
        samples of their largest entry: one outlier does not set the scale of the others.
        """
        ends = [self.initial_representations]
        if self.loss == "squared":
            ends.append(self.targets / (float(np.abs(self.readout).max()) or 1.0))
        columns = [np.abs(end).max(axis=0) for end in ends]
        sizes = [float(np.median(column[column > 0])) for column in columns if np.any(column > 0)]
        power = float(np.mean(np.log2(sizes))) if sizes else 0.0
        return 1.0 if abs(power) <= 4.0 else 2.0 ** round(power)

    def check_end(self) -> None:
        """Raise ProblemError for a fixed end that no weights whatever meet: `FixedEnd.check` has the proofs."""
        start = self.initial_representations
        self.end.check(start, self.features(start) if self.activation_at().is_linear else None)

    def digest(self) -> str:
        """Names the problem: equal for equal data and settings, whatever the session."""
        digest = hashlib.sha256()
        for array in (self.inputs, self.targets, self.embedding, self.readout):
            digest.update(repr(array.shape).encode() + np.ascontiguousarray(array, dtype="<f8").tobytes())
        settings: tuple[object, ...] = (self.width, float(self.effective_depth), float(self.weight_decay))
        settings += (self.activation, self.smoothing, bool(self.bias), self.endpoint, self.loss)
        digest.update(repr(settings).encode())
        return digest.hexdigest()[:16]

    def __repr__(self) -> str:
        return (
            f"RepresentationGeodesic(d_in={self.inputs.shape[0]}, d_out={self.targets.shape[0]}, N={self.samples}, "
            f"width={self.width}, effective_depth={self.effective_depth:g}, weight_decay={self.weight_decay:g}, "
            f"{self.activation}{', bias' if self.bias else ''}, {self.endpoint} endpoint"
            f"{', cross-entropy' if self.loss == 'cross-entropy' else ''})"
        )


def _matrix(name: str, given: Any) -> np.ndarray:
    matrix = CHECKS.array(name, given, (None, None), "a matrix, one column a sample")
    largest = float(np.abs(matrix).max())
    if largest > LARGEST:
        raise ProblemError(
            f"{name} holds a number of size {largest:.1e}, whose powers overflow; measure in larger units"
        )
    return matrix
