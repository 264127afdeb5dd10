"""Fishing that brings predators and prey to their balance: none, full effort, and a singular arc."""

from typing import Any

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import BLUE, GREEN, Figure, Sheet
from geodepth.control.solution.solution import Solution
from geodepth.control.transcription.multiple_shooting import MultipleShooting

CATCH_OF_PREY, CATCH_OF_PREDATORS = 0.4, 0.2


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """a' = a − ab − 0.4a u, b' = ab − b − 0.2b u."""
    met = x[0] * x[1]
    return [x[0] - met - CATCH_OF_PREY * x[0] * u[0], met - x[1] - CATCH_OF_PREDATORS * x[1] * u[0]]


def imbalance(x: Any, u: Any, t: Any, p: Any) -> Any:
    """l = (a − 1)² + (b − 1)²."""
    return (x[0] - 1) ** 2 + (x[1] - 1) ** 2


def build() -> OptimalControlProblem:
    """States prey and predators, control fishing, between none and all of the fleet."""
    return OptimalControlProblem(
        name="lotka-fishing",
        states=("prey", "predators"),
        controls=("fishing",),
        dynamics=dynamics,
        running_cost=imbalance,
        initial_state={"prey": 0.5, "predators": 0.7},
        control_bounds={"fishing": (0.0, 1.0)},
        final_time=12.0,
    )


def plot(solution: Solution) -> Figure:
    """Both populations, and the fishing."""
    sheet = Sheet(solution, f"Lotka's fishing: imbalance {solution.cost:.7g}", rows=2, sharex=True)
    sheet.state(0, "prey", BLUE, label="prey")
    sheet.state(0, "predators", GREEN, label="predators", ylabel="population")
    sheet.control(1, "fishing", xlabel="time", ylabel="fishing")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="lotka-fishing",
    title="Lotka and Volterra's fishing",
    statement="a' = a − ab − 0.4a u, b' = ab − b − 0.2b u, 0 ≤ u ≤ 1; (0.5, 0.7), T = 12; "
    "minimize ∫(a − 1)² + (b − 1)²",
    source="Sager, 2005; mintoc.de, relaxed",
    reference=1.34408,
    reference_source="mintoc.de; Radau collocation on 300 intervals agrees to all digits",
    published="1.34408 (mintoc.de)",
    build=build,
    quantity="imbalance",
    plot=plot,
    units=dict.fromkeys(("time", "prey", "predators", "fishing"), ""),
    guess={"fishing": 0.5, "prey": 1.0, "predators": 1.0},
    method=MultipleShooting("rk4", control="constant"),
    intervals=200,
    tolerance=1e-10,
    accuracy=1e-4,
)
