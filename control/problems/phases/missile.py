"""A missile's bunt: low towards its target, then up, over, and down on it; low flight is a phase of its own."""

import math
from typing import Any

import casadi as ca

from geodepth.control.model.phases.links import Link
from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.model.problem import FreeTime, OptimalControlProblem, PathConstraint
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.costs import final_time
from geodepth.control.problems.drawing import BLACK, BLUE, GREEN, ORANGE, Figure, Sheet
from geodepth.control.solution.phases.multi_phase_solution import MultiPhaseSolution
from geodepth.control.transcription.direct_collocation import DirectCollocation

MASS, GRAVITY, AREA = 1005.0, 9.81, 0.3376
"""kg, m/s² and m²."""
TARGET, OPEN, CLEARANCE = 10000.0, 7500.0, 30.0
"""m: where the target is, up to where the ground is forbidden, and how high it has to fly until then."""


def forces(x: Any, u: Any) -> tuple[Any, Any]:
    """Drag and lift (N): both grow with the density of the air, and lift with the angle of attack."""
    speed, height, attack = x[1], x[3], u[1]
    pressure = (3.312e-9 * height**2 - 1.142e-4 * height + 1.224) * speed**2 * AREA / 2
    return pressure * (-1.9431 * attack**2 - 0.1499 * attack + 0.2359), pressure * 21.9 * attack


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """A point in the vertical plane, pushed along its body and lifted across its path."""
    (climb, speed), (thrust, attack), (drag, lift) = ca.vertsplit(x)[:2], ca.vertsplit(u), forces(x, u)
    along = ((thrust - drag) * ca.cos(attack) - lift * ca.sin(attack)) / MASS
    across = ((thrust - drag) * ca.sin(attack) + lift * ca.cos(attack)) / MASS
    return [
        (across - GRAVITY * ca.cos(climb)) / speed,
        along - GRAVITY * ca.sin(climb),
        speed * ca.cos(climb),
        speed * ca.sin(climb),
    ]


def load_factor(x: Any, u: Any, t: Any, p: Any) -> Any:
    """Lift over weight: at most 4, upwards or downwards."""
    return forces(x, u)[1] / (MASS * GRAVITY)


def build() -> MultiPhaseProblem:
    """States climb (rad), speed (m/s), x and height (m); controls thrust (N) and attack (rad)."""
    common: dict[str, Any] = {
        "states": ("climb", "speed", "x", "height"),
        "controls": ("thrust", "attack"),
        "dynamics": dynamics,
        "control_bounds": {"thrust": (1000.0, 6000.0), "attack": (-0.3, 0.3)},
        "path_constraints": [PathConstraint(load_factor, -4.0, 4.0)],
    }
    bounds = {"climb": (-math.pi / 2, math.pi / 2), "speed": (200.0, 310.0), "x": (0.0, TARGET)}
    approach = OptimalControlProblem(
        name="approach",
        initial_state={"climb": 0.0, "speed": 272.0, "x": 0.0, "height": CLEARANCE},
        final_state={"x": OPEN},
        state_bounds=bounds | {"height": (CLEARANCE, 1900.0)},
        final_time=FreeTime(28.0, 10.0, 60.0),
        **common,
    )
    dive = OptimalControlProblem(
        name="dive",
        final_state={"climb": -math.pi / 2, "speed": 310.0, "x": TARGET, "height": 0.0},
        state_bounds=bounds | {"height": (0.0, 1900.0)},
        terminal_cost=final_time,
        initial_time=FreeTime(28.0, 10.0, 60.0),
        final_time=FreeTime(42.0, 10.0, 100.0),
        **common,
    )
    return MultiPhaseProblem("missile", (approach, dive), (Link("approach", "dive"),))


def plot(solution: MultiPhaseSolution) -> Figure:
    """The path over the ground, the speed, the thrust, which is full throughout, and the angle of attack."""
    sheet = Sheet(solution, f"A missile's bunt: {solution.cost:.8g} s", rows=2, columns=2, size=(9, 5.5))
    for name, path, colour in zip(("approach", "dive"), sheet.paths, (BLUE, GREEN), strict=True):
        sheet.axes[0].plot(path.states[:, 2] / 1000, path.states[:, 3], color=colour, label=name)
    sheet.axes[0].plot([0.0, OPEN / 1000], [CLEARANCE, CLEARANCE], color=BLACK, ls="--", lw=1, label="not below")
    sheet.axes[0].set(xlabel="x (km)", ylabel="height (m)")
    sheet.state(1, "speed", ORANGE, xlabel="time (s)", ylabel="speed (m/s)")
    sheet.control(2, "thrust", scale=1e-3, xlabel="time (s)", ylabel="thrust (kN)", ylim=(0.5, 6.5))
    sheet.control(3, "attack", scale=180 / math.pi, xlabel="time (s)", ylabel="angle of attack (°)")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="missile",
    title="A missile's bunt",
    statement="γ' = ((T − D) sin α + L cos α)/(mV) − g cos γ/V, V' = ((T − D) cos α − L sin α)/m − g sin γ, "
    "x' = V cos γ, h' = V sin γ; 1 ≤ T ≤ 6 kN, |α| ≤ 0.3, |L| ≤ 4mg, 200 ≤ V ≤ 310, h ≥ 30 until x = 7500, then h ≥ 0; "
    "(0, 272, 0, 30) → (−π/2, 310, 10000, 0); minimize t_f",
    source="Subchan and Żbikowski, Computational Optimal Control, 2009; PSOPT, missile",
    reference=40.911939,
    reference_source="two collocations on fine meshes; one phase whose ground has a smooth edge agrees",
    published="40.91755 (PSOPT, the ground's edge smoothed)",
    build=build,
    quantity="duration",
    plot=plot,
    units={"time": "s", "climb": "rad", "speed": "m/s", "x": "m", "height": "m", "thrust": "N", "attack": "rad"},
    unit="s",
    guess={
        "approach": {"speed": 300.0, "height": 30.0, "thrust": 6000.0, "x": (0.0, OPEN)},
        "dive": {"climb": (0.5, -math.pi / 2), "speed": 280.0, "x": (OPEN, TARGET), "height": 500.0},
    },
    method=DirectCollocation("radau", 3),
    intervals=40,
    tolerance=1e-9,
    solvers=("ipopt",),
)
