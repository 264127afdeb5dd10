"""Activations as PyTorch computes them: value, first and second derivative, entry by entry.

Their names are those of `geodepth.foundation.activations`. The second derivative serves second-order training. For the
ReLU it is zero almost everywhere, which is what the exact Hessian of the piecewise objective sees; `SmoothedReLU` is
what Newton's method should be given.
"""

import math
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from geodepth.foundation import activations as spelling
from geodepth.nets.argument_checks import checks


@runtime_checkable
class Activation(Protocol):
    """A function of every entry of a tensor, with two derivatives. Networks take any object with these methods."""

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

    name: str = spelling.RELU

    def value(self, a: Tensor) -> Tensor:
        return torch.relu(a)

    def derivative(self, a: Tensor) -> Tensor:
        return (a > 0).to(a.dtype)

    def second_derivative(self, a: Tensor) -> Tensor:
        return torch.zeros_like(a)


@dataclass(frozen=True, slots=True)
class SmoothedReLU:
    """(a + √(a² + ε²))/2: above the ReLU by at most ε/2, which it is at a = 0."""

    epsilon: float = spelling.DEFAULT_SMOOTHING
    name: str = spelling.SMOOTHED_RELU

    def __post_init__(self) -> None:
        checks.number("epsilon", self.epsilon, above=0.0)

    # In place where automatic differentiation does not need what was there: a large network spends its time here.
    def value(self, a: Tensor) -> Tensor:
        return torch.add(a, (a * a).add_(self.epsilon**2).sqrt()).mul_(0.5)

    def derivative(self, a: Tensor) -> Tensor:
        return torch.mul(a, (a * a).add_(self.epsilon**2).rsqrt()).add_(1.0).mul_(0.5)

    def second_derivative(self, a: Tensor) -> Tensor:
        return 0.5 * self.epsilon**2 * torch.rsqrt(a * a + self.epsilon**2) ** 3


@dataclass(frozen=True, slots=True)
class Linear:
    """a itself."""

    name: str = spelling.LINEAR

    def value(self, a: Tensor) -> Tensor:
        return a

    def derivative(self, a: Tensor) -> Tensor:
        return torch.ones_like(a)

    def second_derivative(self, a: Tensor) -> Tensor:
        return torch.zeros_like(a)


@dataclass(frozen=True, slots=True)
class GELU:
    """aΦ(a), with Φ the normal distribution function (Hendrycks and Gimpel, arXiv:1606.08415)."""

    name: str = spelling.GELU

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

    name: str = spelling.TANH

    def value(self, a: Tensor) -> Tensor:
        return torch.tanh(a)

    def derivative(self, a: Tensor) -> Tensor:
        return 1.0 - torch.tanh(a) ** 2

    def second_derivative(self, a: Tensor) -> Tensor:
        value = torch.tanh(a)
        return -2.0 * value * (1.0 - value**2)


def resolve_activation(activation: Any) -> Activation:
    """The activation that a text or a record spells.

    Parameters
    ----------
    activation : str, foundation's Activation, or Activation
        For example "relu" or "smoothed relu:0.03", whose ε is 0.03. An object with the methods of `Activation` is
        handed through.

    Raises
    ------
    NetworkError
        For anything else.
    """
    if isinstance(activation, Activation):
        return activation
    spelled = spelling.parse_activation(activation, checks=checks)
    plain: tuple[Activation, ...] = (ReLU(), Linear(), GELU(), Tanh())
    return next((one for one in plain if one.name == spelled.name), None) or SmoothedReLU(spelled.smoothing)


def activation_label(activation: Activation) -> str:
    """The text that `resolve_activation` turns back into this activation, for files."""
    if isinstance(activation, SmoothedReLU):
        return str(spelling.Activation(activation.name, activation.epsilon))
    return activation.name
