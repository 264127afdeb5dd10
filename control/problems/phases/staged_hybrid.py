"""A hybrid system of three stages: each has its own dynamics, and when one follows the other is sought."""

from collections.abc import Callable
from typing import Any

import casadi as ca

from geodepth.control.model.phases.links import Link
from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.model.problem import FreeTime, OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import BLACK, BLUE, GREEN, Figure, Sheet
from geodepth.control.solution.phases.multi_phase_solution import MultiPhaseSolution
from geodepth.control.transcription.direct_collocation import DirectCollocation

START, GOAL, END = (2.0, 3.0), (1.0, -1.0), 3.0
"""Where it begins, what it is drawn to, and when it ends."""


def first(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """x1 grows and x2 decays."""
    return [x[0] + u[0] * ca.sin(x[0]), -x[1] - u[0] * ca.cos(x[1])]


def second(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """The states turn around zero."""
    return [x[1] + u[0] * ca.sin(x[1]), -x[0] - u[0] * ca.cos(x[0])]


def third(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """x1 decays and x2 grows."""
    return [-x[0] - u[0] * ca.sin(x[0]), x[1] + u[0] * ca.cos(x[1])]


STAGES: dict[str, Callable[..., list[Any]]] = {"first": first, "second": second, "third": third}


def distance(x: Any) -> Any:
    """Half of its square, from the goal."""
    return ((x[0] - GOAL[0]) ** 2 + (x[1] - GOAL[1]) ** 2) / 2


def cost(x: Any, u: Any, t: Any, p: Any) -> Any:
    """l = (|x − goal|² + u²)/2."""
    return distance(x) + u[0] ** 2 / 2


def at_the_end(x: Any, t: Any, p: Any) -> Any:
    """m = |x − goal|²/2."""
    return distance(x)


def build() -> MultiPhaseProblem:
    """States x1, x2 and control u in all stages, which end at a time sought and at t = 3."""
    common: dict[str, Any] = {"states": ("x1", "x2"), "controls": ("u",), "running_cost": cost}
    # A stage may not end before it begins; one that is not wanted would have no length.
    times: list[Any] = [0.0, FreeTime(0.5, 0.0, END), FreeTime(1.5, 0.0, END), END]
    phases = [
        OptimalControlProblem(
            name=name,
            dynamics=dynamics,
            initial_state=dict(zip(("x1", "x2"), START, strict=True)) if name == "first" else None,
            terminal_cost=at_the_end if name == "third" else None,
            initial_time=times[i],
            final_time=times[i + 1],
            **common,
        )
        for i, (name, dynamics) in enumerate(STAGES.items())
    ]
    return MultiPhaseProblem("staged-hybrid", phases, (Link("first", "second"), Link("second", "third")))


def plot(solution: MultiPhaseSolution) -> Figure:
    """The path in the plane, the states and the control, with a line where one stage follows another."""
    sheet = Sheet(solution, f"Hybrid system of three stages: cost {solution.cost:.8g}", layout="AB;AC", size=(9, 4.5))
    for (name, _), path, colour in zip(STAGES.items(), sheet.paths, (BLUE, BLACK, GREEN), strict=True):
        sheet.axes[0].plot(path.states[:, 0], path.states[:, 1], color=colour, label=f"{name} stage")
    sheet.axes[0].plot(*GOAL, "x", color=BLACK, label="goal")
    sheet.axes[0].set(xlabel="x1", ylabel="x2")
    sheet.state(1, "x1", BLUE, "x1")
    sheet.state(1, "x2", GREEN, "x2", xlabel="time", ylabel="state")
    sheet.control(2, "u", xlabel="time", ylabel="control u")
    for axis in sheet.axes[1:]:
        for link in solution.links:
            axis.axvline(link.time, color=BLACK, lw=0.8, ls=":")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="staged-hybrid",
    title="Hybrid system of three stages",
    statement="x' = (x1 + u sin x1, −x2 − u cos x2), then (x2 + u sin x2, −x1 − u cos x1), then (−x1 − u sin x1, "
    "x2 + u cos x2); from (2, 3), T = 3, switching times free; minimize ½|x(T) − (1, −1)|² + ½∫|x − (1, −1)|² + u²",
    source="Xu and Antsaklis, Optimal control of switched systems based on parameterization of the switching instants, "
    "2004",
    reference=5.4409735024,
    reference_source="Pontryagin's equations with H continuous where stages meet, by SciPy's solve_bvp",
    published="switches at 0.2262 and 1.0176",
    build=build,
    plot=plot,
    units={"time": "", "x1": "", "x2": "", "u": ""},
    method=DirectCollocation("radau", 3),
    intervals=20,
    tolerance=1e-10,
    solvers=("ipopt",),
)
