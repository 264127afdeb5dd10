"""One start of the search: from weights, through the smoothing homotopy, to the exact ReLU.

1. Follow ε from its first to its last value, each time to a minimum of the smoothed problem (smoothed_solves.py).
2. Put the smoothed weights into the network with the real activation (`smoothed_outcome`).
3. Where the scheme is the network itself and the activation has kinks, resolve them (`on_kinks`, solve_exact.py).

The third step is only taken on our own structure, where it is as cheap as a step in ε. After another solver,
finish_by_relaxation.py does its work for the best starts alone.
"""

import time
from dataclasses import replace

import numpy as np

from geodepth.control.geodesics.certificate.geodesic_certificate import GeodesicCertificate
from geodepth.control.geodesics.statement.network_path import NetworkPath
from geodepth.control.geodesics.statement.shapes import Path, Weights
from geodepth.control.geodesics.transcribed.path_problem import PathProblem
from geodepth.control.geodesics.transcribed.smooth_point import SmoothPoint
from geodepth.control.geodesics.transcribed.smoothed_solves import smooth_minimum

from .outcome import Ended, StartOutcome
from .starts import Start


@np.errstate(over="ignore", invalid="ignore")  # a cost that is not finite is told as such
def run_start(problem: PathProblem, start: Start) -> Ended:
    """Solve from one start.

    Parameters
    ----------
    problem : PathProblem
        What every start of the search solves.
    start : Start
        The first weights, and the values of ε.

    Returns
    -------
    Ended
        Arithmetic that breaks down ends this start, with its reason, and not the search: its cost is infinite.
    """
    clock = time.thread_time()
    try:
        smoothings = [problem.geodesic.state_scale * smoothing for smoothing in start.smoothings]
        point = smooth_minimum(problem, start.weights, smoothings, start.loose)
        outcome = smoothed_outcome(problem, start.origin, point)
        if not start.loose and problem.has_exact_stage and problem.solver == "structured" and point.converged:
            outcome = on_kinks(problem, outcome, point)
        return Ended(replace(outcome, seconds=time.thread_time() - clock), point)
    except (ArithmeticError, np.linalg.LinAlgError, MemoryError) as error:
        return _broken(problem, start, f"It broke down ({type(error).__name__}: {error}).")


def _broken(problem: PathProblem, start: Start, reason: str) -> Ended:
    weights = start.weights[:, None]
    nothing = np.full((problem.steps.size + 1, problem.geodesic.width, problem.geodesic.samples), np.nan)
    certificate = GeodesicCertificate(np.inf, -np.inf, np.nan)
    outcome = StartOutcome(start.origin, weights, nothing, np.inf, certificate, converged=False, reason=reason)
    point = SmoothPoint(weights, nothing, nothing, np.inf, start.smoothings[0], converged=False, reason=reason)
    return Ended(outcome, point)


def smoothed_outcome(problem: PathProblem, origin: str, point: SmoothPoint) -> StartOutcome:
    """Put smoothed weights into the network with the real activation.

    Parameters
    ----------
    problem : PathProblem
        With the steps that the point was solved on.
    origin : str
        The start's name.
    point : SmoothPoint
        Where the smoothing homotopy ended.

    Returns
    -------
    StartOutcome
        Its cost is that of the real activation; with fixed ends, which a roll-out would miss, the smoothed one.
    """
    geodesic, steps, scheme = problem.geodesic, problem.steps, problem.discretization
    path = scheme.simulate(geodesic, steps, point.weights)
    cost = geodesic.fit(path[-1]) + scheme.penalty(geodesic, point.weights, steps)
    if geodesic.end.fixed:
        cost = point.cost
    momenta, residual = point.momenta, np.nan
    if scheme.is_network:
        network = rolled_out(problem, point.weights[:, 0], path, momenta)
        momenta, residual = network.momenta, network.stationarity
    # A problem without kinks, solved to its tolerance, leaves nothing to bracket.
    smooth = not geodesic.has_kinks and point.converged
    return StartOutcome(
        origin=origin,
        weights=point.weights,
        momenta=momenta,
        cost=cost if np.isfinite(cost) else np.inf,
        certificate=GeodesicCertificate(cost, cost if smooth else -np.inf, residual),
        converged=point.converged,
        reason=point.reason if point.converged else point.reason + geodesic.end.said_of(path[-1]),
        iterations=point.iterations,
    )


def rolled_out(problem: PathProblem, weights: Weights, path: Path, multipliers: Path) -> NetworkPath:
    """The network of these weights, with a solver's multipliers as momenta and B_0 by one adjoint step.

    Parameters
    ----------
    problem : PathProblem
        Whose scheme is the network itself.
    weights : (L, w, c)
        W_ℓ.
    path, multipliers : (L + 1, w, N)
        A_ℓ, and B_ℓ of which the first is not used.
    """
    momenta = multipliers.copy()
    momenta[0] = problem.geodesic.momenta(weights[:1], path[:2], problem.steps[:1], final=momenta[1])[0]
    return NetworkPath(problem.geodesic, problem.steps, weights, path, momenta)


def on_kinks(problem: PathProblem, outcome: StartOutcome, point: SmoothPoint, rises: int = 2) -> StartOutcome:
    """Carry an outcome to the exact ReLU's minimum next to a smoothed point.

    Parameters
    ----------
    problem : PathProblem
        Whose scheme is the network itself.
    outcome : StartOutcome
        What is known so far.
    point : SmoothPoint
        The smoothed minimum to start from.
    rises : int
        How often the search may go on from a larger ε, as `solve_exact` takes it.

    Returns
    -------
    StartOutcome
        The exact minimum with its certificate; where there is none, the same path, which has not converged.
    """
    # SciPy's linear algebra is most of what importing this package would cost, so it comes when it is needed.
    from geodepth.control.geodesics.exact_relu.solve_exact import solve_exact

    geodesic, steps, weights = problem.geodesic, problem.steps, point.weights[:, 0]
    exact = solve_exact(
        geodesic, steps, weights, point.momenta, point.representations, smoothing=point.smoothing, rises=rises
    )
    outcome = replace(outcome, iterations=outcome.iterations + exact.iterations, reason=exact.reason.value)
    if not exact.converged:
        # A minimum of the smoothed problem alone is none of the network's.
        reason = outcome.reason + geodesic.end.said_of(exact.representations[-1])
        return replace(outcome, converged=False, reason=reason)
    certificate = GeodesicCertificate(
        exact.cost, exact.lower, exact.clarke_residual, exact.kinks, exact.strongly_stationary, exact.strict_minimum
    )
    weights = exact.weights[:, None]
    return replace(outcome, weights=weights, momenta=exact.momenta, cost=exact.cost, certificate=certificate)
