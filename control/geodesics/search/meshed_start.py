"""A start carried to its own equidistributed mesh, after it has converged on the first one."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from geodepth.control.geodesics.continuum.direct_mesh import MeshedPoint, MeshGoal, on_equidistributed_mesh

from .one_start import smoothed_outcome
from .outcome import Ended, StartOutcome
from .settings import PathProblem


class Meshed(NamedTuple):
    """The outcome on the last mesh, and what is known of that mesh."""

    outcome: StartOutcome
    mesh: MeshedPoint


def carry_to_mesh(problem: PathProblem, goal: MeshGoal, ended: Ended) -> Meshed:
    """Move the nodes of a converged start until its error is spread evenly; the certificate has H's drift there."""
    mesh = on_equidistributed_mesh(
        problem.geodesic, problem.steps, problem.scheme, problem.solver, problem.tolerance, goal, ended.point
    )
    outcome = smoothed_outcome(replace(problem, steps=mesh.steps), ended.outcome.origin, mesh.point)
    certificate = replace(outcome.certificate, hamiltonian_drift=mesh.drift)
    return Meshed(replace(outcome, certificate=certificate), mesh)
