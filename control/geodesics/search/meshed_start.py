"""Starts carried to their own equidistributed meshes, after they have converged on the first one."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from geodepth.control.geodesics.continuum.direct_mesh import MeshGoal, on_equidistributed_mesh
from geodepth.control.geodesics.transcribed.path_problem import PathProblem

from .minima import GeodesicMinimum
from .one_start import smoothed_outcome
from .outcome import Ended, StartOutcome
from .settings import SearchSettings
from .workers import Workers


def carry_best_to_meshes(
    settings: SearchSettings, workers: Workers, ended: Sequence[Ended], minima: Sequence[GeodesicMinimum]
) -> list[StartOutcome]:
    """Carry the best minima to equidistributed meshes.

    Parameters
    ----------
    settings : SearchSettings
        Whose `mesh` is the goal; nothing is done where it is None.
    workers : Workers
        Who does it.
    ended : sequence of Ended
        All starts, hops among them.
    minima : sequence of GeodesicMinimum
        Best first; the first start that found a minimum is carried on.

    Returns
    -------
    list of StartOutcome
        Best first, each with the mesh that it was carried to.
    """
    if settings.mesh is None:
        return []
    firsts = [minimum.found_by[0] for minimum in minima[: max(1, settings.exact_candidates)]]
    chosen = [e for e in ended if e.outcome.origin in firsts]
    meshed = workers.run(partial(carry_to_mesh, settings.problem, settings.mesh), chosen, "meshes")
    return sorted(meshed, key=lambda outcome: outcome.cost)


def carry_to_mesh(problem: PathProblem, goal: MeshGoal, ended: Ended) -> StartOutcome:
    """Move the nodes of a converged start until its error is spread evenly; the certificate has H's drift there."""
    mesh = on_equidistributed_mesh(problem, goal, ended.point)
    outcome = smoothed_outcome(replace(problem, steps=mesh.steps), ended.outcome.origin, mesh.point)
    return replace(outcome, certificate=replace(outcome.certificate, hamiltonian_drift=mesh.drift), mesh=mesh)
