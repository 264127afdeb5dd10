"""Goddard's rocket with a bound on its speed, which replaces much of the singular arc."""

from dataclasses import replace

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.problems.drawing import Figure
from geodepth.control.solution.solution import Solution

from . import goddard_rocket

FASTEST = 0.1


def build() -> OptimalControlProblem:
    """States h (height), v (speed), m (mass); control thrust; v ≤ 0.1.

    Full thrust, a singular arc, the bound, none. The costates ∂V/∂x at the start are minus OptimalControl.jl's
    (3.94576466, 0.15039560, 0.05371271), because that source maximizes.
    """
    return goddard_rocket.build("goddard-rocket-speed-bound", FASTEST)


def optimum() -> float:
    """The final height of the known sequence of arcs."""
    return goddard_rocket.arcs(FASTEST).final_height


def plot(solution: Solution) -> Figure:
    """As Goddard's rocket, with the bound on the speed."""
    return goddard_rocket.plot(solution, FASTEST)


PROBLEM = replace(
    goddard_rocket.PROBLEM,
    name="goddard-rocket-speed-bound",
    title="Goddard's rocket, v ≤ 0.1",
    statement=goddard_rocket.PROBLEM.statement.replace("0 ≤ T", "v ≤ 0.1, 0 ≤ T"),
    source="Seywald and Cliff, 1993; OptimalControl.jl",
    reference=1.012577,
    published="1.01257, final time 0.20204744 (OptimalControl.jl)",
    build=build,
    plot=plot,
    exact=optimum,
    accuracy=1e-6,
)
