"""The harvest of a fish stock from season to season: what is left in the sea is the same each year."""

import math
from typing import Any

from geodepth.control.model.problem import OptimalControlProblem, PathConstraint
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import BLACK, BLUE, RED, Figure, Sheet
from geodepth.control.solution.solution import Solution
from geodepth.control.transcription.multiple_shooting import MultipleShooting

SEASONS, FIRST, DISCOUNT = 25, 0.1, 0.95
GROWTH, CROWDING = 1.5, 2.0
"""Of Beverton and Holt's recruitment a s/(1 + s/b), whose stock without a harvest tends to (a − 1) b = 1."""


def recruits(left: Any) -> Any:
    """The stock of the next season, from what was left in this one."""
    return GROWTH * left / (1 + left / CROWDING)


def escapement() -> float:
    """The stock to leave: one more fish left is worth one caught, a/(1 + s/b)² discounted by a season."""
    return CROWDING * (math.sqrt(DISCOUNT * GROWTH) - 1)


def optimum() -> float:
    """Nothing is caught until the stock is above the escapement, and then all that is; at the end, everything."""
    stock, kept, value = FIRST, escapement(), 0.0
    for season in range(SEASONS):
        caught = max(stock - kept, 0.0)
        value += DISCOUNT**season * caught
        stock = recruits(stock - caught)
    return value + DISCOUNT**SEASONS * stock


def next_stock(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """The recruits of what is not caught."""
    return [recruits(x[0] - u[0])]


def cost(x: Any, u: Any, t: Any, p: Any) -> Any:
    """The catch, discounted."""
    return -(DISCOUNT**t) * u[0]


def last(x: Any, t: Any, p: Any) -> Any:
    """The stock at the end is caught."""
    return -(DISCOUNT**t) * x[0]


def left(x: Any, u: Any, t: Any, p: Any) -> Any:
    """What stays in the sea: not less than nothing."""
    return x[0] - u[0]


def build() -> OptimalControlProblem:
    """State stock and control catch, over 25 seasons."""
    return OptimalControlProblem(
        name="fish-harvest",
        states=("stock",),
        controls=("catch",),
        x_next=next_stock,
        steps=SEASONS,
        running_cost=cost,
        terminal_cost=last,
        initial_state={"stock": FIRST},
        control_bounds={"catch": (0.0, math.inf)},
        path_constraints=[PathConstraint(left, lower=0.0, include_last=False)],
    )


def plot(solution: Solution) -> Figure:
    """The stock at the start of each season, what is left of it, and the catch."""
    sheet = Sheet(solution, f"Harvest of a fish stock: {-solution.cost:.8g}", rows=2, sharex=True)
    sheet.axes[0].plot(solution.times, solution.state("stock"), color=BLUE, marker="o", ms=3, label="stock")
    seasons, caught = solution.times[:-1], solution.control("catch")
    sheet.axes[0].plot(seasons, solution.state("stock")[:-1] - caught, color=RED, marker="o", ms=3, label="left")
    sheet.axes[0].axhline(escapement(), color=BLACK, lw=0.8, ls="--", label="escapement")
    sheet.axes[0].set_ylabel("stock")
    sheet.axes[1].bar(seasons, caught, color=RED, alpha=0.7)
    sheet.axes[1].set(xlabel="season", ylabel="catch")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="fish-harvest",
    title="Harvest of a fish stock",
    statement="x_{k+1} = 1.5 s/(1 + s/2), s = x_k − u_k ≥ 0, u ≥ 0, x_0 = 0.1; maximize Σ 0.95^k u_k + 0.95^25 x_25",
    source="constant escapement: Reed, Optimal escapement levels in stochastic and deterministic harvesting models, "
    "1979; recruitment of Beverton and Holt, 1957",
    reference=optimum(),
    reference_source="closed form; dynamic programming agrees",
    build=build,
    quantity="catch",
    plot=plot,
    units=dict.fromkeys(("time", "stock", "catch"), ""),
    method=MultipleShooting("map"),
    intervals=SEASONS,
    exact=optimum,
    sign=-1,
)
