"""Direct collocation: states and controls at every collocation point of every interval."""

from dataclasses import dataclass

from geodepth.control.model.errors import CHECKS
from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.transcription.interval.scheme import Scheme

from .assembly import transcribe
from .implicit_integrators import MOST_STAGES, gauss_legendre, radau_iia
from .mesh import Mesh
from .transcription import Transcription

_FAMILIES = {"radau": radau_iia, "gauss": gauss_legendre}


@dataclass(frozen=True, slots=True)
class DirectCollocation:
    """Direct collocation: states are polynomials on every interval that satisfy the dynamics at collocation points.

    Attributes
    ----------
    points : str, default "radau"
        "radau" (the end of an interval is a collocation point) or "gauss" (all points inside).
    order : int, default 3
        How many collocation points an interval has, 1 to 9: the degree of the states; controls have one less.
    control : str, default "stages"
        "stages", or "constant" for one value on each interval, whose states are collocated all the same.

    Raises
    ------
    ProblemError
        At construction, for a choice that does not exist.

    Notes
    -----
    For smooth solutions states, costates and cost at the nodes converge at the order 2·order − 1 (Radau) and 2·order
    (Gauss): method and adjoint are a symplectic pair (Bonnans and Laurent-Varin, Numer. Math. 103, 2006).
    On a singular arc the cost hardly sees the control, and one that is free at every point chatters: a constant one
    does not.
    State bounds hold at nodes and collocation points; control bounds and path constraints at collocation points, path
    constraints without a control also at the end of the horizon.
    Source: Hargraves and Paris (1987); Kameswaran and Biegler (2008).
    """

    points: str = "radau"
    order: int = 3
    control: str = "stages"

    def __post_init__(self) -> None:
        CHECKS.choice("points", self.points, sorted(_FAMILIES))
        CHECKS.count("order", self.order, 1, MOST_STAGES)
        CHECKS.choice("control", self.control, ("stages", "constant"))

    def scheme(self, problem: OptimalControlProblem) -> Scheme:
        """What happens on one interval."""
        step = _FAMILIES[self.points](self.order)
        controls = step.nodes if self.control == "stages" else (0.0,)
        return Scheme(f"direct collocation, {step.name}", step, controls, step.nodes)

    def transcribe(self, problem: OptimalControlProblem, mesh: Mesh) -> Transcription:
        """The problem on this mesh as a nonlinear program."""
        return transcribe(problem, mesh, self.scheme(problem))
