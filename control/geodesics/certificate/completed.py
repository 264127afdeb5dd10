"""The certificate's parts that are measured after the solve, apart from whichever back-end solved it.

KKT residual: with CasADi's derivatives of the multiple-shooting program, which is the definition of the discrete
problem; the exact ReLU in its complementarity form A = S − T, S, T ≥ 0, S∘T ≤ 0. Curvature: curvature.py. The
continuous path: an extremal by the indirect method, and direct collocation too.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from geodepth.control.geodesics.exact_relu.pieces import sides_of
from geodepth.control.geodesics.statement.array_layouts import stacked
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.transcribed.compiled_programs import complementarity_program, smoothed_program
from geodepth.control.geodesics.transcribed.path_problem import PathProblem
from geodepth.control.geodesics.transcribed.smoothed_solves import smooth_minimum
from geodepth.control.transcription.mesh import Mesh
from geodepth.foundation.blas_threads import one_blas_thread
from geodepth.foundation.shapes import Float

from .geodesic_certificate import GeodesicCertificate
from .lower_bounds.lower_bound import lower_bound

if TYPE_CHECKING:
    from geodepth.control.geodesics.continuum.indirect.extremal import Extremal
    from geodepth.control.geodesics.solution import GeodesicSolution

STATIONARY = 1e-6  # the KKT residual of a stationary point: solvers leave 1e-9 to 1e-7
CONTINUOUS_SMOOTHING, AGREEMENT_TOLERANCE = 0.03, 1e-9
LARGEST_DIRECT = 16  # wN up to which direct collocation, dense in its stages, takes seconds
LARGEST_INDIRECT = 64  # wN up to which the indirect method, dense in (A, B), takes a minute


def complete(
    certificate: GeodesicCertificate,
    geodesic: RepresentationGeodesic,
    layer_steps: Float[np.ndarray, " L"],
    weights: Float[np.ndarray, "L w c"],
    momenta: Float[np.ndarray, "L+1 w N"],
) -> GeodesicCertificate:
    """The certificate of a network's path with its KKT residual, its curvature and the global lower bound."""
    from .inertia import curvature_of

    path = geodesic.propagate(weights, layer_steps)
    curvature = curvature_of(geodesic, layer_steps, weights, path, momenta)
    kkt = kkt_residual(geodesic, layer_steps, weights, path, momenta)
    strict = certificate.strict_minimum
    if strict is None and not geodesic.has_kinks and curvature.smallest is not None:
        strict = curvature.smallest > 0 and kkt <= STATIONARY
    return dataclasses.replace(
        certificate,
        kkt=kkt,
        curvature=curvature.smallest,
        inertia=curvature.inertia,
        global_lower=lower_bound(geodesic, layer_steps).value,
        strict_minimum=strict,
    )


@one_blas_thread
def certify_continuous(solution: GeodesicSolution, smoothing: float = CONTINUOUS_SMOOTHING) -> GeodesicSolution:
    """The solution with what its continuous path adds to the certificate: drift of H, and a second method's agreement.

    The extremal next to the solution, of the ReLU smoothed by ε = `smoothing`, by the indirect method; then the direct
    method: Gauss collocation from there on every second node up to wN = 16, beyond that the limit of networks
    (continuous_limit.py), which the indirect method then starts from. Beyond wN = 64 its dense matrices are left out,
    and H is that of the limit. The certificate's `continuum` says what was done, and what was not and why.
    """
    size = solution.representations[0].size
    drift, agreement, word = (_by_collocation if size <= LARGEST_DIRECT else _by_limit)(solution, smoothing)
    known = solution.certificate
    certificate = dataclasses.replace(
        known,
        hamiltonian_drift=known.hamiltonian_drift if drift is None else drift,
        second_method=agreement,
        continuum=word,
    )
    return dataclasses.replace(solution, certificate=certificate)


def _by_collocation(solution: GeodesicSolution, smoothing: float) -> tuple[float | None, float | None, str]:
    """Drift of H along the extremal, its distance from Gauss collocation, and what was done."""
    from geodepth.control.geodesics.continuum.indirect.solve_indirect import solve_indirect

    extremal = solve_indirect(solution.geodesic, solution, smoothing, tolerance=1e-7)
    if not extremal.converged:
        return None, None, f"indirect method: {extremal.reason.value}"
    positions = np.unique(np.append(extremal.positions[::2], 1.0))
    middles = extremal.sample((positions[1:] + positions[:-1]) / 2)[2]
    problem = PathProblem(solution.geodesic, np.diff(positions), "gauss", "fatrop", AGREEMENT_TOLERANCE)
    direct = smooth_minimum(problem, middles, (extremal.smoothing,))
    if not direct.converged:
        return extremal.drift, None, f"Gauss collocation: {direct.reason}"
    apart = _apart(extremal, positions, direct.representations, direct.cost)
    return extremal.drift, apart, "indirect method, and Gauss collocation"


def _by_limit(solution: GeodesicSolution, smoothing: float) -> tuple[float | None, float | None, str]:
    """Drift of H along the limit of networks or the extremal next to it, the distance of the two, and what was done."""
    from geodepth.control.geodesics.continuum.continuous_limit import continuous_limit
    from geodepth.control.geodesics.continuum.indirect.solve_indirect import solve_indirect

    geodesic, size = solution.geodesic, solution.representations[0].size
    limit = continuous_limit(geodesic, solution.layer_steps, solution.weights, smoothing)
    if not np.isfinite(limit.cost_change):
        return None, None, f"limit of networks: {limit.reason}"
    if not limit.reached:
        # Cost and path are known, and H as well as it is constant: no start for a second method that asks for more.
        return limit.drift, None, f"limit of networks, cost to {limit.cost_change:.0e}: {limit.reason}"
    if size > LARGEST_INDIRECT:
        return limit.drift, None, f"limit of networks; no second method, w·N = {size} is above {LARGEST_INDIRECT}"
    extremal = solve_indirect(geodesic, limit, smoothing, tolerance=1e-7)
    if not extremal.converged:
        return limit.drift, None, f"limit of networks; indirect method: {extremal.reason.value}"
    apart = _apart(extremal, limit.positions, limit.representations, limit.cost)
    return extremal.drift, apart, "indirect method, and the limit of networks"


def _apart(
    extremal: Extremal, positions: Float[np.ndarray, " K+1"], path: Float[np.ndarray, "K+1 w N"], cost: float
) -> float:
    """The larger of the relative differences in path and in cost."""
    expected = extremal.sample(positions)[0]
    apart = float(np.abs(path - expected).max() / max(float(np.abs(expected).max()), 1e-300))
    return max(apart, abs(cost - extremal.cost) / extremal.cost)


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
        program = complementarity_program(geodesic, layers, 1e-8)
        values = program.transcription.parameter_values({"relaxation": 0.0}, Mesh.from_steps(layer_steps))
        rows, bounds, halves, wrong = _halves(geodesic, layer_steps, weights, path, momenta)
    else:
        program = smoothed_program(geodesic, layers, "euler", "ipopt", 1e-8)
        smoothing = {"smoothing": geodesic.smoothing or 1.0}
        values = program.transcription.parameter_values(smoothing, Mesh.from_steps(layer_steps))
        rows, wrong = stacked(momenta[1:]), 0.0
        bounds = halves = np.zeros((layers, 0))
    transcription = program.transcription
    none = np.zeros((layers + 1, 0))
    matrices = stacked(weights)
    variables = transcription.layout.join(stacked(path), none, np.hstack([matrices, halves])[:, None])
    multipliers = np.zeros(transcription.constraint_lower.size)
    multipliers[: rows.size] = rows.ravel()
    if geodesic.end.fixed:
        multipliers[rows.size :] = geodesic.end.multipliers(momenta[-1]).ravel(order="F")
    held = transcription.layout.join(
        np.zeros_like(stacked(path)), none, np.hstack([np.zeros((layers, wide)), bounds])[:, None]
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
    rows = np.hstack([stacked(momenta[1:]), -stacked(of_positive), stacked(overlap)])
    return rows, -stacked(of_negative), stacked(negative), wrong
