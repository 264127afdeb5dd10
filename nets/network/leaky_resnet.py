"""Leaky ResNets, many at once: an nn.Module whose every tensor has a leading `members` dimension.

The recursion, for one member, with one column per sample (Jacot and Kaiser, arXiv:2405.17573, sections 1 and 4):

    A_0 = E X,   A_ℓ = (1 − ρ_ℓ L̃) A_{ℓ−1} + ρ_ℓ W_ℓ σ(A_{ℓ−1}),   output P A_L,

with σ(A) the activation stacked over a row of ones when there is a bias, and the objective

    J = (1/N) ‖Y − P A_L‖_F² + λ/(2L̃) Σ_ℓ ρ_ℓ ‖W_ℓ‖_F²         (λ/2 Σ_ℓ ρ_ℓ ‖W_ℓ‖_F² when L̃ = 0),

plus λ/2 (‖E‖_F² + ‖P‖_F²) where the projections are penalized. That is the weight of a layer: a fully-connected one,
ρ_ℓ L̃ = 1, has the matrix ρ_ℓ W_ℓ, and λ/(2L̃) ρ_ℓ ‖W_ℓ‖_F² = λ/2 ‖ρ_ℓ W_ℓ‖_F². E and P have no biases.

Arrays at the surface have PyTorch's order, one row per sample: (members, L+1, samples, width).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from geodepth.foundation.shapes import Float
from geodepth.nets.argument_checks import checks
from geodepth.nets.devices import resolve_device
from geodepth.nets.errors import NetworkError
from geodepth.nets.shapes import Inputs, PerMember, States, Targets
from geodepth.nets.tensor_checks import as_tensor, check_samples, check_shape

from .activations import Activation, activation_label, resolve_activation
from .architecture import Architecture
from .files import TENSORS, read_network, write_network
from .initialization import initial_weights, refuse_absurd_network
from .layer_steps import check_layer_steps
from .precision import TRAINABLE, check_trainable
from .projections import starting_projections, sum_of_squares
from .recursion import propagate
from .stationarity import residual_of
from .units import SCALING_NAMES, Scaling


class LeakyResNet(nn.Module):
    """`members` independent Leaky ResNets with the same shape, evaluated together.

    Parameters
    ----------
    inputs, outputs, width, layers : int
        Dimensions of the data, number of neurons w, number of layers L.
    effective_depth : float
        L̃ ≥ 0; 0 is a plain ResNet, and ρ_ℓ L̃ = 1 makes layer ℓ a fully-connected layer with weights ρ_ℓ W_ℓ.
    members : int
        How many networks.
    projections : str
        "fixed": E and P are buffers. "orthogonal": the same, but drawn at random with orthonormal columns (rows where
        there are fewer), shared by the members. "learned": parameters, one pair per member, trained but not in the
        penalty. "penalized": the same, with weight decay, λ/2 (‖E‖² + ‖P‖²).
    activation : str or Activation
        "relu", "linear", "gelu", "tanh", "smoothed relu" or "smoothed relu:EPSILON", or an object with the methods of
        an `Activation`.
    bias : bool
        Whether σ appends a row of ones, so that W_ℓ has a last column b_ℓ, which the penalty includes.
    layer_steps : (L,) or (members, L), optional
        ρ, positive, summing to one. None: equidistant, which then needs L > L̃. The limit L = L̃ (fully connected) and
        anything beyond can be had by passing the steps.
    embedding, readout : array-like, optional
        E (w, inputs) or (members, w, inputs), P (outputs, w) or (members, outputs, w). None: the identity padded with
        zeros for fixed projections, random for others.
    dtype, device, generator : optional
        Of the parameters; None is torch's default. Initial numbers are drawn on the CPU in double precision from
        `generator` (a CPU generator), so they are the same for every dtype and device.

    Attributes
    ----------
    weights : (members, L, w, w + 1), or (members, L, w, w) without bias
        The W_ℓ of the recursion, acting on columns.
    layer_steps : (members, L)
        ρ, always float64.
    embedding, readout : (w, inputs) and (outputs, w), or one per member
        E and P.

    Raises
    ------
    NetworkError
        For arguments that do not fit.
    """

    weights: nn.Parameter
    layer_steps: Tensor
    embedding: Tensor
    readout: Tensor

    def __init__(
        self,
        inputs: int,
        outputs: int,
        width: int,
        layers: int,
        effective_depth: float,
        members: int = 1,
        projections: str = "fixed",
        activation: str | Activation = "relu",
        bias: bool = True,
        layer_steps: ArrayLike | Tensor | None = None,
        embedding: ArrayLike | Tensor | None = None,
        readout: ArrayLike | Tensor | None = None,
        dtype: torch.dtype | None = None,
        device: str | torch.device | None = None,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        resolved = resolve_activation(activation)
        shape = Architecture(
            inputs, outputs, width, layers, effective_depth, members, projections, activation_label(resolved), bias
        )
        self.inputs, self.outputs, self.width = shape.inputs, shape.outputs, shape.width
        self.layers, self.members, self.effective_depth = shape.layers, shape.members, shape.effective_depth
        self.projections, self.bias = shape.projections, shape.bias
        self.activation: Activation = resolved
        dtype = torch.get_default_dtype() if dtype is None else dtype
        if dtype not in TRAINABLE:
            raise checks.refusal("dtype", dtype, "torch.float32 or torch.float64")
        if generator is not None and (not isinstance(generator, torch.Generator) or generator.device.type != "cpu"):
            raise checks.refusal("generator", generator, "a torch.Generator of the CPU, or None")
        refuse_absurd_network(shape)
        place = torch.get_default_device() if device is None else resolve_device(device)
        steps = check_layer_steps(layer_steps, shape.members, shape.layers, shape.effective_depth)
        matrices = starting_projections(shape, embedding, readout, generator)
        drawn = initial_weights(shape, steps, resolved, generator)
        self.weights = nn.Parameter(drawn.to(place, dtype))
        self.register_buffer("layer_steps", steps.to(place))
        for name, matrix in matrices.items():
            if shape.trains_projections:
                self.register_parameter(name, nn.Parameter(matrix.to(place, dtype)))
            else:
                self.register_buffer(name, matrix.to(place, dtype))
        self.set_scaling(Scaling.none(shape.inputs, shape.outputs))

    @property
    def architecture(self) -> Architecture:
        """The network's shape, as a record."""
        shape = {item.name: getattr(self, item.name) for item in fields(Architecture)}
        return Architecture(**shape | {"activation": activation_label(self.activation)})

    @property
    def positions(self) -> Float[Tensor, "members layers+1"]:
        """p_0 = 0, p_ℓ = ρ_1 + … + ρ_ℓ."""
        return nn.functional.pad(self.layer_steps.cumsum(1), (1, 0))

    @property
    def penalty_scale(self) -> float:
        """1/(2L̃), or 1/2 for a plain ResNet (L̃ = 0): what multiplies λ Σ_ℓ ρ_ℓ ‖W_ℓ‖_F² in the objective."""
        return 0.5 / self.leak_or_one

    @property
    def leak_or_one(self) -> float:
        """L̃, or 1 where a plain ResNet (L̃ = 0) has nothing to divide by: 1/(2 penalty_scale), free of rounding."""
        return self.effective_depth or 1.0

    @property
    def scaling(self) -> Scaling:
        """The units of the raw data, which `predict` takes and gives; by default they are the network's own."""
        return Scaling(*(getattr(self, name) for name in SCALING_NAMES))

    def set_scaling(self, scaling: Scaling) -> None:
        """Record the units of the data that the network is trained on; they are saved with it.

        Raises
        ------
        NetworkError
            Unless `scaling` has as many entries as the network has inputs and outputs.
        """
        for side, size in (("input", self.inputs), ("target", self.outputs)):
            found = len(getattr(scaling, f"{side}_mean"))
            if found != size:
                raise NetworkError(
                    f"scaling has {found} entries for {side}s; expected {size}; pass the scaling of this network's data"
                )
        for name, vector in scaling.items().items():
            self.register_buffer(name, vector.to(self.weights.device))

    def predict(self, raw: ArrayLike | Tensor) -> Float[Tensor, "members samples outputs"]:
        """Targets in the raw data's units, from raw inputs: standardization is applied and undone.

        Parameters
        ----------
        raw : (samples, inputs)
            In the units of `scaling`. NetworkError is raised for inputs that do not fit.

        Returns
        -------
        (members, samples, outputs)
            In float64, without gradients.
        """
        scaling = self.scaling
        x = check_shape("raw", as_tensor("raw", raw, torch.float64, self.weights.device), ("samples", self.inputs))
        with torch.no_grad():
            outputs: Tensor = self((x - scaling.input_mean) / scaling.input_scale)
        return outputs.double() * scaling.target_scale + scaling.target_mean

    def save(self, path: str | os.PathLike[str], about: Mapping[str, Any] | None = None) -> None:
        """Write the network into the folder `path`, which is made if needed: `network.safetensors` and `config.json`.

        Parameters
        ----------
        about : mapping, optional
            Anything that JSON knows, kept beside the architecture for whoever reads the file: data, settings, ends.

        Raises
        ------
        NetworkError
            If the folder cannot be written, the activation is not one that a name brings back, or the weights are in
            half precision.
        """
        resolve_activation(activation_label(self.activation))
        check_trainable(self.weights.dtype)
        write_network(path, self.architecture, {name: getattr(self, name) for name in TENSORS + SCALING_NAMES}, about)

    @classmethod
    def load(cls, path: str | os.PathLike[str], device: str | torch.device | None = None) -> LeakyResNet:
        """The network that `save` wrote into the folder `path`.

        Parameters
        ----------
        device : str or torch.device, optional
            Where to put it; the CPU by default.

        Raises
        ------
        NetworkError
            As `read_network` does, and for tensors that do not fit the architecture.
        """
        saved = read_network(path)
        try:
            # A generator of its own, so that loading leaves torch's global one as it was.
            network = cls(**saved.arguments, device="cpu" if device is None else device, generator=torch.Generator())
            if saved.units:
                network.set_scaling(Scaling(**saved.units))
        except (TypeError, NetworkError) as error:
            raise NetworkError(
                f"{saved.file} does not describe a network ({error}); expected what save_network writes; save it again"
            ) from None
        saved.copy_into({name: getattr(network, name) for name in TENSORS})
        return network

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> LeakyResNet:
        # Steps and units are exact whatever the precision of the weights: float() and half() leave them alone.
        exact = {name: getattr(self, name) for name in ("layer_steps", *SCALING_NAMES)}
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        for name, tensor in exact.items():
            setattr(self, name, tensor.to(self.weights.device))
        return self

    def forward(self, x: Inputs) -> Float[Tensor, "members samples outputs"]:
        """The outputs P A_L of the inputs x, one row per sample. Raises NetworkError for inputs that do not fit."""
        return (self.readout @ self._path(self._embed(self._rows("x", x, self.inputs)))[-1]).mT

    def representations(self, x: Inputs) -> Float[Tensor, "members layers+1 samples width"]:
        """A_0 … A_L of the inputs x, one row per sample. Raises NetworkError for inputs that do not fit."""
        return torch.stack(self._path(self._embed(self._rows("x", x, self.inputs))), 1).mT

    def _rows(self, name: str, value: Any, columns: int) -> Tensor:
        dtype, device = self.weights.dtype, self.weights.device
        # A tensor of the right kind is trusted to be finite: a forward pass shall not wait for that to be looked at.
        ready = isinstance(value, Tensor) and value.dtype == dtype and value.device == device
        return check_shape(name, value if ready else as_tensor(name, value, dtype, device), ("samples", columns))

    def _embed(self, x: Inputs) -> States:
        return (self.embedding @ x.mT).expand(self.members, self.width, x.shape[0])

    def _path(self, start: States) -> list[States]:
        return propagate(start, self.weights, self.layer_steps, self.effective_depth, self.activation)

    def fit(self, x: Inputs, y: Targets) -> PerMember:
        """(1/N) ‖Y − P A_L‖_F², the data term, for x and y, one row per sample. NetworkError if they do not fit."""
        x, y = self._rows("x", x, self.inputs), self._rows("y", y, self.outputs)
        if x.shape[0] != y.shape[0]:
            raise NetworkError(f"y has {y.shape[0]} rows and x has {x.shape[0]}; expected as many; pass matching pairs")
        return (y - self.forward(x)).square().sum((1, 2)) / x.shape[0]

    def penalty(self, weight_decay: float) -> PerMember:
        """λ/(2L̃) Σ_ℓ ρ_ℓ ‖W_ℓ‖_F², with λ/2 in front for a plain ResNet; λ = weight_decay ≥ 0. Biases are in W."""
        weight_decay = checks.number("weight_decay", weight_decay, least=0.0)
        squares = self.weights.square().sum((2, 3))
        return 0.5 * weight_decay / self.leak_or_one * (self.layer_steps.to(squares.dtype) * squares).sum(1)

    def projection_penalty(self, weight_decay: float) -> PerMember:
        """λ/2 (‖E‖_F² + ‖P‖_F²) where the projections are penalized, with λ = weight_decay ≥ 0; otherwise zero."""
        weight_decay = checks.number("weight_decay", weight_decay, least=0.0)
        if self.projections != "penalized":
            return self.weights.new_zeros(self.members)
        return 0.5 * weight_decay * sum_of_squares(self.embedding, self.readout)

    def objective(self, x: Inputs, y: Targets, weight_decay: float) -> PerMember:
        """J = fit of x and y + both penalties with weight_decay: what training minimizes, member by member."""
        return self.fit(x, y) + self.penalty(weight_decay) + self.projection_penalty(weight_decay)

    def momenta(self, x: Inputs, y: Targets, weight_decay: float) -> Float[Tensor, "members layers+1 samples width"]:
        """B_ℓ = −(1/λ) ∂C/∂A_ℓ for ℓ = 0 … L, with C the data term, by automatic differentiation (section 1.3).

        NetworkError is raised for a weight_decay λ that is not positive, and for data x and y that do not fit.
        """
        weight_decay = checks.number("weight_decay", weight_decay, above=0.0)
        x, y = check_samples(x, y, (self.inputs, self.outputs), self.weights.dtype, self.weights.device)
        with torch.enable_grad():
            path = self._path(self._embed(x).detach().clone().requires_grad_())
            cost = (y.mT - self.readout.detach() @ path[-1]).square().sum() / x.shape[0]
            gradients = torch.autograd.grad(cost, path)
        return torch.stack(list(gradients), 1).mT / -weight_decay

    def stationarity(self, x: Inputs, y: Targets, weight_decay: float) -> PerMember:
        """√(Σ_ℓ ρ_ℓ ‖W_ℓ − L̃ B_ℓ σ(A_{ℓ−1})ᵀ‖_F²) / √(Σ_ℓ ρ_ℓ ‖W_ℓ‖_F²), how far each member is from stationary.

        For a plain ResNet the factor L̃ is 1. Where both sums vanish it is 0; where only the weights do, infinite.
        Penalized projections are in both sums: `stationarity_residual` says how, and more. x, y and weight_decay are
        checked as by `momenta`.
        """
        momenta, leak = self.momenta(x, y, weight_decay), self.leak_or_one
        x, y = check_samples(x, y, (self.inputs, self.outputs), self.weights.dtype, self.weights.device)
        with torch.no_grad():
            states = self.representations(x)
            before = self.activation.value(states[:, :-1])
            if self.bias:
                before = nn.functional.pad(before, (0, 1), value=1.0)
            steps = self.layer_steps.to(before.dtype)[..., None, None]
            terms: list[Any] = [(self.weights, leak * momenta[:, 1:].mT @ before, steps)]
            if self.projections == "penalized":
                pull = (2.0 / weight_decay / len(x)) * (y - states[:, -1] @ self.readout.mT).mT @ states[:, -1]
                terms += [(self.embedding, momenta[:, 0].mT @ x, leak), (self.readout, pull, leak)]
            return residual_of(terms)

    def with_changes(self, **changes: Any) -> LeakyResNet:
        """A new network with this one's shape, projections, type, device and units, but for what `changes` says.

        Parameters
        ----------
        **changes
            Arguments of LeakyResNet. The steps have to be among them; the weights are new.

        Raises
        ------
        NetworkError
            As LeakyResNet does.
        """
        given = {
            **self.architecture.to_dict(),
            "activation": self.activation,
            "embedding": self.embedding,
            "readout": self.readout,
            "dtype": self.weights.dtype,
            "device": self.weights.device,
            # A generator of its own, so that torch's global one stays as it was.
            "generator": torch.Generator(),
        }
        other = LeakyResNet(**given | changes)
        other.set_scaling(self.scaling)
        return other

    def select(self, members: Sequence[int]) -> LeakyResNet:
        """A new network that holds copies of the named members, in that order. NetworkError where there is none."""
        chosen = [checks.count("members", member, 0, self.members - 1) for member in members]
        if not chosen:
            raise checks.refusal("members", chosen, "at least one member")
        shared = {name: getattr(self, name) for name in ("embedding", "readout")}
        own = {name: matrix[chosen] for name, matrix in shared.items() if matrix.ndim == 3}
        copied = self.with_changes(members=len(chosen), layer_steps=self.layer_steps[chosen], **own)
        with torch.no_grad():
            copied.weights.copy_(self.weights[chosen])
        return copied


def save_network(network: LeakyResNet, path: str | os.PathLike[str], about: Mapping[str, Any] | None = None) -> None:
    """Write a network into a folder, which is made if needed.

    Parameters
    ----------
    network, path, about
        As `LeakyResNet.save` takes them.
    """
    network.save(path, about)


def load_network(path: str | os.PathLike[str], device: str | torch.device | None = None) -> LeakyResNet:
    """The network that `save_network` wrote into a folder.

    Parameters
    ----------
    path, device
        As `LeakyResNet.load` takes them.
    """
    return LeakyResNet.load(path, device)
