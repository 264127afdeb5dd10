"""The smoothed stage through CasADi: the homotopy in ε, from weights to a stationary point of the smoothed problem."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from geodepth.control.geodesics.statement.activations import SMOOTHINGS, smoothing_schedule
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.solvers.program import Program, ProgramResult
from geodepth.control.solvers.status import Status
from geodepth.control.solving.homotopy import follow
from geodepth.control.transcription.layout import Layout
from geodepth.control.transcription.mesh import Mesh
from geodepth.foundation.shapes import Float

from .geodesic_problems import complementarity_problem, smoothed_problem
from .schemes import METHODS


@dataclass(frozen=True, slots=True, eq=False)
class SmoothPoint:
    """Where the homotopy ended: weights, path and momenta at smoothing ε, and the smoothed J there.

    weights (L, points, w, columns): one matrix an interval for Euler, more as schemes.py says. `converged` is false
    where a step in ε failed for good; the point is then the last iterate.
    """

    weights: Float[np.ndarray, "L points w c"]
    representations: Float[np.ndarray, "L+1 w N"]
    momenta: Float[np.ndarray, "L+1 w N"]
    cost: float
    smoothing: float
    iterations: int
    seconds: float
    converged: bool
    reason: str


def smooth_minimum(
    geodesic: RepresentationGeodesic,
    layer_steps: Float[np.ndarray, " L"],
    weights: Float[np.ndarray, "L w c"],
    smoothings: Sequence[float] = SMOOTHINGS,
    scheme: str = "euler",
    solver: str = "structured",
    tolerance: float = 1e-9,
) -> SmoothPoint:
    """Follow ε through `smoothings` from a path rolled out from `weights`; a linear activation has no ε to follow.

    solver: "structured" (our own, for Euler), "fatrop" or "ipopt" through CasADi.
    """
    if solver == "structured" and scheme == "euler":
        return _structured(geodesic, layer_steps, weights, smoothings, tolerance)
    smoothings = smoothing_schedule(geodesic.activation_at(), smoothings)
    rolled = geodesic.propagate(weights, layer_steps, smoothings[0])
    if scheme != "euler" and solver == "structured":
        # The network of as many layers has its minimum close by, and our own solver finds that in no time.
        network = _structured(geodesic, layer_steps, weights, smoothings, tolerance)
        if network.converged:
            smoothings, weights, rolled = smoothings[-1:], network.weights[:, 0], network.representations
    states = np.asarray(rolled)
    return solve_smoothed(geodesic, layer_steps, states, weights[:, None], None, smoothings, scheme, solver, tolerance)


def solve_smoothed(
    geodesic: RepresentationGeodesic,
    layer_steps: Float[np.ndarray, " L"],
    path: Float[np.ndarray, "L+1 w N"],
    weights: Float[np.ndarray, "L points w c"],
    inner: Float[np.ndarray, "L s w N"] | None,
    smoothings: Sequence[float],
    scheme: str,
    solver: str,
    tolerance: float,
) -> SmoothPoint:
    """The smoothed problem by fatrop or IPOPT, along `smoothings`, from a path and weights at the scheme's points.

    One matrix an interval stands for all its points; without `inner`, the states at a collocation's points lie on the
    straight lines between the nodes.
    """
    program = smoothed_program(_Key(geodesic), layer_steps.size, scheme, _fitting(geodesic, solver), tolerance)
    values = [{"smoothing": e} for e in smoothings]
    layout, mesh = program.transcription.layout, Mesh.from_steps(layer_steps)
    points = np.broadcast_to(weights, (layer_steps.size, layout.points, *weights.shape[2:]))
    guess = layout.join(
        states_of(path),
        np.zeros((layout.intervals + 1, 0)),
        points.transpose(0, 1, 3, 2).reshape(*points.shape[:2], -1),
        None if inner is None else inner.transpose(0, 1, 3, 2).reshape(*inner.shape[:2], -1),
    )
    stages = follow(program, values, guess, mesh)
    last = stages[-1].result
    states, _, controls = layout.split(last.iterate.variables)
    momenta = momenta_from(geodesic, program, last.iterate.constraint_multipliers)
    parameters = program.transcription.parameter_values(stages[-1].values, mesh)
    momenta[0] = _first_momentum(geodesic, program, last, parameters)
    return SmoothPoint(
        weights=weights_from(geodesic, controls),
        representations=representations_from(geodesic, states),
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
    layer_steps: Float[np.ndarray, " L"],
    weights: Float[np.ndarray, "L w c"],
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


class _Key:
    """A geodesic that hashes by its digest, so that compiled programs can be kept between starts."""

    def __init__(self, geodesic: RepresentationGeodesic) -> None:
        self.geodesic = geodesic
        self._digest = geodesic.digest()

    def __hash__(self) -> int:
        return hash(self._digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other._digest == self._digest


@lru_cache(maxsize=4)
def smoothed_program(key: _Key, layers: int, scheme: str, solver: str, tolerance: float) -> Program:
    """The compiled smoothed problem; the layer steps are parameters of it, so one serves all steps."""
    transcription = METHODS[scheme].transcribe(smoothed_problem(key.geodesic), Mesh.uniform(layers))
    return Program(transcription, solver, tolerance, max_iterations=1000)


@lru_cache(maxsize=4)
def complementarity_program(key: _Key, layers: int, tolerance: float) -> Program:
    """The compiled complementarity form, for IPOPT."""
    transcription = METHODS["euler"].transcribe(complementarity_problem(key.geodesic), Mesh.uniform(layers))
    return Program(transcription, "ipopt", tolerance, max_iterations=500)


def program_key(geodesic: RepresentationGeodesic) -> _Key:
    return _Key(geodesic)


def _fitting(geodesic: RepresentationGeodesic, solver: str) -> str:
    """The general solver that takes this: a fixed endpoint is, to fatrop, a constraint of both ends at once."""
    return "ipopt" if geodesic.end.fixed or solver == "ipopt" else "fatrop"


def states_of(representations: Float[np.ndarray, "K w N"]) -> Float[np.ndarray, "K wN"]:
    """Sample after sample, as the program orders its states."""
    return representations.transpose(0, 2, 1).reshape(representations.shape[0], -1)


def controls_of(weights: Float[np.ndarray, "L w c"]) -> Float[np.ndarray, "L 1 wc"]:
    """Column after column, as the program orders its controls."""
    return weights.transpose(0, 2, 1).reshape(weights.shape[0], 1, -1)


def representations_from(geodesic: RepresentationGeodesic, states: Float[np.ndarray, "K wN"]) -> np.ndarray:
    return states.reshape(-1, geodesic.samples, geodesic.width).transpose(0, 2, 1).copy()


def weights_from(geodesic: RepresentationGeodesic, controls: Float[np.ndarray, "L points nu"]) -> np.ndarray:
    used = controls[:, :, : geodesic.width * geodesic.columns]
    return used.reshape(*used.shape[:2], geodesic.columns, geodesic.width).transpose(0, 1, 3, 2).copy()


def momenta_from(geodesic: RepresentationGeodesic, program: Program, multipliers: np.ndarray) -> np.ndarray:
    """B at the nodes of a program whose cost is J/λ: the multipliers of the defects; B_0 is left to the caller."""
    inner = multipliers[program.transcription.defects]
    layout: Layout = program.transcription.layout
    momenta = np.empty((layout.intervals + 1, geodesic.width, geodesic.samples))
    momenta[1:] = representations_from(geodesic, inner)
    momenta[0] = np.nan
    return momenta


def _first_momentum(
    geodesic: RepresentationGeodesic, program: Program, result: ProgramResult, values: Float[np.ndarray, " theta"]
) -> Float[np.ndarray, "w N"]:
    """B_0 = −∂(J/λ)/∂A_0: the constraints' part of the Lagrangian's gradient at A_0, which its bounds hold."""
    gradient = program.lagrangian_gradient(result.iterate.variables, values, result.iterate.constraint_multipliers)
    return np.asarray(-representations_from(geodesic, gradient[None, : program.transcription.layout.states])[0])
