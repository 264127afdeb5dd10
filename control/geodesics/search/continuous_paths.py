"""The best minima of a continuous scheme, carried to their own meshes once the search has found them.

1. With an exact ReLU: to its continuous path, with kinks as nodes (continuum/exact_path.py), as the scheme has it
   there; where kinks do not settle, to the scheme's smoothed minimum, and the certificate says what may be missing.
2. With a smooth activation: to an equidistributed mesh, if asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from geodepth.control.geodesics.certificate.exact_continuum import certificate_of, unresolved
from geodepth.control.geodesics.continuum.direct_mesh import MeshGoal, growth, on_equidistributed_mesh
from geodepth.control.geodesics.continuum.exact_path import exact_path
from geodepth.control.geodesics.continuum.indirect.extremal import Extremal
from geodepth.control.geodesics.continuum.scheme_on_kinks import SchemePath, scheme_on_kinks
from geodepth.control.geodesics.transcribed.path_problem import PathProblem
from geodepth.foundation.shapes import Float

from .minima import GeodesicMinimum
from .one_start import run_start, smoothed_outcome
from .outcome import Ended, StartOutcome
from .settings import SearchSettings
from .starts import Start
from .workers import Workers

LAST_SMOOTHING = 0.003
"""ε of the path that stands in where kinks do not settle, over the problem's `state_scale`: the search's last."""
NOT_REACHED = "The scheme's cost is not the extremal's to the tolerance on the largest mesh; raise most_layers."
MESHES = 8
"""On which a scheme is tried until its cost is the extremal's, at most; chosen by hand."""


@dataclass(frozen=True, slots=True, eq=False)
class KinkMesh:
    """The nodes of a scheme on the exact ReLU's path, kinks among them.

    Attributes
    ----------
    steps : (L,)
        Lengths of the intervals.
    extremal : Extremal
        The path.
    scheme_error : float
        |J of the scheme − J of the extremal|, relative.
    reached : bool
        Whether that is below the tolerance asked for, if any.
    """

    steps: Float[np.ndarray, " L"]
    extremal: Extremal
    scheme_error: float
    reached: bool

    def record(self) -> dict[str, Any]:
        """As a solution's statistics keep it."""
        path = self.extremal
        return {
            "crossings": sum(event.kind == "crossing" for event in path.crossings),
            "rests": len(path.rests),
            "extremal_intervals": path.positions.size - 1,
            "cost_change": path.cost_change,
            "drift": path.drift,
            "scheme_error": self.scheme_error,
            "reached": self.reached,
            "reason": "Equidistributed. Its nodes lie on the kinks." if self.reached else NOT_REACHED,
        }


def carry_best(
    settings: SearchSettings,
    asked: PathProblem,
    workers: Workers,
    ended: Sequence[Ended],
    minima: Sequence[GeodesicMinimum],
    others: Sequence[StartOutcome],
) -> list[StartOutcome]:
    """Carry the best minima to the continuous path that was asked for.

    Parameters
    ----------
    settings : SearchSettings
        Whose `mesh` is the goal, and whose problem was searched.
    asked : PathProblem
        That of the scheme which was asked for.
    workers : Workers
        Who does it.
    ended : sequence of Ended
        All starts, hops among them.
    minima : sequence of GeodesicMinimum
        Best first; the first start that found a minimum is carried on.
    others : sequence of StartOutcome
        Ends of starts that are paths of the searched problem, from which a continuous path of a ReLU is sought where no
        start converged.

    Returns
    -------
    list of StartOutcome
        Best first, each with the mesh that it was carried to; none where nothing is to be done.
    """
    firsts = [minimum.found_by[0] for minimum in minima]
    if asked.has_continuous_kinks:
        carry: Any = partial(carry_to_kinks, asked, settings.mesh)
        firsts = firsts or [outcome.origin for outcome in sorted(others, key=lambda outcome: outcome.cost)]
    elif settings.mesh is not None:
        carry = partial(carry_to_mesh, asked, settings.mesh)
    else:
        return []
    chosen = [e for e in ended if e.outcome.origin in firsts[: max(1, settings.exact_candidates)]]
    return sorted(workers.run(carry, chosen, "continuous paths"), key=lambda outcome: outcome.cost)


def carry_to_mesh(problem: PathProblem, goal: MeshGoal, ended: Ended) -> StartOutcome:
    """Move the nodes of a converged start until its error is spread evenly; the certificate has H's drift there."""
    mesh = on_equidistributed_mesh(problem, goal, ended.point)
    outcome = smoothed_outcome(replace(problem, steps=mesh.steps), ended.outcome.origin, mesh.point)
    return replace(outcome, certificate=replace(outcome.certificate, hamiltonian_drift=mesh.drift), mesh=mesh)


def carry_to_kinks(asked: PathProblem, goal: MeshGoal | None, ended: Ended) -> StartOutcome:
    """Resolve the kinks of a minimum, and put the scheme on the path; or say what may be missing of it."""
    outcome = ended.outcome
    # The scheme's own weights have several points an interval; a network's are their own mean.
    weights = outcome.weights.mean(axis=1)
    found = exact_path(asked.geodesic, asked.steps, weights)
    if found.extremal is None:
        start = Start(outcome.origin, weights, (LAST_SMOOTHING,))
        smoothed = run_start(asked, start).outcome
        return replace(smoothed, certificate=unresolved(smoothed.certificate, found))
    scheme, mesh = _on_mesh(asked, goal, found.extremal)
    return StartOutcome(
        origin=outcome.origin,
        weights=scheme.weights,
        momenta=scheme.momenta,
        cost=scheme.cost,
        certificate=certificate_of(found.extremal, scheme.cost),
        converged=True,
        reason=found.reason,
        iterations=outcome.iterations + found.extremal.iterations,
        seconds=outcome.seconds,
        mesh=mesh,
    )


def _on_mesh(asked: PathProblem, goal: MeshGoal | None, extremal: Extremal) -> tuple[SchemePath, KinkMesh]:
    """The scheme on as many intervals as it has, or as its tolerance asks for."""
    tolerance = None if goal is None else goal.tolerance
    intervals, scheme = asked.steps.size, asked.discretization
    for _ in range(MESHES):
        steps = asked.steps if goal is None and intervals == asked.steps.size else None
        path = scheme_on_kinks(scheme, extremal, intervals, steps)
        error = abs(path.cost - extremal.cost) / max(abs(extremal.cost), 1e-300)
        reached = tolerance is None or error <= tolerance
        if reached or tolerance is None or goal is None:
            break
        intervals = int(np.ceil(path.steps.size * growth(error / tolerance, scheme.order)))
        if intervals > goal.most_layers:
            break
    return path, KinkMesh(path.steps, extremal, error, reached)
