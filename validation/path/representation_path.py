"""RepresentationPath: the one type in which an optimizer's geodesic and a trained network meet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geodepth.foundation.shapes import Float
from geodepth.validation.argument_checks import check_array, check_choice, check_number
from geodepth.validation.errors import ValidationError

from .activation import ACTIVATIONS, features
from .recursion import adjoint, final_momentum, propagate

_STEP_SUM_TOLERANCE = 1e-5  # steps that a network kept in single precision sum to one only to about 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class RepresentationPath:
    """The representations A_0 … A_L of a data set, the weights that carry each to the next, and what belongs to them.

    With w neurons, N samples, L layers and c = w + 1 columns where there is a bias (otherwise c = w):
    positions p_ℓ (L+1,) from 0 to 1; representations A (L+1, w, N), one column a sample; weights W (L, w, c), the
    bias last; momenta B (L+1, w, N); layer_steps ρ (L,), which sum to one; effective_depth L̃; weight_decay λ;
    inputs X (d_in, N); targets Y (d_out, N); embedding E (w, d_in); readout P (d_out, w). All are pure numbers.
    activation is "relu" or "linear"; smoothing ε > 0 stands for the smoothed ReLU. origin says where the path came
    from (for example "geodesic" or "network"), label how figures and tables name it.

    Build one with `from_weights`, `from_arrays` or `from_network_arrays`, which check what they are given.
    Source of all equations: Jacot and Kaiser, arXiv:2405.17573, the definition of Leaky ResNets and the Hamiltonian
    reformulation. Raises ValidationError for arrays that are not finite, of shapes that do not fit, steps that are
    not positive or do not sum to one, λ ≤ 0 or L̃ < 0.
    """

    positions: Float[np.ndarray, " L+1"]
    representations: Float[np.ndarray, "L+1 w N"]
    weights: Float[np.ndarray, "L w c"]
    momenta: Float[np.ndarray, "L+1 w N"]
    layer_steps: Float[np.ndarray, " L"]
    effective_depth: float
    weight_decay: float
    inputs: Float[np.ndarray, "d_in N"]
    targets: Float[np.ndarray, "d_out N"]
    embedding: Float[np.ndarray, "w d_in"]
    readout: Float[np.ndarray, "d_out w"]
    bias: bool = True
    activation: str = "relu"
    smoothing: float = 0.0
    origin: str = ""
    label: str = ""

    def __post_init__(self) -> None:
        def keep(name: str, value: Any) -> None:
            object.__setattr__(self, name, value)

        keep("effective_depth", check_number("effective_depth", self.effective_depth, positive=False))
        keep("weight_decay", check_number("weight_decay", self.weight_decay, positive=True))
        keep("smoothing", check_number("smoothing", self.smoothing, positive=False))
        check_choice("activation", self.activation, ACTIVATIONS)
        if not isinstance(self.bias, bool | np.bool_):
            raise ValidationError(f"bias is {self.bias!r}; give True or False")
        keep("bias", bool(self.bias))
        keep("inputs", check_array("inputs", self.inputs, (None, None), "(d_in, N), one column a sample"))
        inputs, samples = self.inputs.shape
        keep("targets", check_array("targets", self.targets, (None, samples), "(d_out, N), one column a sample"))
        keep("embedding", check_array("embedding", self.embedding, (None, inputs), "(w, d_in)"))
        width = self.embedding.shape[0]
        keep("readout", check_array("readout", self.readout, (self.targets.shape[0], width), "(d_out, w)"))
        keep("layer_steps", check_array("layer_steps", self.layer_steps, (None,), "(L,)"))
        layers = len(self.layer_steps)
        if self.layer_steps.min() <= 0.0 or abs(self.layer_steps.sum() - 1.0) > _STEP_SUM_TOLERANCE:
            raise ValidationError(
                f"layer_steps have minimum {self.layer_steps.min():.3g} and sum {self.layer_steps.sum():.8g}; "
                "give positive steps that sum to 1"
            )
        keep("positions", check_array("positions", self.positions, (layers + 1,), "(L+1,)"))
        if not np.allclose(np.diff(self.positions), self.layer_steps, rtol=0.0, atol=_STEP_SUM_TOLERANCE):
            raise ValidationError("positions do not advance by layer_steps; give p_0 = 0 and p_l = rho_1 + ... + rho_l")
        columns = width + int(self.bias)
        words = "(L, w, w+1), the bias in the last column" if self.bias else "(L, w, w)"
        keep("weights", check_array("weights", self.weights, (layers, width, columns), words))
        for name in ("representations", "momenta"):
            keep(name, check_array(name, getattr(self, name), (layers + 1, width, samples), "(L+1, w, N)"))

    @classmethod
    def from_weights(
        cls,
        weights: Any,
        layer_steps: Any,
        inputs: Any,
        targets: Any,
        embedding: Any,
        readout: Any,
        effective_depth: float,
        weight_decay: float,
        bias: bool = True,
        origin: str = "",
        label: str = "",
        *,
        activation: str = "relu",
        smoothing: float = 0.0,
    ) -> RepresentationPath:
        """The path of the network with these weights: the exact Euler recursion for A, its adjoint for B.

        weights (L, w, w+1), or (L, w, w) without a bias; layer_steps (L,); inputs (d_in, N); targets (d_out, N);
        embedding (w, d_in); readout (d_out, w). Raises ValidationError, also where the recursion overflows.
        """
        steps = check_array("layer_steps", layer_steps, (None,), "(L,)")
        data = check_array("inputs", inputs, (None, None), "(d_in, N), one column a sample")
        lift = check_array("embedding", embedding, (None, data.shape[0]), "(w, d_in)")
        width = lift.shape[0]
        depth = check_number("effective_depth", effective_depth, positive=False)
        check_choice("activation", activation, ACTIVATIONS)
        columns = width + int(bool(bias))
        matrices = check_array("weights", weights, (len(steps), width, columns), "(L, w, w+1)" if bias else "(L, w, w)")
        with np.errstate(over="ignore", invalid="ignore"):
            path = propagate(lift @ data, matrices, steps, depth, activation, smoothing)
        if not np.isfinite(path).all():
            layer = int(np.argmin(np.isfinite(path).all(axis=(1, 2))))
            raise ValidationError(f"weights carry the representations beyond double precision at layer {layer}")
        blank = np.zeros_like(path)  # checked together with the rest, then replaced by the adjoint
        draft = cls(
            np.concatenate([[0.0], np.cumsum(steps)]), path, matrices, blank, steps, depth, weight_decay, data,
            targets, lift, readout, bias, activation, smoothing, origin, label,
        )  # fmt: skip
        return draft._with_adjoint()

    @classmethod
    def from_arrays(
        cls,
        representations: Any,
        weights: Any,
        layer_steps: Any,
        inputs: Any,
        targets: Any,
        embedding: Any,
        readout: Any,
        effective_depth: float,
        weight_decay: float,
        bias: bool = True,
        origin: str = "",
        label: str = "",
        *,
        momenta: Any = None,
        activation: str = "relu",
        smoothing: float = 0.0,
        tolerance: float = 1e-6,
        recursion: str = "euler",
    ) -> RepresentationPath:
        """A path given by its representations (L+1, w, N) and weights, checked against the network's recursion.

        tolerance bounds the largest defect ‖A_ℓ − (1 − ρ_ℓL̃)A_{ℓ−1} − ρ_ℓW_ℓσ(A_{ℓ−1})‖_F relative to the largest
        ‖A_ℓ‖_F, and A_0 − EX alike. recursion="none" takes a path of another scheme (Runge-Kutta, collocation)
        without that check, and then needs momenta (L+1, w, N); with "euler" they default to the adjoint recursion.
        Raises ValidationError where the recursion does not hold, with the layer and the size of the defect.
        """
        check_choice("recursion", recursion, ("euler", "none"))
        if recursion == "none" and momenta is None:
            raise ValidationError("momenta is None, and recursion='none' cannot compute them; give both")
        given = check_array("representations", representations, (None, None, None), "(L+1, w, N)")
        steps = check_array("layer_steps", layer_steps, (None,), "(L,)")
        path = cls(
            np.concatenate([[0.0], np.cumsum(steps)]), given, weights,
            np.zeros_like(given) if momenta is None else momenta, steps, effective_depth, weight_decay, inputs,
            targets, embedding, readout, bias, activation, smoothing, origin, label,
        )  # fmt: skip
        if recursion == "euler":
            path._check_recursion(check_number("tolerance", tolerance, positive=True))
        return path if momenta is not None else path._with_adjoint()

    @classmethod
    def from_network_arrays(
        cls,
        representations: Any,
        weights: Any,
        layer_steps: Any,
        inputs: Any,
        targets: Any,
        embedding: Any,
        readout: Any,
        effective_depth: float,
        weight_decay: float,
        bias: bool = True,
        origin: str = "network",
        label: str = "",
        *,
        activation: str = "relu",
        tolerance: float = 1e-3,
    ) -> RepresentationPath:
        """A path from one network's arrays in PyTorch's convention: samples first, neurons last.

        representations (L+1, N, w), or None to trust the weights; inputs (N, d_in); targets (N, d_out); weights
        (L, w, w+1) as in nn.Linear (outputs by inputs), the bias last; embedding (w, d_in); readout (d_out, w).
        The recursion runs anew in double precision; what the network kept, perhaps in single precision, must agree
        with it to `tolerance` relative to the largest ‖A_ℓ‖_F. Raises ValidationError where it does not.
        """
        data = check_array("inputs", inputs, (None, None), "(N, d_in), one row a sample")
        goal = check_array("targets", targets, (None, None), "(N, d_out), one row a sample")
        path = cls.from_weights(
            weights, layer_steps, data.T, goal.T, embedding, readout, effective_depth, weight_decay, bias, origin,
            label, activation=activation,
        )  # fmt: skip
        if representations is None:
            return path
        layers, width, samples = path.representations.shape
        kept = check_array("representations", representations, (layers, samples, width), "(L+1, N, w)")
        exact = path.representations
        gap = _norms(kept.transpose(0, 2, 1) - exact)
        if gap.max() > tolerance * _norms(exact).max():
            raise ValidationError(
                f"representations differ from the network's own recursion by {gap.max():.3g} at layer "
                f"{int(gap.argmax())}; give the weights, steps and data that produced them, or representations=None"
            )
        return path

    @property
    def layers(self) -> int:
        """L."""
        return len(self.layer_steps)

    @property
    def width(self) -> int:
        """w."""
        return int(self.embedding.shape[0])

    @property
    def samples(self) -> int:
        """N."""
        return int(self.inputs.shape[1])

    @property
    def penalty_depth(self) -> float:
        """The divisor of the penalty λ/2: L̃, or 1 for a plain ResNet (L̃ = 0)."""
        return self.effective_depth if self.effective_depth > 0.0 else 1.0

    @property
    def features(self) -> Float[np.ndarray, "L+1 c N"]:
        """σ(A_ℓ), with its row of ones where there is a bias."""
        return features(self.representations, self.activation, self.smoothing, self.bias)

    @property
    def outputs(self) -> Float[np.ndarray, "d_out N"]:
        """P A_L."""
        return np.asarray(self.readout @ self.representations[-1])

    @property
    def fit(self) -> float:
        """(1/N) ‖Y − P A_L‖_F², the data term of the objective."""
        return float(np.sum((self.targets - self.outputs) ** 2) / self.samples)

    @property
    def parameter_norm(self) -> float:
        """Σ_ℓ ρ_ℓ ‖W_ℓ‖_F², the squared norm of the parameters (without λ/(2L̃))."""
        return float(self.layer_steps @ np.sum(self.weights**2, axis=(1, 2)))

    @property
    def penalty(self) -> float:
        """λ/(2L̃) Σ_ℓ ρ_ℓ ‖W_ℓ‖_F², the norm's share of the objective (λ/2 Σ for L̃ = 0)."""
        return 0.5 * self.weight_decay / self.penalty_depth * self.parameter_norm

    @property
    def cost(self) -> float:
        """J = fit + penalty, the objective that network and geodesic both minimize."""
        return self.fit + self.penalty

    @property
    def stationary_weights(self) -> Float[np.ndarray, "L w c"]:
        """L̃ B_ℓ σ(A_{ℓ−1})ᵀ, which W_ℓ equals at a stationary point (B_ℓ σ(A_{ℓ−1})ᵀ for L̃ = 0)."""
        return np.asarray(self.penalty_depth * (self.momenta[1:] @ self.features[:-1].transpose(0, 2, 1)))

    @property
    def stationarity(self) -> float:
        """The relative residual of W_ℓ = L̃ B_ℓ σ(A_{ℓ−1})ᵀ, zero at a stationary point of J.

        √(Σρ_ℓ‖W_ℓ − L̃B_ℓσ(A_{ℓ−1})ᵀ‖²) over the larger of the two sides' norms; between 0 and 2, and 0 where both
        vanish. It is the gradient of J: ∂J/∂W_ℓ = (λρ_ℓ/L̃)(W_ℓ − L̃B_ℓσ(A_{ℓ−1})ᵀ). With momenta by backpropagation
        it stays of order one where activations sit on the kink of the exact ReLU, even at an optimum: see `momenta`.
        """
        wanted = self.stationary_weights
        size = max(self._weighted_norm(self.weights), self._weighted_norm(wanted))
        return self._weighted_norm(self.weights - wanted) / size if size > 0.0 else 0.0

    def predict(self, inputs: Any) -> Float[np.ndarray, "d_out M"]:
        """P A_L for new inputs (d_in, M), through the same weights. Raises ValidationError."""
        data = check_array("inputs", inputs, (self.inputs.shape[0], None), "(d_in, M), one column a sample")
        path = propagate(
            self.embedding @ data, self.weights, self.layer_steps, self.effective_depth, self.activation, self.smoothing
        )
        return np.asarray(self.readout @ path[-1])

    def error(self, inputs: Any, targets: Any) -> float:
        """(1/M) ‖Y − P A_L‖_F² on other data, inputs (d_in, M) and targets (d_out, M): the held-out error."""
        predicted = self.predict(inputs)
        goal = check_array("targets", targets, predicted.shape, "(d_out, M), one column a sample")
        return float(np.sum((goal - predicted) ** 2) / predicted.shape[1])

    def renamed(self, label: str) -> RepresentationPath:
        """The same path under another label."""
        return replace(self, label=label)

    def _weighted_norm(self, weights: Float[np.ndarray, "L w c"]) -> float:
        return float(np.sqrt(self.layer_steps @ np.sum(weights**2, axis=(1, 2))))

    def _with_adjoint(self) -> RepresentationPath:
        final = final_momentum(self.representations[-1], self.targets, self.readout, self.weight_decay)
        with np.errstate(over="ignore", invalid="ignore"):  # an overflow is reported by the check of momenta
            momenta = adjoint(
                final, self.representations, self.weights, self.layer_steps, self.effective_depth, self.activation,
                self.smoothing,
            )  # fmt: skip
        return replace(self, momenta=momenta)

    def _check_recursion(self, tolerance: float) -> None:
        path = self.representations
        leak = (1.0 - self.layer_steps * self.effective_depth)[:, None, None]
        stepped = leak * path[:-1] + self.layer_steps[:, None, None] * (self.weights @ self.features[:-1])
        predicted = np.concatenate([(self.embedding @ self.inputs)[None], stepped])
        defect = _norms(path - predicted) / max(float(_norms(path).max()), np.finfo(float).tiny)
        if defect.max() > tolerance:
            raise ValidationError(
                f"representations miss the network's recursion by {defect.max():.3g} relative at layer "
                f"{int(defect.argmax())}, more than {tolerance:g}; check the order of axes, the steps, the activation "
                "and the bias, or use recursion='none' for a path of another scheme"
            )


def _norms(stack: Float[np.ndarray, "L w N"]) -> Float[np.ndarray, " L"]:
    return np.asarray(np.sqrt(np.sum(stack**2, axis=(1, 2))))
