"""No path that is returned costs more than zero weights, a given start, or its own weights in a forward pass."""

import numpy as np
import pytest

from geodepth.control import RepresentationGeodesic, solve_geodesic

ROUNDOFF = 1e-12


@pytest.mark.parametrize(
    ("samples", "width", "layers", "depth", "decay", "inputs", "targets", "bias"),
    [
        # Each of these ended above zero weights, or in a raw exception of the certificate, when only starts counted.
        (8, 3, 9, 3.0, 0.3, 1e-3, 1e-2, False),
        (5, 3, 4, 0.0, 3e-2, 30.0, 1e3, False),
        (8, 2, 8, 6.4, 3e-4, 3e-3, 0.0, False),
    ],
)
def test_zero_weights_and_its_own_forward_pass_are_never_below(
    samples: int, width: int, layers: int, depth: float, decay: float, inputs: float, targets: float, bias: bool
) -> None:
    rng = np.random.default_rng(0)
    x, y = inputs * rng.normal(size=(1, samples)), targets * rng.normal(size=(width, samples))
    geodesic = RepresentationGeodesic(np.repeat(x[:, :1], samples, 1), y, width, depth, decay, bias=bias)
    found = solve_geodesic(geodesic, layers=layers, starts=2, progress=False)
    zero = geodesic.objective(np.zeros_like(found.weights), found.layer_steps)
    own = geodesic.objective(found.weights, found.layer_steps)
    assert found.cost <= min(zero, own) * (1.0 + ROUNDOFF)


def test_zero_weights_are_a_candidate_in_a_continuous_scheme_too() -> None:
    """A weight decay so large that nothing pays: zero weights leave A = e^(−L̃)A_0, to RK4's order in h = 1/12."""
    neuron = RepresentationGeodesic(np.ones((1, 1)), np.full((1, 1), 3.0), 1, 1.0, 1e6, bias=False)
    found = solve_geodesic(neuron, layers=12, scheme="rk4", starts=1, progress=False)
    assert found.cost <= (3.0 - np.exp(-1.0)) ** 2 * (1.0 + 1e-5)


def test_a_given_start_is_never_below_the_answer(teacher: RepresentationGeodesic) -> None:
    best = solve_geodesic(teacher, layers=6, starts=3, progress=False)
    again = solve_geodesic(teacher, layers=6, starts=1, seed=9, warm_starts=[best.weights], progress=False)
    assert again.cost <= best.cost * (1.0 + ROUNDOFF)
