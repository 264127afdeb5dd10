"""Goddard's rocket once more, its known arcs as phases: full thrust, the singular arc in closed form, free flight."""

from typing import Any

import casadi as ca

from geodepth.control.model.phases.links import Link
from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.model.problem import BoundaryConstraint, FreeTime, OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.costs import negative_first_state
from geodepth.control.problems.drawing import BLUE, GREEN, ORANGE, Figure, Sheet
from geodepth.control.problems.singular.goddard_rocket import (
    DENSITY_DECAY,
    DRAG,
    EMPTY_MASS,
    EXHAUST,
    FULL_THRUST,
    dynamics,
    optimum,
)
from geodepth.control.solution.phases.multi_phase_solution import MultiPhaseSolution
from geodepth.control.transcription.direct_collocation import DirectCollocation

FIRST_SWITCH = FreeTime(0.025, 0.01, 0.04)
"""Full thrust crosses the surface of the singular arc a second time, at 0.057, from where the flight is lower."""


def _surface(x: Any) -> Any:
    """Zero on the singular arc: D (1 + v/c) − m/h²."""
    drag = DRAG * x[1] ** 2 * ca.exp(-DENSITY_DECAY * (x[0] - 1))
    return drag * (1 + x[1] / EXHAUST) - x[2] / x[0] ** 2


def _singular_thrust(x: Any) -> Any:
    """The thrust that keeps the surface at zero: its rate is linear in the thrust."""
    thrust, y = ca.SX.sym("thrust"), ca.SX.sym("y", 3)
    rate = ca.jtimes(_surface(y), y, ca.vertcat(*dynamics(y, thrust, 0, None)))
    slope = ca.jacobian(rate, thrust)
    law = ca.Function("law", [y], [-ca.substitute(rate, thrust, 0) / slope])
    return law(x)


def _with(thrust: Any) -> Any:
    """The dynamics under a thrust that depends on the states alone."""
    return lambda x, u, t, p: dynamics(x, [thrust(x)], t, p)


def build() -> MultiPhaseProblem:
    """States h, v, m in all phases; no controls: what is sought is when each phase ends."""
    bounds = {"h": (1.0, 2.0), "v": (0.0, 1.0), "m": (0.5, 1.5)}
    common: dict[str, Any] = {"states": ("h", "v", "m"), "controls": (), "state_bounds": bounds}
    boost = OptimalControlProblem(
        name="full thrust",
        dynamics=_with(lambda x: FULL_THRUST),
        initial_state={"h": 1.0, "v": 0.0, "m": 1.0},
        final_time=FIRST_SWITCH,
        **common,
    )
    singular = OptimalControlProblem(
        name="singular arc",
        dynamics=_with(_singular_thrust),
        boundary_constraints=[BoundaryConstraint(lambda x0, xf, t0, tf, p: _surface(x0), 0.0, 0.0)],
        final_state={"m": EMPTY_MASS},
        initial_time=FIRST_SWITCH,
        final_time=FreeTime(0.08, 0.03, 0.2),
        **common,
    )
    coast = OptimalControlProblem(
        name="free flight",
        dynamics=_with(lambda x: 0.0),
        terminal_cost=negative_first_state,
        initial_time=FreeTime(0.08, 0.03, 0.2),
        final_time=FreeTime(0.2, 0.1, 0.4),
        **common,
    )
    links = (Link("full thrust", "singular arc"), Link("singular arc", "free flight"))
    return MultiPhaseProblem("goddard-rocket-arcs", (boost, singular, coast), links)


def plot(solution: MultiPhaseSolution) -> Figure:
    """Altitude, speed and mass, with a line where one arc ends and the next begins."""
    sheet = Sheet(solution, f"Goddard's rocket by arcs: greatest height {-solution.cost:.10g}", rows=3, sharex=True)
    for path in sheet.paths:
        sheet.axes[0].plot(path.times, path.states[:, 0] - 1, color=BLUE)
    sheet.axes[0].set_ylabel("altitude h − 1 (earth radii)")
    sheet.state(1, "v", GREEN, ylabel="speed v")
    sheet.state(2, "m", ORANGE, xlabel="time", ylabel="mass m")
    for axis in sheet.axes:
        for link in solution.links:
            axis.axvline(link.time, color="black", lw=0.8, ls=":")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="goddard-rocket-arcs",
    title="Goddard's rocket by arcs",
    statement="h' = v, v' = (T − 310v²exp(−500(h − 1)))/m − 1/h², m' = −2T; three phases with T = 3.5, T such that "
    "D (1 + 2v) = m/h² stays, and T = 0; (1, 0, 1) → m = 0.6; maximize the final height",
    source="Goddard, 1919; COPS 3.0; the arcs: Bryson and Ho, section 8.4",
    reference=1.0128369183,
    reference_source="the known arcs, integrated to 1e-13",
    published="1.01283 (COPS, 400 intervals)",
    build=build,
    quantity="final height",
    plot=plot,
    units={"time": "", "h": "", "v": "", "m": ""},
    unit="earth radii",
    guess={
        "full thrust": {"h": (1.0, 1.001), "v": (0.0, 0.08), "m": (1.0, 0.8)},
        "singular arc": {"h": (1.001, 1.005), "v": (0.08, 0.12), "m": (0.8, EMPTY_MASS)},
        "free flight": {"h": (1.005, 1.012), "v": (0.12, 0.0), "m": EMPTY_MASS},
    },
    method=DirectCollocation("radau", 3),
    intervals=12,
    accuracy=1e-7,
    tolerance=1e-10,
    solvers=("ipopt",),
    exact=optimum,
    sign=-1,
)
