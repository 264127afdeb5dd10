"""The problem that solvers of a path are given: a geodesic on its layer steps, by one scheme and one solver."""

from dataclasses import dataclass, replace

from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.statement.shapes import Steps
from geodepth.control.model.errors import CHECKS

from .schemes import SCHEMES, Scheme

SOLVERS = ("structured", "fatrop", "ipopt")


@dataclass(frozen=True, slots=True, eq=False)
class PathProblem:
    """A geodesic on its layer steps, by one scheme and one solver.

    Attributes
    ----------
    geodesic : RepresentationGeodesic
        Of width w and N samples.
    steps : (L,)
        The layer steps ρ_ℓ, which sum to 1.
    scheme : str
        One of "euler", "rk4", "gauss", "radau".
    solver : str
        One of "structured", "fatrop", "ipopt".
    tolerance : float
        Of the smoothed solves: KKT residual of the problem scaled by 1/λ.
    bracket : float
        Relative distance of upper and lower side at which the exact stage through IPOPT may stop.

    Raises
    ------
    ProblemError
        The scheme or the solver is unknown, or the geodesic's fixed end cannot be met.
    """

    geodesic: RepresentationGeodesic
    steps: Steps
    scheme: str = "euler"
    solver: str = "structured"
    tolerance: float = 1e-9
    bracket: float = 1e-7

    def __post_init__(self) -> None:
        self.geodesic.check_end()
        CHECKS.choice("scheme", self.scheme, tuple(SCHEMES))
        CHECKS.choice("solver", self.solver, SOLVERS)
        for name in ("tolerance", "bracket"):
            object.__setattr__(self, name, CHECKS.number(name, getattr(self, name), above=0.0, below=1.0))

    @property
    def discretization(self) -> Scheme:
        """The scheme as an object."""
        return SCHEMES[self.scheme]

    @property
    def has_continuous_kinks(self) -> bool:
        """Whether a continuous path of the exact ReLU is asked for: its kinks become nodes of the mesh."""
        return not self.discretization.is_network and self.geodesic.has_kinks

    @property
    def searched(self) -> "PathProblem":
        """The problem whose minima are searched: for a continuous path of the exact ReLU, the network of its steps."""
        if self.has_continuous_kinks and self.solver == "structured":
            return replace(self, scheme="euler")
        return self

    @property
    def has_exact_stage(self) -> bool:
        """Whether kinks are resolved: a linear activation has none, a continuous scheme meets them later."""
        return self.discretization.is_network and self.geodesic.has_kinks
