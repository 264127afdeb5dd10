"""A batch reactor A → B → C: the rates of both reactions and what has become of A are algebraic variables."""

from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import BLUE, GREEN, ORANGE, Figure, Sheet
from geodepth.control.solution.solution import Solution
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.multiple_shooting import MultipleShooting

FACTORS, ENERGIES = (4000.0, 620000.0), (2500.0, 5000.0)
"""Of Arrhenius' laws: factors of frequency, and activation energies over the gas constant (K)."""
COLDEST, HOTTEST = 298.0, 398.0
"""Kelvin."""


def dynamics(x: Any, z: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """The first reaction takes A, and the second takes B."""
    return [-z[0], z[0] - z[1]]


def balances(x: Any, z: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """The first reaction is of second order and the second of first order; A, B and C are one mole together."""
    constants = [factor * ca.exp(-energy / u[0]) for factor, energy in zip(FACTORS, ENERGIES, strict=True)]
    return [z[0] - constants[0] * x[0] ** 2, z[1] - constants[1] * x[1], x[0] + x[1] + z[2] - 1]


def yielded(x: Any, t: Any, p: Any) -> Any:
    """m = −B."""
    return -x[1]


def build() -> OptimalControlProblem:
    """States A and B (mol); algebraic variables first and second (mol/h) and C (mol); control temperature (K)."""
    return OptimalControlProblem(
        name="batch-reactor",
        states=("A", "B"),
        controls=("temperature",),
        algebraic=("first", "second", "C"),
        dynamics=dynamics,
        algebraic_equations=balances,
        terminal_cost=yielded,
        initial_state={"A": 1.0, "B": 0.0},
        control_bounds={"temperature": (COLDEST, HOTTEST)},
    )


def graded(intervals: int) -> Mesh:
    """Shorter towards the start, where the temperature leaves its bound steeply."""
    return Mesh(np.linspace(0.0, 1.0, intervals + 1) ** 2)


def plot(solution: Solution) -> Figure:
    """What is in the reactor, the rates, and the temperature."""
    sheet = Sheet(solution, f"Batch reactor: yield {-solution.cost:.8g} mol", rows=3, sharex=True, size=(7, 6.5))
    for name, colour in (("A", BLUE), ("B", GREEN)):
        sheet.state(0, name, colour, name)
    times, (first, second, rest) = sheet.path.times, sheet.path.algebraic.T
    sheet.axes[0].plot(times, rest, color=ORANGE, label="C")
    sheet.axes[0].set_ylabel("amount (mol)")
    sheet.axes[1].plot(times, first, color=BLUE, label="A → B")
    sheet.axes[1].plot(times, second, color=ORANGE, label="B → C")
    sheet.axes[1].set(ylabel="rate (mol/h)", yscale="log")
    sheet.control(2, "temperature", xlabel="time (h)", ylabel="temperature (K)")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="batch-reactor",
    title="Batch reactor",
    statement="A' = −r1, B' = r1 − r2, 0 = r1 − 4000 exp(−2500/T) A², 0 = r2 − 620000 exp(−5000/T) B, "
    "0 = A + B + C − 1; 298 ≤ T ≤ 398; (1, 0), 1 h; maximize B",
    source="Renfro, Morshedi and Osbjornsen, Simultaneous optimization and solution of systems described by "
    "differential/algebraic equations, 1987; PROPT and DYNOPT, batch reactor",
    reference=0.61080292,
    reference_source="Pontryagin's equations by shooting",
    published="0.610799 (PROPT, 30 points)",
    build=build,
    quantity="yield",
    plot=plot,
    units={"time": "h", "A": "mol", "B": "mol", "first": "mol/h", "second": "mol/h", "C": "mol", "temperature": "K"},
    unit="mol",
    guess={"temperature": 350.0},
    method=MultipleShooting("radau", control="linear"),
    mesher=graded,
    intervals=80,
    sign=-1,
)
