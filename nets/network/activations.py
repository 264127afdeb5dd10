"""Activations: value, first and second derivative, elementwise.

The second derivative serves second-order training. For the ReLU it is zero almost everywhere, which is what the
exact Hessian of the piecewise objective sees; `SmoothedReLU` is what Newton's method should be given.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from .errors import NetworkError, check_number, shown


@runtime_checkable
class Activation(Protocol):
    """An elementwise function with two derivatives."""

    @property
    def name(self) -> str:
        """The name that `resolve_activation` reads back."""

    def value(self, a: Tensor) -> Tensor:
        """σ(a)."""

    def derivative(self, a: Tensor) -> Tensor:
        """σ'(a)."""

    def second_derivative(self, a: Tensor) -> Tensor:
        """σ''(a)."""


@dataclass(frozen=True, slots=True)
class ReLU:
    """max(a, 0), with derivative 0 at the kink."""

    name: str = "relu"

    def value(self, a: Tensor) -> Tensor:
        return torch.relu(a)

    def derivative(self, a: Tensor) -> Tensor:
        return (a > 0).to(a.dtype)

    def second_derivative(self, a: Tensor) -> Tensor:
        return torch.zeros_like(a)


@dataclass(frozen=True, slots=True)
class SmoothedReLU:
    """(a + √(a² + ε²))/2: above the ReLU by at most ε/2, which it is at a = 0."""

    epsilon: float = 0.1
    name: str = "smoothed_relu"

    def __post_init__(self) -> None:
        check_number("epsilon", self.epsilon, 0.0, open_below=True)

    def value(self, a: Tensor) -> Tensor:
        return 0.5 * (a + torch.sqrt(a * a + self.epsilon**2))

    def derivative(self, a: Tensor) -> Tensor:
        return 0.5 * (1.0 + a * torch.rsqrt(a * a + self.epsilon**2))

    def second_derivative(self, a: Tensor) -> Tensor:
        return 0.5 * self.epsilon**2 * torch.rsqrt(a * a + self.epsilon**2) ** 3


@dataclass(frozen=True, slots=True)
class Linear:
    """a itself."""

    name: str = "linear"

    def value(self, a: Tensor) -> Tensor:
        return a

    def derivative(self, a: Tensor) -> Tensor:
        return torch.ones_like(a)

    def second_derivative(self, a: Tensor) -> Tensor:
        return torch.zeros_like(a)


@dataclass(frozen=True, slots=True)
class GELU:
    """aΦ(a), with Φ the normal distribution function (Hendrycks & Gimpel, arXiv:1606.08415)."""

    name: str = "gelu"

    def value(self, a: Tensor) -> Tensor:
        return torch.nn.functional.gelu(a)

    def derivative(self, a: Tensor) -> Tensor:
        return 0.5 * (1.0 + torch.erf(a / math.sqrt(2.0))) + a * self._density(a)

    def second_derivative(self, a: Tensor) -> Tensor:
        return (2.0 - a * a) * self._density(a)

    @staticmethod
    def _density(a: Tensor) -> Tensor:
        return torch.exp(-0.5 * a * a) / math.sqrt(2.0 * math.pi)


@dataclass(frozen=True, slots=True)
class Tanh:
    """The hyperbolic tangent."""

    name: str = "tanh"

    def value(self, a: Tensor) -> Tensor:
        return torch.tanh(a)

    def derivative(self, a: Tensor) -> Tensor:
        return 1.0 - torch.tanh(a) ** 2

    def second_derivative(self, a: Tensor) -> Tensor:
        value = torch.tanh(a)
        return -2.0 * value * (1.0 - value**2)


ACTIVATIONS: tuple[str, ...] = ("relu", "smoothed_relu", "linear", "gelu", "tanh")


def resolve_activation(activation: Any) -> Activation:
    """The activation of that name; "smoothed_relu:0.03" sets ε; an Activation is handed through.

    Raises NetworkError for anything else.
    """
    if isinstance(activation, str):
        name, _, epsilon = activation.partition(":")
        plain: dict[str, Activation] = {"relu": ReLU(), "linear": Linear(), "gelu": GELU(), "tanh": Tanh()}
        if not epsilon and name in plain:
            return plain[name]
        if name == "smoothed_relu":
            try:
                return SmoothedReLU(float(epsilon) if epsilon else 0.1)
            except ValueError:
                pass
    elif isinstance(activation, Activation):
        return activation
    raise NetworkError(
        f"activation is {shown(activation)}; expected one of {', '.join(ACTIVATIONS)}, or smoothed_relu:EPSILON with "
        "EPSILON above 0; choose one of them"
    )


def activation_label(activation: Activation) -> str:
    """The text that `resolve_activation` turns back into this activation, for files."""
    return f"{activation.name}:{activation.epsilon!r}" if isinstance(activation, SmoothedReLU) else activation.name
