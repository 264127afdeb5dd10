"""The two ends of the family: a plain ResNet (L̃ = 0), and fully-connected layers (ρL̃ = 1), against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from geodepth.control import RepresentationGeodesic, solve_geodesic
from geodepth.control.geodesics.newton.solve_structured import solve_structured

FULL = np.array([0.5, 0.5])  # at L̃ = 2 both layers have ρL̃ = 1


def plain_neuron(start: float, end: float, activation: str) -> RepresentationGeodesic:
    ends = np.array([[start]]), np.array([[end]])
    return RepresentationGeodesic(*ends, 1, 0.0, 1.0, activation=activation, endpoint="fixed")


@pytest.mark.parametrize(("start", "end"), [(0.2, 2.0), (1.5, 0.1)])
def test_one_neuron_without_leakage_moves_evenly_in_the_inverse_hyperbolic_sine(start: float, end: float) -> None:
    """∫a'²/(1 + a²)dp = ∫s'²dp with a = sinh s: the geodesic is straight in s, and costs (asinh a₁ − asinh a₀)²."""
    shift = np.arcsinh(end) - np.arcsinh(start)
    found = solve_geodesic(
        plain_neuron(start, end, "linear"), layers=12, scheme="gauss", starts=1, tolerance=1e-12, progress=False
    )
    # Order six with h = 1/12, and |s'| < 1.4: below 1e-9.
    assert found.parameter_norm == pytest.approx(shift**2, rel=1e-8)
    assert found.cost == pytest.approx(shift**2 / 2, rel=1e-8)
    expected = np.sinh(np.arcsinh(start) + shift * found.positions)
    assert found.representations[:, 0, 0] == pytest.approx(expected, abs=1e-8)


def test_residual_networks_approach_it_at_order_one() -> None:
    exact = (np.arcsinh(2.0) - np.arcsinh(0.2)) ** 2
    counts = np.array([20, 40, 80])
    errors = [
        abs(
            solve_geodesic(plain_neuron(0.2, 2.0, "relu"), layers=int(n), starts=1, progress=False).parameter_norm
            - exact
        )
        for n in counts
    ]
    assert np.polyfit(np.log(1.0 / counts), np.log(errors), 1)[0] == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("solver", ["structured", "ipopt"])
def test_two_fully_connected_linear_layers_shrink_singular_values(solver: str) -> None:
    """min ‖U‖² + ‖V‖² with UV = M is 2‖M‖_*, so J = ‖Y − M‖²/N + λ‖M‖_*: the singular values lose λN/2, or vanish."""
    generator = np.random.default_rng(0)
    left, right = (np.linalg.qr(generator.normal(size=(3, 3)))[0] for _ in range(2))
    values, decay = np.array([2.0, 0.9, 0.05]), 0.2
    geodesic = RepresentationGeodesic(
        np.eye(3), left @ np.diag(values) @ right, 3, 2.0, decay, activation="linear", bias=False
    )
    found = solve_geodesic(geodesic, layer_steps=FULL, starts=3, solver=solver, tolerance=1e-10, progress=False)
    kept = np.maximum(values - decay * 3 / 2, 0.0)
    exact = np.sum((values - kept) ** 2) / 3 + decay * kept.sum()
    assert found.cost == pytest.approx(exact, rel=1e-9)
    # The smallest is lost, where the cost is flat to fourth order in the weights: 1e-10 in its gradient is 1e-3 there.
    assert found.representations[-1] == pytest.approx(left @ np.diag(kept) @ right, abs=1e-5)
    # What leaked before does not arrive: A_1 = W_1A_0/2 alone.
    assert found.representations[1] == pytest.approx(found.weights[0] / 2 @ geodesic.inputs, abs=1e-12)


@pytest.mark.parametrize(
    ("depth", "steps"), [(2.0, FULL), (3.0, np.array([0.2, 1 / 3, 7 / 15])), (0.0, np.array([0.25, 0.35, 0.4]))]
)
def test_nonlinear_layers_with_bias_against_scipy(depth: float, steps: np.ndarray) -> None:
    """BFGS on the network's own objective, from many starts: each method ends in the other's minima."""
    generator = np.random.default_rng(3)
    inputs, targets = generator.normal(size=(2, 4)), generator.normal(size=(1, 4))
    geodesic = RepresentationGeodesic(
        inputs, targets, 2, depth, 3e-2, activation="smoothed relu", smoothing=0.1, loss="squared"
    )
    shape = (steps.size, 2, 3)

    def objective(x: np.ndarray) -> tuple[float, np.ndarray]:
        weights = x.reshape(shape)
        path = geodesic.propagate(weights, steps)
        momenta = geodesic.momenta(weights, path, steps)
        features = np.stack([geodesic.features(a) for a in path[:-1]])
        data = -np.einsum("lin,ljn->lij", momenta[1:], features)
        slope = geodesic.weight_decay * steps[:, None, None] * (2 * geodesic.penalty_scale * weights + data)
        return geodesic.objective(weights, steps), slope.ravel()

    ends = [
        minimize(objective, generator.normal(scale=2.0, size=np.prod(shape)), jac=True, method="BFGS", tol=1e-9)
        for _ in range(12)
    ]
    costs = np.array([end.fun for end in ends])
    best = ends[int(np.argmin(costs))]
    # Next to the best of BFGS our own Newton ends in it, whatever the start's distance.
    near = best.x.reshape(shape) + generator.normal(scale=1e-2, size=shape)
    again = solve_structured(geodesic, steps, geodesic.smoothing, near)
    assert again.converged
    assert again.strict_minimum
    assert again.cost == pytest.approx(best.fun, rel=1e-9)
    # The best of our starts is one of the minima that BFGS knows: both stop at gradients near 1e-9.
    found = solve_geodesic(geodesic, layer_steps=steps, starts=12, progress=False)
    assert np.abs(costs / found.cost - 1).min() <= 1e-8
