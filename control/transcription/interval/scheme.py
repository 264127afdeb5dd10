"""What a method does on one interval of the horizon."""

from dataclasses import dataclass

from geodepth.control.transcription.integrators_by_name import Integrator


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
