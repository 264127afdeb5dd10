"""A minimum with one kink, in closed form: two samples, one neuron, two layers that forget (ρL̃ = 1).

A_1 = ½(W_1 x + b_1) is a for the first sample and 0 for the second, and A_2 = ½(W_2 σ(A_1) + b_2). Stationarity,
W = L̃ B σ(A)ᵀ with the slope s on the kink, gives from the last layer to the first, with d = x_1 − x_2 and
g = 1 + x_2²:

    W_2 = 2 B_21 a,  b_2 = 2(B_21 + B_22),  B_11 = ½ W_2 B_21 = B_21² a,  B_12 = ½ s W_2 B_22,
    W_1 = 2(x_1 B_11 + x_2 B_12),  b_1 = 2(B_11 + B_12).

A_1 = (a, 0) asks for B_12 = −B_11 (1 + x_1 x_2)/g and B_21² = g/d². Targets that ask for these B_2 are
y = A_2 + λ B_2. On the kink ½‖W_1‖² grows with a², and J is convex in (W_2 a, b_2): the minimum is strict.
"""

from dataclasses import dataclass

import numpy as np

from geodepth.control import RepresentationGeodesic

STEPS = np.full(2, 0.5)


@dataclass(frozen=True, slots=True)
class OneKink:
    """The problem and its minimum.

    Attributes
    ----------
    geodesic : RepresentationGeodesic
        Of width 1, bias, effective depth 2.
    weights : (2, 1, 2)
        W_ℓ with b_ℓ.
    representations, momenta : (3, 1, 2)
        A_ℓ and B_ℓ.
    slope : float
        s, of the second sample's σ(A_1).
    growth : float
        M = −½ W_2 B_22 > 0 there; ν = s M.
    fall : float
        −½ W_2 B_21 < 0, the same of the first sample.
    cost : float
        J.
    """

    geodesic: RepresentationGeodesic
    weights: np.ndarray
    representations: np.ndarray
    momenta: np.ndarray
    slope: float
    growth: float
    fall: float
    cost: float


def one_kink(
    slope: float,
    inputs: tuple[float, float] = (1.75, 0.75),
    height: float = 1.0,
    decay: float = 0.1,
    endpoint: str = "penalized",
) -> OneKink:
    """The minimum of these x, a = `height` and s = `slope`; −(1 + x_1 x_2) < 0 makes B_22 negative, M positive."""
    first, second = inputs
    apart, share = first - second, 1 + second**2
    last = np.sqrt(share) / abs(apart)
    outer = 2 * last * height
    before = last**2 * height
    held = -before * (1 + first * second) / share
    kinked = 2 * held / (slope * outer)
    weights = np.array([[[2 * (first * before + second * held), 2 * (before + held)]], [[outer, 2 * (last + kinked)]]])
    bias = weights[1, 0, 1]
    final = np.array([(outer * height + bias) / 2, bias / 2])
    momenta = np.array([[0.5 * weights[0, 0, 0] * np.array([before, held])], [[before, held]], [[last, kinked]]])
    momenta[0] *= np.array(inputs) > 0
    fixed = endpoint == "fixed"
    targets = final if fixed else final + decay * momenta[2, 0]
    geodesic = RepresentationGeodesic(np.array([inputs]), targets[None], 1, 2.0, decay, endpoint=endpoint)
    penalty = decay / 8 * float(np.sum(weights**2))
    return OneKink(
        geodesic,
        weights,
        np.array([[inputs], [[height, 0.0]], [final]]),
        momenta,
        slope,
        -outer * kinked / 2,
        -outer * last / 2,
        penalty + (0.0 if fixed else 0.5 * float(np.sum((decay * momenta[2]) ** 2))),
    )
