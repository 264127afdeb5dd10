"""The integrator that dips as deep as it may: down at full speed, along its bound, and up again."""

import math
from typing import Any

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import Figure, Sheet
from geodepth.control.solution.solution import Solution
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.multiple_shooting import MultipleShooting


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """x' = u."""
    return [u[0]]


def height(x: Any, u: Any, t: Any, p: Any) -> Any:
    """l = x."""
    return x[0]


def optimum() -> float:
    """Two triangles of height 1 and width 1."""
    return 1.0


def corners_at_nodes(intervals: int) -> Mesh:
    """Equal intervals, as many as asked for or a few more: the bound is met at a third of the way, and left at two."""
    return Mesh.uniform(3 * math.ceil(intervals / 3))


def build() -> OptimalControlProblem:
    """State x, at least zero, and control u, at most 1 either way."""
    return OptimalControlProblem(
        name="integrator-state-bound",
        states=("x",),
        controls=("u",),
        dynamics=dynamics,
        running_cost=height,
        initial_state={"x": 1.0},
        final_state={"x": 1.0},
        state_bounds={"x": (0.0, 5.0)},
        control_bounds={"u": (-1.0, 1.0)},
        final_time=3.0,
    )


def plot(solution: Solution) -> Figure:
    """Height and rate."""
    sheet = Sheet(solution, f"Integrator above its bound: {solution.cost:.8g}", rows=2, sharex=True)
    sheet.state(0, "x", ylabel="height x")
    sheet.control(1, "u", xlabel="time", ylabel="rate u")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="integrator-state-bound",
    title="Integrator above its bound",
    statement="x' = u, |u| ≤ 1, x ≥ 0; 1 → 1, T = 3; minimize ∫x",
    source="PSOPT's steps example",
    reference=optimum(),
    reference_source="closed form",
    published="1",
    build=build,
    plot=plot,
    units=dict.fromkeys(("time", "x", "u"), ""),
    method=MultipleShooting("radau", control="linear"),
    mesher=corners_at_nodes,
    intervals=120,
    tolerance=1e-10,
    exact=optimum,
)
