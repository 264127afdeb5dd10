"""Slacks in place of the running cost's kinks, on one interval: one wherever its quadrature sees a kink.

So the program is the one without slacks, stated otherwise: at its solution every slack is its kink. That needs
quadrature weights that are not negative.
"""

from typing import Any

import casadi as ca

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.transcription.cvodes import Cvodes
from geodepth.control.transcription.explicit_integrators import ExplicitRungeKutta
from geodepth.control.transcription.implicit_integrators import ImplicitRungeKutta

from .scheme import Scheme


class IntervalSlacks:
    """Hands out slacks to the integrator of one interval as it asks for the running cost.

    Attributes
    ----------
    rows : list of expressions
        What must not be negative.
    kinks : list of expressions
        What each slack stands for.
    """

    def __init__(self, problem: OptimalControlProblem, scheme: Scheme, slacks: Any) -> None:
        self.problem, self.scheme, self.slacks = problem, scheme, slacks
        self.rows: list[Any] = []
        self.kinks: list[Any] = []
        self._handed_out: dict[Any, Any] = {}

    @property
    def none(self) -> bool:
        """Whether the running cost is as it was stated."""
        return self.problem.functions.running_slacks is None or self.slacks.numel() == 0

    def running_cost(self, along: tuple[Any, Any, Any, Any], fraction: Any) -> Any:
        """The running cost at a fraction of the interval, of slacks where there are any."""
        lifted = self.problem.functions.running_slacks
        if lifted is None or self.none:
            return self.problem.functions.running_cost(*along)
        key = _occasion(self.problem, self.scheme, fraction, len(self._handed_out))
        if key not in self._handed_out:
            first, count = len(self._handed_out) * lifted.lower.size, lifted.lower.size
            self._handed_out[key] = self.slacks[first : first + count]
            # CVODES asks with symbols of its own, which what does not hold them must not see.
            state = along[0] if lifted.by_state else ca.DM.zeros(along[0].shape)
            at = (state, along[1], along[2] if lifted.by_time else 0.0, along[3])
            self.rows.append(lifted.rows(*at, self._handed_out[key]))
            self.kinks.append(lifted.kinks(*at))
        return lifted.value(*along, self._handed_out[key])


def slacks_needed(problem: OptimalControlProblem, scheme: Scheme) -> int:
    """How many slacks an interval needs; 0 where the method cannot have them."""
    lifted, step = problem.functions.running_slacks, scheme.integrator
    if lifted is None:
        return 0
    steady = not lifted.by_state and not lifted.by_time and len(scheme.control_points) == 1
    if isinstance(step, Cvodes):
        return lifted.lower.size if steady else 0
    weights = step.weights if isinstance(step, ExplicitRungeKutta | ImplicitRungeKutta) else ()
    if not all(weight >= 0 for weight in weights):
        return 0
    occasions: set[Any] = set()

    def asked(augmented: Any, fraction: Any) -> Any:
        for at in fraction if isinstance(fraction, tuple) else (fraction,):
            occasions.add(_occasion(problem, scheme, at, len(occasions)))
        return 0 * augmented

    states = len(problem.states)
    step.across(asked, ca.SX.zeros(states), [ca.SX.zeros(states) for _ in step.fractions], ca.SX(1), [])
    return len(occasions) * lifted.lower.size


def _occasion(problem: OptimalControlProblem, scheme: Scheme, fraction: Any, earlier: int) -> Any:
    """What tells one look at the kinks from another: where nothing in them differs, they share their slacks."""
    lifted = problem.functions.running_slacks
    assert lifted is not None
    if lifted.by_state:
        return earlier
    return fraction if lifted.by_time or len(scheme.control_points) > 1 else "all"
