"""Multiple shooting: a state at every node, a control on every interval, and the defect between them set to zero."""

from __future__ import annotations

from dataclasses import dataclass

from geodepth.control.model.errors import ProblemError
from geodepth.control.model.problem import OptimalControlProblem

from .assembly import transcribe
from .explicit_integrators import Integrator, integrator
from .implicit_integrators import ImplicitRungeKutta
from .interval_function import Scheme
from .layout import Transcription
from .mesh import Mesh

_POINTS = {"constant": (0.0,), "linear": (0.0, 1.0)}


@dataclass(frozen=True, slots=True)
class MultipleShooting:
    """Direct multiple shooting (Bock and Plitt, 1984).

    integrator: "euler", "rk4", "gauss", "radau", "cvodes", or an integrator with stages and substeps of your choice:
    the map F across one interval.
    control: "constant" or "linear" on each interval, or "stages": the polynomial through its values at the stages of an
    implicit integrator, as in collocation. Controls may jump between intervals.

    condensed: single shooting. The solver sees the first state and the controls alone, the other states are simulated
    from them; explicit integrators only. The same optimum and the same Solution, by a small dense program: for few
    intervals and tame dynamics, since what is unstable cannot be held at nodes.

    State bounds hold at every node (and at the stages of implicit integrators), control bounds at every control point
    (so for linear controls throughout), path constraints at the start of every interval and at the end of the horizon
    (for linear controls that they contain, also at the end of every interval). Linear controls follow a bound that
    moves with the state to the square of an interval only; with controls at the stages, path constraints hold there.
    """

    integrator: str | Integrator = "rk4"
    control: str = "constant"
    condensed: bool = False

    def __post_init__(self) -> None:
        step = integrator(self.integrator)
        if not isinstance(self.control, str) or self.control not in (*_POINTS, "stages"):
            raise ProblemError(f"control is {self.control!r}; choose one of {sorted((*_POINTS, 'stages'))}")
        if self.control == "stages" and not (isinstance(step, ImplicitRungeKutta) and step.substeps == 1):
            raise ProblemError(
                f"control is 'stages', which {step.name} does not have as variables of one step; "
                "choose integrator='radau' or 'gauss' without substeps"
            )

        if not isinstance(self.condensed, bool):
            raise ProblemError(f"condensed is {self.condensed!r}; give True or False")
        if self.condensed and isinstance(step, ImplicitRungeKutta):
            raise ProblemError(f"condensed is True, and {step.name} has states at its stages; choose integrator='rk4'")

    def scheme(self, problem: OptimalControlProblem) -> Scheme:
        """What happens on one interval."""
        step = integrator(self.integrator)
        name = f"{'single' if self.condensed else 'multiple'} shooting, {step.name}"
        if self.control == "stages":
            assert isinstance(step, ImplicitRungeKutta)
            return Scheme(name, step, step.nodes, step.nodes)
        # A control may jump between intervals, so what contains it is also asked for at the end of each.
        jumps = problem.functions.path_uses_control and self.control != "constant"
        return Scheme(
            name=name,
            integrator=step,
            control_points=_POINTS[self.control],
            path_points=(0.0, 1.0) if jumps else (0.0,),
        )

    def transcribe(self, problem: OptimalControlProblem, mesh: Mesh) -> Transcription:
        return transcribe(problem, mesh, self.scheme(problem), self.condensed)
