"""From weights to a minimum of the smoothed problem, by our own Newton or through CasADi.

1. Take the ε that the problem is solved at, from large to small.
2. Euler by our own solver: the homotopy of newton/smoothing_homotopy.py, and nothing else.
3. Another scheme by our own solver: first the network of as many layers, whose minimum is close by, then CasADi there.
4. CasADi: roll the weights out, solve at the first ε, and each next ε from the last solution.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from geodepth.control.geodesics.statement.activations import SMOOTHINGS, smoothing_schedule
from geodepth.control.geodesics.statement.array_layouts import stacked, unstacked
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.statement.shapes import Layer, Path, PointWeights, Steps, Weights
from geodepth.control.solvers.program import Program, ProgramResult
from geodepth.control.solvers.status import Status
from geodepth.control.solving.homotopy import follow
from geodepth.control.transcription.mesh import Mesh
from geodepth.foundation.shapes import Float

from .compiled_programs import smoothed_program
from .schemes import SCHEMES
from .smooth_point import SmoothPoint


def smooth_minimum(
    geodesic: RepresentationGeodesic,
    layer_steps: Steps,
    weights: Weights,
    smoothings: Sequence[float] = SMOOTHINGS,
    scheme: str = "euler",
    solver: str = "structured",
    tolerance: float = 1e-9,
) -> SmoothPoint:
    """Follow ε through `smoothings` from a path rolled out from weights.

    Parameters
    ----------
    geodesic : RepresentationGeodesic
        The problem; a linear activation has no ε to follow.
    layer_steps : (L,)
        ρ_ℓ.
    weights : (L, w, c)
        The start, one matrix per interval.
    smoothings : sequence of float
        The ε of a ReLU, from large to small.
    scheme : str
        One of `SCHEMES`.
    solver : str
        "structured" (our own, for Euler), "fatrop" or "ipopt" through CasADi.
    tolerance : float
        KKT residual of the problem scaled by 1/λ.
    """
    if solver == "structured" and SCHEMES[scheme].is_network:
        return _structured(geodesic, layer_steps, weights, smoothings, tolerance)
    smoothings = smoothing_schedule(geodesic.activation_at(), smoothings)
    rolled = geodesic.propagate(weights, layer_steps, smoothings[0])
    if solver == "structured":
        # The network of as many layers has its minimum close by, and our own solver finds that in no time.
        network = _structured(geodesic, layer_steps, weights, smoothings, tolerance)
        if network.converged:
            smoothings, weights, rolled = smoothings[-1:], network.weights[:, 0], network.representations
    return solve_smoothed(geodesic, layer_steps, rolled, weights[:, None], None, smoothings, scheme, solver, tolerance)


def solve_smoothed(
    geodesic: RepresentationGeodesic,
    layer_steps: Steps,
    path: Path,
    weights: PointWeights,
    inner: Float[np.ndarray, "L s w N"] | None,
    smoothings: Sequence[float],
    scheme: str,
    solver: str,
    tolerance: float,
) -> SmoothPoint:
    """The smoothed problem by fatrop or IPOPT, along `smoothings`.

    Parameters
    ----------
    geodesic, layer_steps, smoothings, scheme, solver, tolerance
        As in `smooth_minimum`; "structured" stands for fatrop.
    path : (L + 1, w, N)
        Where to start.
    weights : (L, points, w, c)
        At the scheme's points; one matrix per interval stands for all of them.
    inner : (L, points, w, N) or None
        States at a collocation's points; None puts them on the straight lines between the nodes.
    """
    program = smoothed_program(geodesic, layer_steps.size, scheme, _fitting(geodesic, solver), tolerance)
    values = [{"smoothing": e} for e in smoothings]
    layout, mesh = program.transcription.layout, Mesh.from_steps(layer_steps)
    points = np.broadcast_to(weights, (layer_steps.size, layout.points, *weights.shape[2:]))
    none = np.zeros((layout.intervals + 1, 0))
    guess = layout.join(stacked(path), none, stacked(points), None if inner is None else stacked(inner))
    stages = follow(program, values, guess, mesh)
    last = stages[-1].result
    states, _, controls = layout.split(last.iterate.variables)
    momenta = momenta_from(program, last.iterate.constraint_multipliers, geodesic.width)
    parameters = program.transcription.parameter_values(stages[-1].values, mesh)
    momenta[0] = _first_momentum(geodesic, program, last, parameters)
    return SmoothPoint(
        weights=unstacked(controls, geodesic.width),
        representations=unstacked(states, geodesic.width),
        momenta=momenta,
        cost=geodesic.weight_decay * last.objective,
        smoothing=stages[-1].values["smoothing"],
        iterations=sum(s.result.iterations for s in stages),
        seconds=sum(s.result.seconds for s in stages),
        converged=last.status is Status.SOLVED,
        reason=last.status.value,
    )


def _structured(
    geodesic: RepresentationGeodesic,
    layer_steps: Steps,
    weights: Weights,
    smoothings: Sequence[float],
    tolerance: float,
) -> SmoothPoint:
    # SciPy's linear algebra is most of what importing this package would cost, so it comes when it is needed.
    from geodepth.control.geodesics.newton.smoothing_homotopy import solve_homotopy

    clock = time.perf_counter()
    result = solve_homotopy(geodesic, layer_steps, weights, smoothings, tolerance)
    return SmoothPoint(
        weights=result.weights[:, None],
        representations=result.representations,
        momenta=result.momenta,
        cost=result.cost,
        smoothing=result.smoothing,
        iterations=result.iterations,
        seconds=time.perf_counter() - clock,
        converged=result.converged,
        reason=result.reason.value,
    )


def _fitting(geodesic: RepresentationGeodesic, solver: str) -> str:
    """The general solver that takes this: a fixed endpoint is, to fatrop, a constraint of both ends at once."""
    return "ipopt" if geodesic.end.fixed or solver == "ipopt" else "fatrop"


def momenta_from(program: Program, multipliers: Float[np.ndarray, " m"], width: int) -> Path:
    """B of a program whose cost is J/λ: the multipliers of its defects; B_0 is left to the caller, as NaN."""
    inner = unstacked(multipliers[program.transcription.defects], width)
    return np.concatenate([np.full((1, *inner.shape[1:]), np.nan), inner])


def _first_momentum(
    geodesic: RepresentationGeodesic, program: Program, result: ProgramResult, values: Float[np.ndarray, " theta"]
) -> Layer:
    """B_0 = −∂(J/λ)/∂A_0: the constraints' part of the Lagrangian's gradient at A_0, which its bounds hold."""
    gradient = program.lagrangian_gradient(result.iterate.variables, values, result.iterate.constraint_multipliers)
    return np.asarray(-unstacked(gradient[: program.transcription.layout.states], geodesic.width))
