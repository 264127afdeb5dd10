"""From weights to a minimum of the smoothed problem, by our own Newton or through CasADi.

1. Take the ε that the problem is solved at, from large to small.
2. Euler by our own solver: the homotopy of newton/smoothing_homotopy.py, and nothing else.
3. Another scheme by our own solver: first the network of as many layers, whose minimum is close by, then CasADi there.
4. CasADi: roll the weights out, solve at the first ε, and each next ε from the last solution.
"""

import time
from collections.abc import Sequence

import numpy as np

from geodepth.control.geodesics.statement.activations import SMOOTHINGS, smoothing_schedule
from geodepth.control.geodesics.statement.array_layouts import stacked, unstacked
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.statement.shapes import Layer, Path, PointWeights, Weights
from geodepth.control.solvers.program import Program
from geodepth.control.solvers.status import ProgramResult, Status
from geodepth.control.solving.homotopy import follow
from geodepth.control.transcription.mesh import Mesh
from geodepth.foundation.shapes import Float

from .compiled_programs import smoothed_program
from .path_problem import PathProblem
from .smooth_point import SmoothPoint

LOOSE_TOLERANCE, LOOSE_ITERATIONS = 1e-4, 200
"""KKT residual, scaled by 1/λ, and iterations of a loose solve: costs are known to 1e-8, and minima apart by 3e-5."""


def smooth_minimum(
    problem: PathProblem, weights: Weights, smoothings: Sequence[float] = SMOOTHINGS, loose: bool = False
) -> SmoothPoint:
    """Follow ε through some values from a path rolled out from weights.

    Parameters
    ----------
    problem : PathProblem
        A linear activation has no ε to follow. Solver "structured" is our own, for Euler.
    weights : (L, w, c)
        The start, one matrix per interval.
    smoothings : sequence of float
        The ε of a ReLU, from large to small.
    loose : bool
        Whether our own solver may stop early: it is one of many solves of a search.
    """
    geodesic, structured = problem.geodesic, problem.solver == "structured"
    if structured and problem.discretization.is_network:
        return _structured(problem, weights, smoothings, loose)
    smoothings = smoothing_schedule(geodesic.activation_at(), smoothings)
    rolled = geodesic.propagate(weights, problem.steps, smoothings[0])
    if structured:
        # The network of as many layers has its minimum close by, and our own solver finds that in no time.
        network = _structured(problem, weights, smoothings)
        if network.converged:
            smoothings, weights, rolled = smoothings[-1:], network.weights[:, 0], network.representations
    return solve_smoothed(problem, rolled, weights[:, None], None, smoothings)


def solve_smoothed(
    problem: PathProblem,
    path: Path,
    weights: PointWeights,
    inner: Float[np.ndarray, "L s w N"] | None,
    smoothings: Sequence[float],
) -> SmoothPoint:
    """The smoothed problem by fatrop or IPOPT, along some ε.

    Parameters
    ----------
    problem : PathProblem
        Solver "structured" stands for fatrop.
    path : (L + 1, w, N)
        Where to start.
    weights : (L, points, w, c)
        At the scheme's points; one matrix per interval stands for all of them.
    inner : (L, points, w, N) or None
        States at a collocation's points; None puts them on the straight lines between the nodes.
    smoothings : sequence of float
        ε, from large to small.
    """
    geodesic, layer_steps = problem.geodesic, problem.steps
    program = smoothed_program(geodesic, layer_steps.size, problem.scheme, _fitting(problem), problem.tolerance)
    values = [{"smoothing": e} for e in smoothings]
    layout, mesh = program.transcription.layout, Mesh.from_steps(layer_steps)
    points = np.broadcast_to(weights, (layer_steps.size, layout.points, *weights.shape[2:]))
    none = np.zeros((layout.intervals + 1, 0))
    guess = layout.join(stacked(path), none, stacked(points), None if inner is None else stacked(inner))
    stages = follow(program, values, guess, mesh)
    last = stages[-1].result
    if last.status is Status.INTERRUPTED:
        raise KeyboardInterrupt
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
    problem: PathProblem, weights: Weights, smoothings: Sequence[float], loose: bool = False
) -> SmoothPoint:
    # SciPy's linear algebra is most of what importing this package would cost, so it comes when it is needed.
    from geodepth.control.geodesics.newton.smoothing_homotopy import solve_homotopy

    clock = time.perf_counter()
    given = (problem.geodesic, problem.steps, weights, smoothings)
    if loose:
        result = solve_homotopy(*given, LOOSE_TOLERANCE, max_iterations=LOOSE_ITERATIONS, retries=0)
    else:
        result = solve_homotopy(*given, problem.tolerance)
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


def _fitting(problem: PathProblem) -> str:
    """The general solver that takes this: a fixed endpoint is, to fatrop, a constraint of both ends at once."""
    return "ipopt" if problem.geodesic.end.fixed or problem.solver == "ipopt" else "fatrop"


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
