"""Multiple shooting: a state at every node, a control on every interval, and the defect between them set to zero."""

from __future__ import annotations

from dataclasses import dataclass

from .assembly import transcribe
from .errors import ProblemError
from .integrators import Integrator, integrator
from .mesh import Mesh
from .problem import OptimalControlProblem
from .stage import Scheme
from .transcription import Transcription

_POINTS = {"constant": (0.0,), "linear": (0.0, 1.0)}


@dataclass(frozen=True, slots=True)
class MultipleShooting:
    """Direct multiple shooting (Bock and Plitt, 1984).

    integrator: "euler", "rk4", "gauss", "radau", "cvodes", or an integrator with stages and substeps of your choice:
    the map F across one interval.
    control: "constant" or "linear" on each interval; linear controls may jump between intervals.

    Single shooting is the limit of one interval, `Mesh.uniform(1)`, whose integrator takes many substeps; a control
    with more than two degrees of freedom is then a function of time with free parameters.

    State bounds hold at every node (and at the stages of implicit integrators), control bounds at every control point
    (so for linear controls throughout), path constraints at the start of every interval and at the end of the horizon
    (for linear controls that they contain, also at the end of every interval).
    """

    integrator: str | Integrator = "rk4"
    control: str = "constant"

    def __post_init__(self) -> None:
        integrator(self.integrator)
        if not isinstance(self.control, str) or self.control not in _POINTS:
            raise ProblemError(f"control is {self.control!r}; choose one of {sorted(_POINTS)}")

    def scheme(self, problem: OptimalControlProblem) -> Scheme:
        """What happens on one interval."""
        step = integrator(self.integrator)
        # A control may jump between intervals, so what contains it is also asked for at the end of each.
        jumps = problem.functions.path_uses_control and self.control != "constant"
        return Scheme(
            name=f"multiple shooting, {step.name}",
            integrator=step,
            control_points=_POINTS[self.control],
            path_points=(0.0, 1.0) if jumps else (0.0,),
        )

    def transcribe(self, problem: OptimalControlProblem, mesh: Mesh) -> Transcription:
        return transcribe(problem, mesh, self.scheme(problem))
