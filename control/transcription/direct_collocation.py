"""Direct collocation: states and controls at every collocation point of every interval."""

from __future__ import annotations

from dataclasses import dataclass

from geodepth.control.model.errors import ProblemError, check_count
from geodepth.control.model.problem import OptimalControlProblem

from .assembly import transcribe
from .implicit_integrators import MOST_STAGES, gauss_legendre, radau_iia
from .interval_function import Scheme
from .layout import Transcription
from .mesh import Mesh

_FAMILIES = {"radau": radau_iia, "gauss": gauss_legendre}


@dataclass(frozen=True, slots=True)
class DirectCollocation:
    """Direct collocation (Hargraves and Paris, 1987; Kameswaran and Biegler, 2008).

    points: "radau" (the end of an interval is a collocation point) or "gauss" (all points inside).
    order: how many collocation points an interval has, 1 to 9. States are polynomials of this degree, controls of one
    less. For smooth solutions states, costates and cost at the nodes converge at the order 2·order − 1 (Radau) and
    2·order (Gauss): method and adjoint are a symplectic pair (Bonnans and Laurent-Varin, Numer. Math. 103, 2006).

    control: "stages", or "constant" for one value an interval, whose states are collocated all the same. On a singular
    arc the cost hardly sees the control, and one that is free at every point chatters: a constant one does not.

    State bounds hold at nodes and collocation points; control bounds and path constraints at collocation points, path
    constraints without a control also at the end of the horizon.
    """

    points: str = "radau"
    order: int = 3
    control: str = "stages"

    def __post_init__(self) -> None:
        if not isinstance(self.points, str) or self.points not in _FAMILIES:
            raise ProblemError(f"points is {self.points!r}; choose one of {sorted(_FAMILIES)}")
        check_count("order", self.order, 1, MOST_STAGES)
        if not isinstance(self.control, str) or self.control not in ("stages", "constant"):
            raise ProblemError(f"control is {self.control!r}; choose 'stages' or 'constant'")

    def scheme(self, problem: OptimalControlProblem) -> Scheme:
        """What happens on one interval."""
        step = _FAMILIES[self.points](self.order)
        controls = step.nodes if self.control == "stages" else (0.0,)
        return Scheme(f"direct collocation, {step.name}", step, controls, step.nodes)

    def transcribe(self, problem: OptimalControlProblem, mesh: Mesh) -> Transcription:
        return transcribe(problem, mesh, self.scheme(problem))
