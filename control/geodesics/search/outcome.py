"""Where a start ended: on a path of the real network, and before that on a smoothed one."""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from geodepth.control.geodesics.certificate.geodesic_certificate import GeodesicCertificate
from geodepth.control.geodesics.statement.shapes import Path, PointWeights, Steps
from geodepth.control.geodesics.transcribed.smooth_point import SmoothPoint


class CarriedMesh(Protocol):
    """The mesh that a path was carried to: its steps ρ_ℓ (L,), and what statistics keep of it."""

    @property
    def steps(self) -> Steps: ...

    def record(self) -> dict[str, Any]:
        """What is known of it, by name."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class StartOutcome:
    """A path of the real network, with its cost and certificate, and whether the start converged.

    Attributes
    ----------
    origin : str
        The start's name, as in `Start`.
    weights : (L, points, w, c)
        As the scheme holds them; one point for Euler.
    momenta : (L + 1, w, N)
        B_ℓ.
    cost : float
        J with the real activation; infinite where nothing came of the start.
    certificate : GeodesicCertificate
        What the start's own stages know of the path.
    converged : bool
        Whether this is a local minimum.
    reason : str
        How the start ended, as a sentence.
    iterations : int
        Newton steps of all stages.
    seconds : float
        Processor time of the start's own stages, in the thread that ran them, and of the relaxation where it ran.
    mesh : CarriedMesh, optional
        The mesh that it was carried to; None for the problem's own steps.
    """

    origin: str
    weights: PointWeights
    momenta: Path
    cost: float
    certificate: GeodesicCertificate
    converged: bool
    reason: str
    iterations: int = 0
    seconds: float = 0.0
    mesh: CarriedMesh | None = None


class Ended(NamedTuple):
    """A start's outcome, the smoothed point that it went through, and whether a journal knew both already."""

    outcome: StartOutcome
    point: SmoothPoint
    resumed: bool = False
