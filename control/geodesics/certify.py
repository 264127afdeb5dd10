"""The certificate's parts that are measured after the solve, apart from whichever back-end solved it.

KKT residual: with CasADi's derivatives of the multiple-shooting program, which is the definition of the discrete
problem; the exact ReLU in its complementarity form A = S − T, S, T ≥ 0, S∘T ≤ 0. Curvature: of the Lagrangian on the
pieces of the ReLU, kinks held. The continuous path: an extremal by the indirect method, and direct collocation too.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from ..mesh import Mesh
from .certificate import GeodesicCertificate
from .lower_bound import lower_bound
from .problem import RepresentationGeodesic
from .smooth import complementarity_program, controls_of, program_key, smooth_minimum, smoothed_program, states_of

if TYPE_CHECKING:
    from jaxtyping import Float

    from .solution import GeodesicSolution

ON_KINK = 1e-8  # relative to the largest |A|
LARGEST_HESSIAN = 4500  # weights up to which the dense reduced Hessian is factorized
CONTINUOUS_SMOOTHING, AGREEMENT_TOLERANCE = 0.03, 1e-9
LARGEST_DIRECT = 16  # wN up to which direct collocation, dense in its stages, takes seconds


def complete(
    certificate: GeodesicCertificate,
    geodesic: RepresentationGeodesic,
    layer_steps: Float[np.ndarray, " L"],
    weights: Float[np.ndarray, "L w c"],
    momenta: Float[np.ndarray, "L+1 w N"],
) -> GeodesicCertificate:
    """The certificate of a network's path with its KKT residual, smallest curvature and global lower bound."""
    path = geodesic.propagate(weights, layer_steps)
    curvature = smallest_curvature(geodesic, layer_steps, weights, path, momenta)
    strict = certificate.strict_minimum
    if strict is None and not geodesic.has_kinks and curvature is not None:
        strict = curvature > 0
    return dataclasses.replace(
        certificate,
        kkt=kkt_residual(geodesic, layer_steps, weights, path, momenta),
        curvature=curvature,
        global_lower=lower_bound(geodesic, layer_steps).value,
        strict_minimum=strict,
    )


def certify_continuous(solution: GeodesicSolution, smoothing: float = CONTINUOUS_SMOOTHING) -> GeodesicSolution:
    """The solution with what its continuous path adds to the certificate: drift of H, and a second method's agreement.

    The extremal next to the solution, of the ReLU smoothed by ε = `smoothing`, by the indirect method; then direct
    Gauss collocation from there on every second node. What does not converge, and the
    direct method beyond wN = 16, leaves its entry None. Takes seconds.
    """
    from .indirect import solve_indirect

    extremal = solve_indirect(solution.geodesic, solution, smoothing, tolerance=1e-7)
    if not extremal.converged:
        return solution
    if extremal.representations[0].size > LARGEST_DIRECT:
        certificate = dataclasses.replace(solution.certificate, hamiltonian_drift=extremal.drift)
        return dataclasses.replace(solution, certificate=certificate)
    positions = np.unique(np.append(extremal.positions[::2], 1.0))
    middles = extremal.sample((positions[1:] + positions[:-1]) / 2)[2]
    steps = np.diff(positions)
    direct = smooth_minimum(
        solution.geodesic, steps, middles, (extremal.smoothing,), "gauss", "fatrop", AGREEMENT_TOLERANCE
    )
    agreement = None
    if direct.converged:
        path = extremal.sample(positions)[0]
        apart = float(np.abs(direct.representations - path).max() / max(float(np.abs(path).max()), 1e-300))
        agreement = max(apart, abs(direct.cost - extremal.cost) / extremal.cost)
    certificate = dataclasses.replace(solution.certificate, hamiltonian_drift=extremal.drift, second_method=agreement)
    return dataclasses.replace(solution, certificate=certificate)


def kkt_residual(
    geodesic: RepresentationGeodesic,
    layer_steps: Float[np.ndarray, " L"],
    weights: Float[np.ndarray, "L w c"],
    path: Float[np.ndarray, "L+1 w N"],
    momenta: Float[np.ndarray, "L+1 w N"],
) -> float:
    """The largest of what is left of feasibility, stationarity and signs in the multiple-shooting program, by CasADi.

    Stationarity and signs relative to the largest entry of the objective's gradient and of the multipliers. For the
    ReLU, with M = ∂(J/λ)/∂S and m what of it passes to A: the multiplier of S∘T ≤ 0 is (−M)₊/(S + T) off the kinks;
    those of T ≥ 0 and S ≥ 0 are M₊ on the side where they are active, and m and M − m on a kink, where both must be
    at least zero. A_0 is data, so its halves ask for nothing.
    """
    layers, wide, size = layer_steps.size, weights[0].size, path[0].size
    if geodesic.has_kinks:
        program = complementarity_program(program_key(geodesic), layers, 1e-8)
        values = program.transcription.parameter_values({"relaxation": 0.0}, Mesh.from_steps(layer_steps))
        rows, bounds, halves, wrong = _halves(geodesic, layer_steps, weights, path, momenta)
    else:
        program = smoothed_program(program_key(geodesic), layers, "euler", "ipopt", 1e-8)
        smoothing = {"smoothing": geodesic.smoothing or 1.0}
        values = program.transcription.parameter_values(smoothing, Mesh.from_steps(layer_steps))
        rows, wrong = states_of(momenta[1:]), 0.0
        bounds = halves = np.zeros((layers, 0))
    transcription = program.transcription
    none = np.zeros((layers + 1, 0))
    matrices = controls_of(weights)[:, 0]
    variables = transcription.layout.join(states_of(path), none, np.hstack([matrices, halves])[:, None])
    multipliers = np.zeros(transcription.constraint_lower.size)
    multipliers[: rows.size] = rows.ravel()
    if geodesic.endpoint == "fixed":
        multipliers[rows.size :] = -np.linalg.lstsq(geodesic.readout.T, momenta[-1], rcond=None)[0].ravel(order="F")
    held = transcription.layout.join(
        np.zeros_like(states_of(path)), none, np.hstack([np.zeros((layers, wide)), bounds])[:, None]
    )
    gradient = program.lagrangian_gradient(variables, values, multipliers) + held
    plain = program.lagrangian_gradient(variables, values, np.zeros_like(multipliers))
    scale = max(1.0, float(np.abs(plain).max()), float(np.abs(multipliers).max()))
    gradient[:size] = 0.0
    gradient[size + wide : size + wide + halves.shape[1]] = 0.0
    violation = program.measure(variables, values)[1] / max(1.0, float(np.abs(path).max()))
    return max(violation, float(np.abs(gradient).max()) / scale, wrong / scale)


def _halves(
    geodesic: RepresentationGeodesic,
    layer_steps: Float[np.ndarray, " L"],
    weights: Float[np.ndarray, "L w c"],
    path: Float[np.ndarray, "L+1 w N"],
    momenta: Float[np.ndarray, "L+1 w N"],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Rows of constraint multipliers, multipliers of T ≥ 0, T itself, and the largest multiplier of a wrong sign."""
    inner, steps = path[:-1], layer_steps[:, None, None]
    gain = -steps * np.einsum("lij,lin->ljn", weights[:, :, : geodesic.width], momenta[1:])
    passed = (1.0 - steps * geodesic.effective_depth) * momenta[1:] - momenta[:-1]
    sides = sides_of(path)
    negative = np.maximum(-inner, 0.0)
    overlap = np.where(sides != 0, np.maximum(-gain, 0.0) / np.maximum(np.abs(inner), 1e-300), 0.0)
    of_positive = np.where(sides < 0, np.maximum(gain, 0.0), np.where(sides == 0, gain - passed, 0.0))
    of_negative = np.where(sides > 0, np.maximum(gain, 0.0), np.where(sides == 0, passed, 0.0))
    wrong = float(max(0.0, -of_positive[1:].min(initial=0.0), -of_negative[1:].min(initial=0.0)))
    rows = np.hstack([states_of(momenta[1:]), -states_of(of_positive), states_of(overlap)])
    return rows, -states_of(of_negative), states_of(negative), wrong


def sides_of(path: Float[np.ndarray, "L+1 w N"]) -> Float[np.ndarray, "L w N"]:
    """1, −1, or 0 on the kink, for the inputs A_0 … A_{L−1}."""
    inner = path[:-1]
    return np.where(np.abs(inner) <= ON_KINK * max(1e-300, float(np.abs(path).max())), 0, np.sign(inner)).astype(
        np.int8
    )


def smallest_curvature(
    geodesic: RepresentationGeodesic,
    layer_steps: Float[np.ndarray, " L"],
    weights: Float[np.ndarray, "L w c"],
    path: Float[np.ndarray, "L+1 w N"],
    momenta: Float[np.ndarray, "L+1 w N"],
) -> float | None:
    """The smallest eigenvalue of the reduced Hessian in the weights, in units of the penalty's own; None if too large.

    States are eliminated by the network's recursion, inputs on a kink held there. Positive: a strict local minimum of
    the pieces; the penalty alone has one. By Lanczos on the inverse; of an indefinite Hessian with the penalty
    strengthened until it is definite.
    """
    from scipy.sparse.linalg import LinearOperator, eigsh

    from .condensed import Condensed
    from .structured_model import shooting_model
    from .structured_pieces import piecewise_model
    from .structured_step import Iterate, linearize

    if weights.size > LARGEST_HESSIAN:
        return None

    def turned(array: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(np.swapaxes(array, 1, 2))

    model = shooting_model(geodesic, layer_steps, geodesic.smoothing or 1.0)
    if geodesic.has_kinks:
        model = piecewise_model(model, turned(sides_of(path)))
    eta = np.zeros_like(model.targets)
    iterate = Iterate(turned(path), turned(weights), -turned(momenta[1:]), eta)
    solver = Condensed(model)
    for shift in (0.0, 1.0, 10.0, 100.0, 1e4):
        stiffer = dataclasses.replace(model, penalties=(1.0 + shift) * model.penalties)
        point = linearize(stiffer, iterate, stiffer.evaluate(iterate.states, iterate.weights))
        if solver.factor(point, 0.0):
            break
    else:
        return None
    roots = np.sqrt(np.broadcast_to(model.penalties, iterate.weights.shape))

    def inverse(vector: np.ndarray) -> np.ndarray:
        return np.asarray(roots * solver.apply_inverse(roots * vector.reshape(roots.shape))).ravel()

    if roots.size == 1:
        return float(1.0 / inverse(np.ones(1))[0] - shift)
    operator = LinearOperator((roots.size, roots.size), matvec=inverse)
    start = np.random.default_rng(0).normal(size=roots.size)
    largest = eigsh(operator, k=1, which="LA", v0=start, tol=1e-6, return_eigenvectors=False)[0]
    return float(1.0 / largest - shift)
