"""Jackson's problem: catalyst mixing along a reactor four times as long, most of which is a singular arc."""

from dataclasses import replace

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.singular import catalyst_mixing
from geodepth.control.transcription.multiple_shooting import MultipleShooting

LENGTH = 4.0


def build() -> OptimalControlProblem:
    """Catalyst mixing's states x1, x2 and control u; "time" is the position along the reactor."""
    return replace(catalyst_mixing.build(), name="jackson", final_time=LENGTH)


PROBLEM = ClassicProblem(
    name="jackson",
    title="Jackson's problem",
    statement="x1' = u(10x2 − x1), x2' = u(x1 − 10x2) − (1 − u)x2, 0 ≤ u ≤ 1; (1, 0), T = 4; minimize x1 + x2 − 1",
    source="Jackson, 1968; Bocop",
    reference=catalyst_mixing.optimum(LENGTH),
    reference_source="closed form of its three arcs",
    published="−0.192011 (Bocop)",
    build=build,
    quantity="x1 + x2 − 1",
    plot=catalyst_mixing.plot,
    units={"time": "", "x1": "", "x2": "", "u": ""},
    guess={"u": 0.5},
    method=MultipleShooting("rk4", control="constant"),
    intervals=200,
    tolerance=1e-10,
    accuracy=1e-5,
)
