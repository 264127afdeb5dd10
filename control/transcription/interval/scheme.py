"""What a method does on one interval of the horizon."""

from dataclasses import dataclass

import numpy as np

from geodepth.control.model.errors import ProblemError
from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.transcription.explicit_integrators import StatedMap
from geodepth.control.transcription.integrators_by_name import Integrator
from geodepth.control.transcription.mesh import ROUNDOFF, Mesh


@dataclass(frozen=True, slots=True)
class Scheme:
    """How an interval is discretized.

    Attributes
    ----------
    name : str
        The method's, for statistics.
    integrator : Integrator
        What carries the state across.
    control_points : tuple of float
        The fractions where the interval's control polynomial is given.
    path_points : tuple of float
        The fractions at which path constraints are asked for.
    """

    name: str
    integrator: Integrator
    control_points: tuple[float, ...]
    path_points: tuple[float, ...]


def check_suits(problem: OptimalControlProblem, mesh: Mesh, scheme: Scheme) -> None:
    """Raise ProblemError unless a rate is integrated, or x_next applied, on one interval for each of its steps."""
    if isinstance(scheme.integrator, StatedMap) != (problem.x_next is not None):
        stated, other = ("dynamics", "MultipleShooting()")
        if problem.x_next is not None:
            stated, other = ("x_next, which nothing integrates", "MultipleShooting('map')")
        raise ProblemError(
            f"method is {scheme.name}, and {problem.name!r} states {stated}; choose {other}, or leave method out"
        )
    if problem.steps is None:
        return
    if len(scheme.control_points) > 1:
        raise ProblemError("control is 'linear', and a step of x_next has one control; choose control='constant'")
    if mesh.intervals != problem.steps or mesh.movable or np.ptp(mesh.steps) > ROUNDOFF:
        raise ProblemError(
            f"mesh is {mesh}, and {problem.name!r} takes {problem.steps} steps, an interval each; leave mesh out, or "
            f"give Mesh.uniform({problem.steps})"
        )
