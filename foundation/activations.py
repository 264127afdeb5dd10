"""Activations: their one spelling, and their values and derivatives in NumPy.

An activation is written "relu", "linear", "gelu", "tanh", or "smoothed relu:0.1" with the smoothing ε behind the colon.
`str` writes that, and `parse_activation` reads it. All rooms, files and commands use this spelling.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .argument_checks import ArgumentChecks, shown
from .shapes import Float

RELU, LINEAR, SMOOTHED_RELU, GELU, TANH = "relu", "linear", "smoothed relu", "gelu", "tanh"
ACTIVATIONS = (RELU, LINEAR, SMOOTHED_RELU, GELU, TANH)
DEFAULT_SMOOTHING = 0.1
"""ε of a smoothed ReLU that names none, in units of A: where the homotopies of the ReLU start in both towers."""
_CHECKS = ArgumentChecks()


@dataclass(frozen=True, slots=True)
class Activation:
    """An elementwise function σ.

    Attributes
    ----------
    name : str
        One of `ACTIVATIONS`.
    smoothing : float
        ε > 0 of the smoothed ReLU, in units of A; 0 for every other activation.

    Raises
    ------
    InputError
        For another name, or a smoothing that does not fit it.

    Notes
    -----
    relu:           max(a, 0), with slope 0 at the kink, as in PyTorch.
    linear:         a.
    smoothed relu:  (a + √(a² + ε²))/2, above the ReLU by at most ε/2, which it is at a = 0.
    gelu:           a Φ(a), with Φ the normal distribution function (Hendrycks and Gimpel, arXiv:1606.08415).
    tanh:           the hyperbolic tangent.
    """

    name: str
    smoothing: float = 0.0

    def __post_init__(self) -> None:
        _CHECKS.choice("activation", self.name, ACTIVATIONS)
        if self.name == SMOOTHED_RELU:
            smoothing = _CHECKS.number("smoothing", self.smoothing, above=0.0)
        elif self.smoothing != 0.0:
            raise _CHECKS.refusal("smoothing", self.smoothing, f"0: it belongs to {SMOOTHED_RELU!r}")
        else:
            smoothing = 0.0
        object.__setattr__(self, "smoothing", smoothing)

    def __str__(self) -> str:
        return f"{self.name}:{self.smoothing!r}" if self.smoothing else self.name

    @property
    def has_kinks(self) -> bool:
        """Whether σ has points without a derivative: of the five, the ReLU alone."""
        return self.name == RELU

    @property
    def is_linear(self) -> bool:
        """Whether σ(a) = a."""
        return self.name == LINEAR

    def smoothed(self, smoothing: float) -> Activation:
        """This activation with smoothing ε in place of its own: 0 gives the ReLU; what has no ε stays as it is."""
        if self.name not in (RELU, SMOOTHED_RELU):
            return self
        return Activation(SMOOTHED_RELU, smoothing) if smoothing else Activation(RELU)

    def value(self, a: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """σ(a), entry by entry."""
        if self.name == LINEAR:
            return a
        if self.name == RELU:
            return np.asarray(np.maximum(a, 0.0))
        if self.name == TANH:
            return np.asarray(np.tanh(a))
        if self.name == GELU:
            return np.asarray(a * _normal_distribution(a))
        return np.asarray(0.5 * (a + np.sqrt(a * a + self.smoothing * self.smoothing)))

    def slope(self, a: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """σ'(a), entry by entry; 0 on the kink of the ReLU, as in PyTorch."""
        if self.name == LINEAR:
            return np.ones_like(a)
        if self.name == RELU:
            return np.asarray(a > 0, dtype=a.dtype)
        if self.name == TANH:
            return np.asarray(1.0 - np.tanh(a) ** 2)
        if self.name == GELU:
            return np.asarray(_normal_distribution(a) + a * _normal_density(a))
        return np.asarray(0.5 * (1.0 + a / np.sqrt(a * a + self.smoothing * self.smoothing)))

    def curvature(self, a: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """σ''(a), entry by entry; 0 everywhere for the ReLU and the linear function."""
        if self.name in (RELU, LINEAR):
            return np.zeros_like(a)
        if self.name == TANH:
            value = np.tanh(a)
            return np.asarray(-2.0 * value * (1.0 - value**2))
        if self.name == GELU:
            return np.asarray((2.0 - a * a) * _normal_density(a))
        squared = a * a + self.smoothing * self.smoothing
        return np.asarray(0.5 * self.smoothing * self.smoothing / (squared * np.sqrt(squared)))


def parse_activation(
    given: str | Activation,
    smoothing: float | None = None,
    *,
    checks: ArgumentChecks = _CHECKS,
    allowed: Sequence[str] = ACTIVATIONS,
) -> Activation:
    """Read an activation in its one spelling, or in an older one.

    Parameters
    ----------
    given : str or Activation
        "relu", "linear", "smoothed relu:0.1", "gelu", "tanh". Also read are "smoothed relu", whose ε is `smoothing` or
        else 0.1, and "smoothed_relu" for "smoothed relu", as older network files have it.
    smoothing : float, optional
        ε where it is kept apart from the name. "relu" with ε > 0 means "smoothed relu", as older path files have it.
    checks : ArgumentChecks
        The caller's, whose error is raised.
    allowed : sequence of str
        The names that the caller can use.

    Raises
    ------
    InputError
        For what is no activation, a name that is not allowed, or a smoothing that does not fit: the caller's class, in
        one line that says what is given and what is allowed.
    """
    name, _, own = str(given).partition(":") if isinstance(given, str | Activation) else ("", "", "")
    name = SMOOTHED_RELU if name == "smoothed_relu" else name
    try:
        epsilon = float(own) if own else None
    except ValueError:
        epsilon = math.nan
    if name not in allowed or (epsilon is not None and (name != SMOOTHED_RELU or not 0.0 < epsilon < math.inf)):
        known = (f"{one}:EPSILON with EPSILON above 0" if one == SMOOTHED_RELU else one for one in allowed)
        raise checks.error(f"activation is {shown(given)}; {checks.choose} one of {', '.join(known)}")
    if smoothing is None:
        return Activation(name, epsilon or (DEFAULT_SMOOTHING if name == SMOOTHED_RELU else 0.0))
    smoothing = checks.number("smoothing", smoothing, least=0.0)
    if epsilon is not None and smoothing not in (0.0, epsilon):
        raise checks.refusal("smoothing", smoothing, f"{epsilon!r}, as in {str(given)!r}, or leave it out")
    smoothing = epsilon or smoothing
    if name == RELU and smoothing and SMOOTHED_RELU in allowed:
        name = SMOOTHED_RELU
    if (smoothing > 0.0) != (name == SMOOTHED_RELU):
        wanted = "a number above 0" if name == SMOOTHED_RELU else f"0, since it belongs to {SMOOTHED_RELU!r}"
        raise checks.refusal("smoothing", smoothing, f"{wanted}, not to {name!r}" if smoothing else wanted)
    return Activation(name, smoothing)


def _normal_distribution(a: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    from scipy.special import ndtr

    return np.asarray(ndtr(a))


def _normal_density(a: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    return np.asarray(np.exp(-0.5 * a * a) / math.sqrt(2.0 * math.pi))
