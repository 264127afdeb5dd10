"""The double integrator with the least energy whose force cannot jump: its rate is bounded, and is the control."""

from typing import Any

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import GREEN, Figure, Sheet
from geodepth.control.solution.solution import Solution
from geodepth.control.transcription.multiple_shooting import MultipleShooting


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """x' = v, v' = f, f' = u."""
    return [x[1], x[2], u[0]]


def energy(x: Any, u: Any, t: Any, p: Any) -> Any:
    """l = f²."""
    return x[2] ** 2


def optimum() -> float:
    """f = 4t until t = 3/8; then it falls linearly, by 4 · 87/169 a second, so that both ends are met: ∫f² = 24/13."""
    return 24 / 13


def build() -> OptimalControlProblem:
    """States x, v and force, control rate."""
    return OptimalControlProblem(
        name="double-integrator-rate-bound",
        states=("x", "v", "force"),
        controls=("rate",),
        dynamics=dynamics,
        running_cost=energy,
        initial_state={"x": 0.0, "v": 0.0, "force": 0.0},
        final_state={"x": 1.0, "v": 0.0},
        control_bounds={"rate": (-4.0, 4.0)},
        final_time=2.0,
    )


def plot(solution: Solution) -> Figure:
    """Position and speed, the force, and its rate."""
    sheet = Sheet(solution, f"Double integrator, bounded rate: {solution.cost:.8g}", rows=3, sharex=True)
    sheet.state(0, "x", label="position x")
    sheet.state(0, "v", GREEN, label="speed v", ylabel="motion")
    sheet.state(1, "force", ylabel="force")
    sheet.control(2, "rate", xlabel="time", ylabel="rate of the force")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="double-integrator-rate-bound",
    title="Double integrator, bounded rate of the force",
    statement="x'' = f, f' = u, |u| ≤ 4; (0, 0, 0) → (1, 0, ·), T = 2; minimize ∫f²",
    source="PSOPT's rate-constraint example",
    reference=optimum(),
    reference_source="closed form",
    published="1.846315 (PSOPT)",
    build=build,
    quantity="energy",
    plot=plot,
    units=dict.fromkeys(("time", "x", "v", "force", "rate"), ""),
    method=MultipleShooting("rk4", control="constant"),
    intervals=48,
    exact=optimum,
)
