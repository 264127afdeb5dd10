"""Multiple shooting: a state at every node, a control on every interval, and the defect between them set to zero."""

from dataclasses import dataclass

from geodepth.control.model.errors import CHECKS, ProblemError
from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.transcription.interval.scheme import Scheme

from .assembly import transcribe
from .implicit_integrators import ImplicitRungeKutta
from .integrators_by_name import Integrator, integrator
from .mesh import Mesh
from .transcription import Transcription

_POINTS = {"constant": (0.0,), "linear": (0.0, 1.0)}


@dataclass(frozen=True, slots=True)
class MultipleShooting:
    """Direct multiple shooting, or single shooting with `condensed`.

    Attributes
    ----------
    integrator : str or Integrator, default "rk4"
        The map F across one interval: "euler", "rk4", "gauss", "radau", "cvodes", or an integrator with stages and
        substeps of your choice; "map" for the x_next of a problem in discrete time.
    control : str, default "constant"
        On each interval "constant", "linear", or "stages": the polynomial through its values at the stages of an
        implicit integrator, as in collocation. Controls may jump between intervals.
    condensed : bool, default False
        Single shooting: the solver sees the first state and the controls alone, and the other states are simulated
        from them; explicit integrators only. The same optimum and the same Solution, by a small dense program. For few
        intervals and tame dynamics, since what is unstable cannot be held at nodes.

    Raises
    ------
    ProblemError
        At construction, for choices that do not go together.

    Notes
    -----
    State bounds hold at every node (and at the stages of implicit integrators). Control bounds hold at every control
    point, so for linear controls throughout. Path constraints hold at the start of every interval and at the end of
    the horizon; for linear controls that they contain, also at the end of every interval; with controls at the stages,
    there. Linear controls follow a bound that moves with the state to the square of an interval only.
    Source: Bock and Plitt (1984).
    """

    integrator: str | Integrator = "rk4"
    control: str = "constant"
    condensed: bool = False

    def __post_init__(self) -> None:
        step = integrator(self.integrator)
        CHECKS.choice("control", self.control, sorted((*_POINTS, "stages")))
        if self.control == "stages" and not (isinstance(step, ImplicitRungeKutta) and step.substeps == 1):
            raise ProblemError(
                f"control is 'stages', which {step.name} does not have as variables of one step; "
                "choose integrator='radau' or 'gauss' without substeps"
            )
        CHECKS.flag("condensed", self.condensed)
        if self.condensed and step.fractions:
            raise ProblemError(f"condensed is True, and {step.name} has states at its stages; choose integrator='rk4'")

    def scheme(self, problem: OptimalControlProblem) -> Scheme:
        """What happens on one interval."""
        step = integrator(self.integrator)
        name = f"{'single' if self.condensed else 'multiple'} shooting, {step.name}"
        if self.control == "stages":
            return Scheme(name, step, step.fractions, step.fractions)
        # A control may jump between intervals, so what contains it is also asked for at the end of each.
        jumps = problem.functions.path_uses_control and self.control != "constant"
        return Scheme(
            name=name,
            integrator=step,
            control_points=_POINTS[self.control],
            path_points=(0.0, 1.0) if jumps else (0.0,),
        )

    def transcribe(self, problem: OptimalControlProblem, mesh: Mesh) -> Transcription:
        """The problem on this mesh as a nonlinear program."""
        return transcribe(problem, mesh, self.scheme(problem), self.condensed)
