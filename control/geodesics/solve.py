"""solve_geodesic: many starts through the smoothing homotopy, then the exact stage on the best of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ControlError, ProblemError
from ..multistart import run_all
from .certificate import GeodesicCertificate, stationarity_residual
from .exact import exact_minimum
from .landscape import StartOutcome, distinct_minima
from .problem import RepresentationGeodesic, check_layer_steps
from .smooth import SCHEMES, SmoothPoint, simulate, smooth_minimum
from .solution import GeodesicSolution
from .structured_homotopy import SMOOTHINGS
from .structured_starts import initial_weights

if TYPE_CHECKING:
    from jaxtyping import Float

SOLVERS = ("structured", "fatrop", "ipopt")


class GeodesicError(ControlError, RuntimeError):
    """No start led to a path of finite cost; the message says what to try."""


@dataclass(frozen=True, slots=True, eq=False)
class _Start:
    """One task: where to start, and along which ε."""

    origin: str
    weights: Float[np.ndarray, "L w c"]
    smoothings: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """A path that could be the answer: its exact cost `upper`, and the lower side of its bracket if it has one."""

    origin: str
    weights: Float[np.ndarray, "L points w c"]
    momenta: Float[np.ndarray, "L+1 w N"] | None
    upper: float
    lower: float


def solve_geodesic(
    geodesic: RepresentationGeodesic,
    layers: int = 20,
    layer_steps: Float[np.ndarray, " L"] | None = None,
    scheme: str = "euler",
    starts: int = 32,
    seed: int = 0,
    warm_starts: Sequence[Float[np.ndarray, "L w c"]] = (),
    executor: Executor | None = None,
    progress: bool = True,
    solver: str = "structured",
    tolerance: float = 1e-9,
    exact_candidates: int = 2,
    bracket: float = 1e-7,
) -> GeodesicSolution:
    """The minimum-norm path of the data: smoothing homotopy from every start, exact ReLU from the best of them.

    layers L with equal steps, or layer_steps (L,) of your own; scheme "euler" is the L-layer network itself, "rk4"
    approximates the continuous path with weights linear in p on each interval. warm_starts: weights (L, w, columns) of
    trained networks, say; the answer is never worse than any of them. The exact stage (Euler and ReLU) runs on the
    `exact_candidates` best distinct minima until its relative bracket is below `bracket`. solver: of the smoothed
    problem; "structured" is our own (Euler; otherwise fatrop or, for fixed ends, ipopt solves).

    With fixed ends the cost is the penalty alone, and `fit` tells by how much the exact network misses the targets.
    The same seed gives the same starts over any executor. Raises ProblemError for arguments that cannot be used, and
    GeodesicError when no start and no warm start leads to a path of finite cost.
    """
    steps = check_layer_steps(geodesic, layers, layer_steps)
    given = _check_arguments(geodesic, steps, scheme, solver, starts, warm_starts)
    clock = time.perf_counter()
    tasks = [_Start(f"warm start {i}", weights, SMOOTHINGS[-2:]) for i, weights in enumerate(given)]
    for i in range(starts):
        weights = initial_weights(geodesic, steps, np.random.default_rng([seed, i]))
        tasks.append(_Start(f"start {i}", weights, SMOOTHINGS))
    run = partial(_run_start, geodesic, steps, scheme, solver, tolerance)
    ended = {task.origin: pair for task, pair in run_all(run, tasks, executor, progress, "starts")}
    points = {task.origin: ended[task.origin][0] for task in tasks}
    outcomes = [ended[task.origin][1] for task in tasks]
    minima = distinct_minima(geodesic, steps, outcomes)

    candidates = [
        _Candidate(o.origin, o.weights, points[o.origin].momenta, o.cost, -np.inf)
        for o in outcomes
        if np.isfinite(o.cost)
    ]
    if scheme == "euler" and geodesic.endpoint == "penalized":
        candidates += [
            _Candidate(f"warm start {i}, as given", w[:, None], None, geodesic.objective(w, steps), -np.inf)
            for i, w in enumerate(given)
        ]
    if scheme == "euler" and geodesic.activation == "relu":
        wanted = [m.found_by[0] for m in minima[:exact_candidates]]
        finish = partial(_run_exact, geodesic, steps, bracket)
        exact = run_all(finish, [(name, points[name]) for name in wanted], executor, progress, "exact ReLU")
        found = [candidate for _, candidate in exact]
        # With fixed ends the smoothed costs belong to another problem: they are no upper sides of the exact one.
        candidates = found if found and geodesic.endpoint == "fixed" else [*candidates, *found]
    if not candidates:
        raise GeodesicError(
            f"none of {len(tasks)} starts led to a path of finite cost ({outcomes[0].reason if outcomes else 'none'}); "
            "raise weight_decay, take more layers, or give warm_starts"
        )
    # Of costs that are equal to within the bracket, the one with the highest lower side is worth most.
    least = min(c.upper for c in candidates)
    best = max((c for c in candidates if c.upper <= least * (1 + bracket)), key=lambda c: c.lower)
    return _assemble(
        geodesic,
        steps,
        scheme,
        best,
        minima,
        {
            "solver": solver,
            "starts": starts,
            "warm_starts": len(given),
            "failed_starts": sum(not o.converged for o in outcomes),
            "seed": seed,
            "iterations": sum(o.iterations for o in outcomes),
            "start_costs": {o.origin: o.cost for o in outcomes},
            "seconds": time.perf_counter() - clock,
        },
    )


def _check_arguments(
    geodesic: RepresentationGeodesic,
    steps: Float[np.ndarray, " L"],
    scheme: str,
    solver: str,
    starts: int,
    warm_starts: Sequence[Float[np.ndarray, "L w c"]],
) -> list[np.ndarray]:
    if scheme not in SCHEMES:
        raise ProblemError(f"scheme is {scheme!r}; choose one of {list(SCHEMES)}")
    if solver not in SOLVERS:
        raise ProblemError(f"solver is {solver!r}; choose one of {list(SOLVERS)}")
    if isinstance(starts, bool) or not isinstance(starts, int | np.integer) or starts < 0:
        raise ProblemError(f"starts is {starts!r}; give a whole number of at least 0")
    if starts == 0 and len(warm_starts) == 0:
        raise ProblemError("starts is 0 and warm_starts is empty; give at least one start")
    shape = (steps.size, geodesic.width, geodesic.columns)
    given = [np.array(weights, dtype=float) for weights in warm_starts]
    for i, weights in enumerate(given):
        if weights.shape != shape or not np.all(np.isfinite(weights)):
            raise ProblemError(f"warm_starts[{i}] has shape {weights.shape}; give finite weights of shape {shape}")
    return given


def _run_start(
    geodesic: RepresentationGeodesic,
    steps: Float[np.ndarray, " L"],
    scheme: str,
    solver: str,
    tolerance: float,
    start: _Start,
) -> tuple[SmoothPoint, StartOutcome]:
    point = smooth_minimum(geodesic, steps, start.weights, start.smoothings, scheme, solver, tolerance)
    cost = _exact_cost(geodesic, steps, scheme, point)
    outcome = StartOutcome(
        origin=start.origin,
        weights=point.weights,
        cost=cost if np.isfinite(cost) else np.inf,
        converged=point.converged,
        iterations=point.iterations,
        seconds=point.seconds,
        reason=point.reason,
    )
    return point, outcome


def _exact_cost(
    geodesic: RepresentationGeodesic, steps: Float[np.ndarray, " L"], scheme: str, point: SmoothPoint
) -> float:
    """J of these weights with the real activation; with fixed ends, which a roll-out would miss, of the path itself."""
    if geodesic.endpoint == "fixed":
        return point.cost
    path = simulate(geodesic, steps, point.weights, scheme)
    return geodesic.fit(path[-1]) + geodesic.penalty(point.weights, steps)


def _run_exact(
    geodesic: RepresentationGeodesic,
    steps: Float[np.ndarray, " L"],
    bracket: float,
    start: tuple[str, SmoothPoint],
) -> _Candidate:
    origin, point = start
    exact = exact_minimum(geodesic, steps, point, bracket=bracket)
    return _Candidate(origin, exact.weights[:, None], exact.momenta, exact.upper, exact.lower)


def _assemble(
    geodesic: RepresentationGeodesic,
    steps: Float[np.ndarray, " L"],
    scheme: str,
    best: _Candidate,
    minima: Any,
    statistics: dict[str, Any],
) -> GeodesicSolution:
    path = simulate(geodesic, steps, best.weights, scheme)
    weights = best.weights.mean(axis=1)
    adjoint = geodesic.momenta(weights, path, steps)
    momenta = adjoint
    if best.momenta is not None:
        momenta = best.momenta.copy()
        momenta[0] = geodesic.momenta(weights[:1], path[:2], steps[:1], final=momenta[1])[0]
    penalty = geodesic.penalty(best.weights, steps)
    # A smooth problem solved to its tolerance has nothing left to bracket.
    lower = best.upper if geodesic.activation == "linear" else best.lower
    return GeodesicSolution(
        geodesic=geodesic,
        scheme=scheme,
        cost=best.upper,
        fit=geodesic.fit(path[-1]),
        parameter_norm=penalty / (geodesic.weight_decay * geodesic.penalty_scale),
        representations=path,
        weights=weights,
        weight_values=best.weights,
        momenta=momenta,
        layer_steps=steps,
        minima=minima,
        certificate=GeodesicCertificate(
            upper=best.upper,
            lower=lower,
            stationarity=stationarity_residual(geodesic, weights, path, momenta) if scheme == "euler" else np.nan,
        ),
        origin=best.origin,
        statistics=statistics,
    )
