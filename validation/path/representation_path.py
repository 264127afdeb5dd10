"""RepresentationPath: the one type in which an optimizer's geodesic and a trained network meet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geodepth.foundation.activations import Activation
from geodepth.foundation.shapes import Float
from geodepth.validation.argument_checks import check_array, check_choice, check_number
from geodepth.validation.errors import ValidationError

from .consistency import STEP_SUM_TOLERANCE, check_recursion, checked_steps, checked_weights, layer_norms, propagated
from .network import Network, features
from .objective import Objective, fields_of


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RepresentationPath(Objective):
    """The representations of a data set from layer to layer, the weights between them, and the objective of both.

    Build one with `from_objective`, `from_weights`, `from_arrays` or `from_network_arrays`, which check what they are
    given. Sizes are w neurons, N samples, L layers, and c = w + 1 columns where there is a bias (otherwise c = w).
    All numbers are without units.

    Attributes
    ----------
    inputs, targets, embedding, readout, effective_depth, weight_decay, bias, activation, smoothing
        The objective; see `Objective`.
    positions : (L+1,)
        p_ℓ from 0 to 1.
    layer_steps : (L,)
        ρ, positive, of sum one.
    representations : (L+1, w, N)
        A, one column per sample.
    weights : (L, w, c)
        W, the bias in the last column.
    momenta : (L+1, w, N)
        B.
    origin : str
        Where the path came from, for example "geodesic" or "network".
    label : str
        How figures and tables name it.

    Raises
    ------
    ValidationError
        Arrays that are not finite, shapes that do not fit, steps that are not positive or do not sum to one, or what
        `Objective` refuses.

    Notes
    -----
    Source of all equations: Jacot and Kaiser, arXiv:2405.17573, the definition of Leaky ResNets and the Hamiltonian
    reformulation.
    """

    positions: Float[np.ndarray, " L+1"]
    layer_steps: Float[np.ndarray, " L"]
    representations: Float[np.ndarray, "L+1 w N"]
    weights: Float[np.ndarray, "L w c"]
    momenta: Float[np.ndarray, "L+1 w N"]
    origin: str = ""
    label: str = ""

    def __post_init__(self) -> None:
        Objective.__post_init__(self)
        self.keep("layer_steps", checked_steps(self.layer_steps))
        self.keep("positions", check_array("positions", self.positions, (self.layers + 1,), "(L+1,)"))
        if not np.allclose(np.diff(self.positions), self.layer_steps, rtol=0.0, atol=STEP_SUM_TOLERANCE):
            raise ValidationError("positions do not advance by layer_steps; give p_0 = 0 and p_l = rho_1 + ... + rho_l")
        self.keep("weights", checked_weights(self, self.weights, self.layers))
        for name in ("representations", "momenta"):
            shape = (self.layers + 1, self.width, self.samples)
            self.keep(name, check_array(name, getattr(self, name), shape, "(L+1, w, N)"))

    @classmethod
    def from_objective(
        cls,
        objective: Any,
        weights: Any,
        layer_steps: Any,
        *,
        representations: Any = None,
        momenta: Any = None,
        origin: str = "",
        label: str = "",
        tolerance: float = 1e-6,
        recursion: str = "euler",
    ) -> RepresentationPath:
        """Make the path of a network, or of a geodesic, for the objective that something else states.

        Parameters
        ----------
        objective : Objective, RepresentationPath or RepresentationGeodesic
            Anything with the attributes of `Objective`. For a solved geodesic of control, of any activation:
            ``from_objective(solution.geodesic, solution.weights, solution.layer_steps,
            representations=solution.representations, momenta=solution.momenta)``.
        weights : (L, w, w+1), or (L, w, w) without a bias
        layer_steps : (L,)
        representations : (L+1, w, N), optional
            By default those of the network's recursion; if given, they must obey it.
        momenta : (L+1, w, N), optional
            By default those of the adjoint recursion, which is backpropagation.
        origin, label : str
            See `RepresentationPath`.
        tolerance : float
            Bounds the largest defect ‖A_ℓ − (1 − ρ_ℓL̃)A_{ℓ−1} − ρ_ℓW_ℓσ(A_{ℓ−1})‖_F, and ‖A_0 − EX‖_F, relative to
            the largest ‖A_ℓ‖_F.
        recursion : {"euler", "none"}
            "none" takes a path of another scheme (Runge-Kutta, collocation) without that check; it then needs
            representations and momenta.

        Raises
        ------
        ValidationError
            What does not fit, a recursion that overflows, or one that does not hold, with the layer and the size of
            the defect.
        """
        check_choice("recursion", recursion, ("euler", "none"))
        if recursion == "none" and (momenta is None or representations is None):
            missing = "momenta" if momenta is None else "representations"
            raise ValidationError(f"{missing} is None, and recursion='none' cannot compute them; give both")
        known = Objective.of(objective)
        steps = checked_steps(layer_steps)
        network = Network(checked_weights(known, weights, len(steps)), steps, known.effective_depth, known.nonlinearity)
        if representations is None:
            path = propagated(network, known.initial_representations)
        else:
            shape = (len(steps) + 1, known.width, known.samples)
            path = check_array("representations", representations, shape, "(L+1, w, N)")
            if recursion == "euler":
                check_recursion(network, known, path, check_number("tolerance", tolerance, positive=True))
        if momenta is None:
            with np.errstate(over="ignore", invalid="ignore"):  # an overflow is reported by the check of momenta
                momenta = network.adjoint(known.final_momentum(path[-1]), known.nonlinearity.slope(path))
        return cls(
            **fields_of(known),
            positions=np.concatenate([[0.0], np.cumsum(steps)]),
            layer_steps=steps,
            representations=path,
            weights=network.weights,
            momenta=momenta,
            origin=origin,
            label=label,
        )

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
        activation: str | Activation = "relu",
        smoothing: float = 0.0,
    ) -> RepresentationPath:
        """Make the path of the network with these weights: its own recursion for A, the adjoint for B.

        Parameters
        ----------
        weights, layer_steps, origin, label
            See `from_objective`.
        inputs, targets, embedding, readout, effective_depth, weight_decay, bias, activation, smoothing
            See `Objective`.

        Raises
        ------
        ValidationError
            What does not fit, or a recursion that overflows.
        """
        objective = Objective(
            inputs, targets, embedding, readout, effective_depth, weight_decay, bias, str(activation), smoothing
        )
        return cls.from_objective(objective, weights, layer_steps, origin=origin, label=label)

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
        activation: str | Activation = "relu",
        smoothing: float = 0.0,
        **how: Any,
    ) -> RepresentationPath:
        """Make a path from its representations and weights, checked against the network's recursion.

        Parameters
        ----------
        representations, weights, layer_steps, origin, label
            See `from_objective`.
        **how
            momenta, tolerance and recursion of `from_objective`.
        inputs, targets, embedding, readout, effective_depth, weight_decay, bias, activation, smoothing
            See `Objective`.

        Raises
        ------
        ValidationError
            What does not fit, or a recursion that does not hold, with the layer and the size of the defect.
        """
        objective = Objective(
            inputs, targets, embedding, readout, effective_depth, weight_decay, bias, str(activation), smoothing
        )
        how |= {"representations": representations, "origin": origin, "label": label}
        return cls.from_objective(objective, weights, layer_steps, **how)

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
        activation: str | Activation = "relu",
        tolerance: float = 1e-3,
    ) -> RepresentationPath:
        """Make a path from one network's arrays in PyTorch's convention: samples first, neurons last.

        Parameters
        ----------
        representations : (L+1, N, w) or None
            What the network kept, perhaps in single precision; None trusts the weights.
        weights : (L, w, w+1)
            As in nn.Linear, outputs by inputs, the bias last.
        inputs : (N, d_in)
        targets : (N, d_out)
        embedding : (w, d_in)
        readout : (d_out, w)
        tolerance : float
            How far `representations` may lie from the recursion, which runs anew in double precision, relative to the
            largest ‖A_ℓ‖_F.
        layer_steps, effective_depth, weight_decay, bias, origin, label, activation
            See `from_weights`.

        Raises
        ------
        ValidationError
            What does not fit, or representations that are not those of the weights.
        """
        data = check_array("inputs", inputs, (None, None), "(N, d_in), one row per sample")
        goal = check_array("targets", targets, (None, None), "(N, d_out), one row per sample")
        objective = Objective(data.T, goal.T, embedding, readout, effective_depth, weight_decay, bias, str(activation))
        path = cls.from_objective(objective, weights, layer_steps, origin=origin, label=label)
        if representations is None:
            return path
        layers, width, samples = path.representations.shape
        kept = check_array("representations", representations, (layers, samples, width), "(L+1, N, w)")
        gap = layer_norms(kept.transpose(0, 2, 1) - path.representations)
        if gap.max() > tolerance * layer_norms(path.representations).max():
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
    def network(self) -> Network:
        """The maps from layer to layer."""
        return Network(self.weights, self.layer_steps, self.effective_depth, self.nonlinearity)

    @property
    def features(self) -> Float[np.ndarray, "L+1 c N"]:
        """σ(A_ℓ), with its row of ones where there is a bias."""
        return features(self.representations, self.nonlinearity, self.bias)

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
        return 0.5 * self.weight_decay / self.momentum_factor * self.parameter_norm

    @property
    def cost(self) -> float:
        """J = fit + penalty, the objective that network and geodesic both minimize."""
        return self.fit + self.penalty

    @property
    def stationary_weights(self) -> Float[np.ndarray, "L w c"]:
        """L̃ B_ℓ σ(A_{ℓ−1})ᵀ, which W_ℓ equals at a stationary point (B_ℓ σ(A_{ℓ−1})ᵀ for L̃ = 0)."""
        return np.asarray(self.momentum_factor * (self.momenta[1:] @ self.features[:-1].transpose(0, 2, 1)))

    @property
    def stationarity(self) -> float:
        """The relative residual of W_ℓ = L̃ B_ℓ σ(A_{ℓ−1})ᵀ, zero at a stationary point of J.

        Returns
        -------
        float
            √(Σ_ℓ ρ_ℓ‖W_ℓ − L̃B_ℓσ(A_{ℓ−1})ᵀ‖_F²) / √(Σ_ℓ ρ_ℓ‖W_ℓ‖_F²), with 1 in place of L̃ = 0. It is 0 where both
            vanish, and infinite where only the weights do.

        Notes
        -----
        It is the gradient of J: ∂J/∂W_ℓ = (λρ_ℓ/L̃)(W_ℓ − L̃B_ℓσ(A_{ℓ−1})ᵀ). With momenta by backpropagation it stays
        of order one where activations sit on the kink of the exact ReLU, even at an optimum: see `find_momenta`.
        """
        missing, size = self._weighted_norm(self.weights - self.stationary_weights), self._weighted_norm(self.weights)
        if size == 0.0:
            return float("inf") if missing > 0.0 else 0.0
        return missing / size

    def predict(self, inputs: Any) -> Float[np.ndarray, "d_out M"]:
        """P A_L for new inputs (d_in, M), through the same weights. Raises ValidationError."""
        data = check_array("inputs", inputs, (self.inputs.shape[0], None), "(d_in, M), one column per sample")
        return np.asarray(self.readout @ self.network.propagate(self.embedding @ data)[-1])

    def error(self, inputs: Any, targets: Any) -> float:
        """(1/M) ‖Y − P A_L‖_F² on other data, inputs (d_in, M) and targets (d_out, M): the held-out error."""
        predicted = self.predict(inputs)
        goal = check_array("targets", targets, predicted.shape, "(d_out, M), one column per sample")
        return float(np.sum((goal - predicted) ** 2) / predicted.shape[1])

    def renamed(self, label: str) -> RepresentationPath:
        """The same path under another label."""
        return replace(self, label=label)

    def _weighted_norm(self, weights: Float[np.ndarray, "L w c"]) -> float:
        return float(np.sqrt(self.layer_steps @ np.sum(weights**2, axis=(1, 2))))
