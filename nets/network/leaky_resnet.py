"""Leaky ResNets, many at once: an nn.Module whose every tensor has a leading `members` dimension.

The recursion, for one member, with one column a sample (Jacot & Kaiser, arXiv:2405.17573, sections 1 and 4):

    A_0 = E X,   A_ℓ = (1 − ρ_ℓ L̃) A_{ℓ−1} + ρ_ℓ W_ℓ σ(A_{ℓ−1}),   output P A_L,

with σ(A) the activation stacked over a row of ones when there is a bias, and the objective

    J = (1/N) ‖Y − P A_L‖_F² + λ/(2L̃) Σ_ℓ ρ_ℓ ‖W_ℓ‖_F²         (λ/2 Σ_ℓ ρ_ℓ ‖W_ℓ‖_F² when L̃ = 0).

Arrays at the surface have PyTorch's order, one row a sample: (members, L+1, samples, width).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from geodepth.foundation.shapes import Float

from .activations import Activation, activation_label, resolve_activation
from .devices import resolve_device
from .errors import NetworkError, as_tensor, check_choice, check_integer, check_number, check_pairs, check_samples
from .initialization import initial_projection, initial_weights
from .layer_steps import check_layer_steps, equidistant
from .units import SCALING_NAMES, Scaling

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class Architecture:
    """What a LeakyResNet is, without its numbers: enough to build another one that its weights fit."""

    inputs: int
    outputs: int
    width: int
    layers: int
    effective_depth: float
    members: int
    projections: str
    activation: str
    bias: bool

    def to_dict(self) -> dict[str, Any]:
        """For a JSON file."""
        return asdict(self)


class LeakyResNet(nn.Module):
    """`members` independent Leaky ResNets with the same shape, evaluated together.

    Parameters
    ----------
    inputs, outputs, width, layers
        Dimensions of the data, number of neurons w, number of layers L.
    effective_depth
        L̃ ≥ 0; 0 is a plain ResNet, and ρ_ℓ L̃ = 1 makes layer ℓ a fully-connected layer with weights ρ_ℓ W_ℓ.
    members
        How many networks.
    projections
        "fixed": E and P are buffers; "orthogonal": the same, but drawn at random with orthonormal columns (rows where
        there are fewer), shared by the members; "learned": parameters, one pair a member, trained but not in the
        penalty.
    activation
        A name (relu, linear, gelu, tanh, smoothed_relu, smoothed_relu:EPSILON) or an `Activation`.
    bias
        Whether σ appends a row of ones, so that W_ℓ has a last column b_ℓ, which the penalty includes.
    layer_steps
        ρ, (L,) or (members, L), positive, summing to one. None: equidistant, which then needs L > L̃; the limit
        L = L̃ (fully connected) and anything beyond can be had by passing the steps.
    embedding, readout
        E (w, inputs) or (members, w, inputs), P (outputs, w) or (members, outputs, w). None: the identity padded with
        zeros for fixed projections, random for learned ones.
    dtype, device, generator
        Of the parameters; None is torch's default. Initial numbers are drawn on the CPU in double precision from
        `generator` (a CPU generator), so they are the same for every dtype and device.

    Attributes: `weights` (members, L, w, w+1), or (members, L, w, w) without bias, the W_ℓ of the recursion acting on
    columns; `layer_steps` (members, L), always float64; `positions` (members, L+1); `embedding`, `readout`; `scaling`,
    the units of the raw data, which `predict` takes and gives.

    Raises NetworkError (a ValueError) for arguments that do not fit.
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
        self.inputs = check_integer("inputs", inputs, 1)
        self.outputs = check_integer("outputs", outputs, 1)
        self.width = check_integer("width", width, 1)
        self.layers = check_integer("layers", layers, 1)
        self.members = check_integer("members", members, 1)
        self.effective_depth = check_number("effective_depth", effective_depth, 0.0)
        self.projections = check_choice("projections", projections, ("fixed", "orthogonal", "learned"))
        self.activation = resolve_activation(activation)
        if not isinstance(bias, bool):
            raise NetworkError(f"bias is {bias!r}; expected True or False; set it to one of them")
        self.bias = bias
        dtype = torch.get_default_dtype() if dtype is None else dtype
        if dtype not in (torch.float32, torch.float64):
            raise NetworkError(f"dtype is {dtype}; expected torch.float32 or torch.float64; choose one of them")
        place = torch.get_default_device() if device is None else resolve_device(device)
        steps = self._starting_steps(layer_steps)
        given = self._projections(embedding, readout, generator)
        drawn = initial_weights(steps, self.width, self.effective_depth, bias, self.activation, generator)
        self.weights = nn.Parameter(drawn.to(place, dtype))
        self.register_buffer("layer_steps", steps.to(place))
        for name, matrix in given.items():
            if self.projections == "learned":
                self.register_parameter(name, nn.Parameter(matrix.to(place, dtype)))
            else:
                self.register_buffer(name, matrix.to(place, dtype))
        self.set_scaling(Scaling.none(self.inputs, self.outputs))

    def _starting_steps(self, layer_steps: ArrayLike | Tensor | None) -> Float[Tensor, "members layers"]:
        if layer_steps is None:
            if self.layers <= self.effective_depth:
                raise NetworkError(
                    f"layers is {self.layers} and effective_depth is {self.effective_depth:g}; expected "
                    "layers > effective_depth for equidistant steps; use more layers, or pass layer_steps"
                )
            return equidistant(self.layers).expand(self.members, -1).clone()
        steps = as_tensor("layer_steps", layer_steps, torch.float64, torch.device("cpu"))
        return check_layer_steps(steps, self.members, self.layers)

    def _projections(
        self,
        embedding: ArrayLike | Tensor | None,
        readout: ArrayLike | Tensor | None,
        generator: torch.Generator | None,
    ) -> dict[str, Tensor]:
        shapes = {"embedding": (self.width, self.inputs), "readout": (self.outputs, self.width)}
        found: dict[str, Tensor] = {}
        for name, value in (("embedding", embedding), ("readout", readout)):
            rows, columns = shapes[name]
            if value is None:
                data = columns if name == "embedding" else rows
                if self.projections == "fixed" and self.width < data:
                    raise NetworkError(
                        f"width is {self.width}, below the data's dimension {data}; expected a width of at least "
                        f"{data} for a padded identity; widen the network, pass {name}, or learn the projections"
                    )
                found[name] = initial_projection(self.projections, self.members, rows, columns, generator)
                continue
            matrix = as_tensor(name, value, torch.float64, torch.device("cpu"))
            if tuple(matrix.shape) not in {(rows, columns), (self.members, rows, columns)}:
                raise NetworkError(
                    f"{name} has shape {tuple(matrix.shape)}; expected ({rows}, {columns}) or "
                    f"({self.members}, {rows}, {columns}); reshape or transpose it"
                )
            if self.projections == "learned":
                matrix = matrix.expand(self.members, rows, columns)
            found[name] = matrix.clone()
        return found

    @property
    def architecture(self) -> Architecture:
        """The network's shape, as a record."""
        return Architecture(
            self.inputs,
            self.outputs,
            self.width,
            self.layers,
            self.effective_depth,
            self.members,
            self.projections,
            activation_label(self.activation),
            self.bias,
        )

    @property
    def positions(self) -> Float[Tensor, "members layers+1"]:
        """p_0 = 0, p_ℓ = ρ_1 + … + ρ_ℓ."""
        return nn.functional.pad(self.layer_steps.cumsum(1), (1, 0))

    @property
    def penalty_scale(self) -> float:
        """The L̃ that divides the penalty: L̃ itself, or 1 for a plain ResNet (L̃ = 0)."""
        return self.effective_depth if self.effective_depth > 0 else 1.0

    @property
    def scaling(self) -> Scaling:
        """How raw data become the network's own, and its outputs raw again; by default they are the same."""
        return Scaling(*(getattr(self, name) for name in SCALING_NAMES))

    def set_scaling(self, scaling: Scaling) -> None:
        """Record the units of the data that the network is trained on; saved with it.

        Raises NetworkError unless it has as many entries as the network inputs and outputs.
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
        """Targets in the raw data's units, from raw inputs (samples, inputs): standardization applied and undone.

        In float64, without gradients. Raises NetworkError for inputs that do not fit.
        """
        scaling = self.scaling
        x = check_samples("raw", raw, self.inputs, torch.float64, self.weights.device)
        with torch.no_grad():
            outputs: Tensor = self((x - scaling.input_mean) / scaling.input_scale)
        return outputs.double() * scaling.target_scale + scaling.target_mean

    def save(self, path: str | os.PathLike[str], about: Mapping[str, Any] | None = None) -> None:
        """Write the network into the directory `path`: see `save_network`."""
        from .files import save_network

        save_network(self, path, about)

    @classmethod
    def load(cls, path: str | os.PathLike[str], device: str | torch.device | None = None) -> LeakyResNet:
        """The network that `save` wrote into the directory `path`: see `load_network`."""
        from .files import load_network

        return load_network(path, device)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> LeakyResNet:
        # Steps and units are exact whatever the precision of the weights: float() and half() leave them alone.
        exact = {name: getattr(self, name) for name in ("layer_steps", *SCALING_NAMES)}
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        for name, tensor in exact.items():
            setattr(self, name, tensor.to(self.weights.device))
        return self

    def forward(self, x: Float[Tensor, "samples inputs"]) -> Float[Tensor, "members samples outputs"]:
        """P A_L, from inputs of shape (samples, inputs). Raises NetworkError for another shape."""
        return (self.readout @ self._propagate(self._embed(self._samples("x", x, self.inputs)))[-1]).mT

    def representations(self, x: Float[Tensor, "samples inputs"]) -> Float[Tensor, "members layers+1 samples width"]:
        """A_0 … A_L. Raises NetworkError for inputs that do not fit."""
        return torch.stack(self._propagate(self._embed(self._samples("x", x, self.inputs))), 1).mT

    def _samples(self, name: str, value: Any, columns: int) -> Tensor:
        if isinstance(value, Tensor) and value.dtype == self.weights.dtype and value.device == self.weights.device:
            if value.ndim != 2 or value.shape[1] != columns or value.shape[0] < 1:
                raise NetworkError(
                    f"{name} has shape {tuple(value.shape)}; expected (samples, {columns}); pass one row a sample"
                )
            return value
        return check_samples(name, value, columns, self.weights.dtype, self.weights.device)

    def _embed(self, x: Float[Tensor, "samples inputs"]) -> Float[Tensor, "members width samples"]:
        return (self.embedding @ x.mT).expand(self.members, self.width, x.shape[0])

    def _propagate(self, start: Float[Tensor, "members width samples"]) -> list[Float[Tensor, "members width samples"]]:
        steps = self.layer_steps.to(self.weights.dtype)[..., None, None]
        scaled = (steps * self.weights).unbind(1)
        keep = (1.0 - self.effective_depth * steps).unbind(1)
        width = self.width
        path = [start]
        for kept, layer in zip(keep, scaled, strict=True):
            state = path[-1]
            carried = torch.addcmul(layer[..., width:], kept, state) if self.bias else kept * state
            path.append(torch.baddbmm(carried, layer[..., :width], self.activation.value(state)))
        return path

    def fit(self, x: Float[Tensor, "samples inputs"], y: Float[Tensor, "samples outputs"]) -> Float[Tensor, " members"]:
        """(1/N) ‖Y − P A_L‖_F², the data term of the objective."""
        x, y = self._samples("x", x, self.inputs), self._samples("y", y, self.outputs)
        if x.shape[0] != y.shape[0]:
            raise NetworkError(f"y has {y.shape[0]} rows and x has {x.shape[0]}; expected as many; pass matching pairs")
        return (y - self.forward(x)).square().sum((1, 2)) / x.shape[0]

    def penalty(self, weight_decay: float) -> Float[Tensor, " members"]:
        """λ/(2L̃) Σ_ℓ ρ_ℓ ‖W_ℓ‖_F², with λ/2 in place of λ/(2L̃) for a plain ResNet. Biases are in W."""
        weight_decay = check_number("weight_decay", weight_decay, 0.0)
        squares = self.weights.square().sum((2, 3))
        return 0.5 * weight_decay / self.penalty_scale * (self.layer_steps.to(squares.dtype) * squares).sum(1)

    def objective(
        self, x: Float[Tensor, "samples inputs"], y: Float[Tensor, "samples outputs"], weight_decay: float
    ) -> Float[Tensor, " members"]:
        """J = fit + penalty: what training minimizes, member by member."""
        return self.fit(x, y) + self.penalty(weight_decay)

    def momenta(
        self, x: Float[Tensor, "samples inputs"], y: Float[Tensor, "samples outputs"], weight_decay: float
    ) -> Float[Tensor, "members layers+1 samples width"]:
        """B_ℓ = −(1/λ) ∂C/∂A_ℓ for ℓ = 0 … L, with C the data term, by automatic differentiation (section 1.3).

        Raises NetworkError for a weight decay that is not positive, or data that do not fit.
        """
        weight_decay = check_number("weight_decay", weight_decay, 0.0, open_below=True)
        x, y = check_pairs(x, y, (self.inputs, self.outputs), self.weights.dtype, self.weights.device)
        with torch.enable_grad():
            path = self._propagate(self._embed(x).detach().clone().requires_grad_())
            cost = (y.mT - self.readout.detach() @ path[-1]).square().sum() / x.shape[0]
            gradients = torch.autograd.grad(cost, path)
        return torch.stack(list(gradients), 1).mT / -weight_decay

    def stationarity(
        self, x: Float[Tensor, "samples inputs"], y: Float[Tensor, "samples outputs"], weight_decay: float
    ) -> Float[Tensor, " members"]:
        """How far from stationary: ‖W_ℓ − L̃ B_ℓ σ(A_{ℓ−1})ᵀ‖/‖W‖, over all layers, each weighted by its step.

        √(Σ_ℓ ρ_ℓ ‖W_ℓ − L̃ B_ℓ σ(A_{ℓ−1})ᵀ‖_F²) / √(Σ_ℓ ρ_ℓ ‖W_ℓ‖_F²), the relative size of the gradient of J with
        respect to the weights; zero exactly at a stationary point. For L̃ = 0 the factor L̃ is 1.
        """
        momenta = self.momenta(x, y, weight_decay)[:, 1:]
        with torch.no_grad():
            before = self.activation.value(self.representations(x)[:, :-1])
            if self.bias:
                before = nn.functional.pad(before, (0, 1), value=1.0)
            residual = self.weights - self.penalty_scale * momenta.mT @ before
            steps = self.layer_steps.to(residual.dtype)
            missing = (steps * residual.square().sum((2, 3))).sum(1)
            return (missing / (steps * self.weights.square().sum((2, 3))).sum(1)).sqrt()

    def select(self, members: Sequence[int]) -> LeakyResNet:
        """A new network that holds copies of the named members, in that order.

        Raises NetworkError for an empty choice, or a member that does not exist.
        """
        chosen = [check_integer("members", member, 0) for member in members]
        if not chosen or max(chosen) >= self.members:
            raise NetworkError(
                f"members is {chosen}; expected a choice among 0 … {self.members - 1}; choose at least one of them"
            )
        copied = LeakyResNet(
            self.inputs,
            self.outputs,
            self.width,
            self.layers,
            self.effective_depth,
            len(chosen),
            self.projections,
            self.activation,
            self.bias,
            self.layer_steps[chosen].cpu(),
            self._chosen(self.embedding, chosen),
            self._chosen(self.readout, chosen),
            self.weights.dtype,
            self.weights.device,
            # A generator of its own, so that copying leaves torch's global one as it was.
            torch.Generator(),
        )
        with torch.no_grad():
            copied.weights.copy_(self.weights[chosen])
        copied.set_scaling(self.scaling)
        return copied

    @staticmethod
    def _chosen(matrix: Tensor, members: list[int]) -> Tensor:
        return matrix[members] if matrix.ndim == 3 else matrix
