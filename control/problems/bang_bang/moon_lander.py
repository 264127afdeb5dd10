"""The moon lander: fall freely, then burn at full thrust, and touch the ground at rest with the most fuel left."""

from typing import Any

from geodepth.control.model.problem import FreeTime, OptimalControlProblem
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import BLACK, BLUE, GREEN, ORANGE, Axes, Figure, Sheet
from geodepth.control.solution.solution import Solution

FULL_THRUST, EXHAUST_SPEED = 1.227, 2.349
START = {"h": 1.0, "v": -0.783, "m": 1.0}


def dynamics(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """h' = v, v' = T/m − 1, m' = −T/2.349."""
    return [x[1], u[0] / x[2] - 1.0, -u[0] / EXHAUST_SPEED]


def fuel(x: Any, u: Any, t: Any, p: Any) -> Any:
    """l = T: the impulse that is spent."""
    return u[0]


def build() -> OptimalControlProblem:
    """States h (height), v (speed), m (mass); control thrust; in units of the moon's gravity, the first height and the
    first mass. The thrust switches once, from none to full."""
    return OptimalControlProblem(
        name="moon-lander",
        states=("h", "v", "m"),
        controls=("thrust",),
        dynamics=dynamics,
        running_cost=fuel,
        initial_state=START,
        final_state={"h": 0.0, "v": 0.0},
        # Nothing but what the dynamics need: m ≤ 1 would hold with equality in free fall, and share its costate.
        state_bounds={"m": (0.01, 2.0)},
        control_bounds={"thrust": (0.0, FULL_THRUST)},
        final_time=FreeTime(guess=1.5, lower=0.1, upper=10.0),
    )


def pose(axes: Axes, state: Any, control: Any, strength: float = 1.0) -> None:
    """The lander above the ground, and its flame."""
    axes.axhline(0.0, color=BLACK, lw=1.5)
    axes.plot([0.0, 0.0], [state[0], state[0] - 0.2 * control[0]], color=ORANGE, lw=4, alpha=strength)
    axes.plot(0.0, state[0], "^", color=BLUE, ms=14, alpha=strength)
    axes.set(ylabel="height h", xlim=(-0.6, 0.6), xticks=[])


def plot(solution: Solution) -> Figure:
    """Height and speed, and the thrust."""
    sheet = Sheet(solution, f"Moon lander: impulse {solution.cost:.9g}", rows=3, sharex=True, size=(6.5, 6))
    sheet.state(0, "h", label="height h")
    sheet.state(0, "v", GREEN, label="speed v", ylabel="height, speed")
    sheet.state(1, "m", ORANGE, ylabel="mass m")
    sheet.control(2, "thrust", xlabel="time (dimensionless)", ylabel="thrust")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="moon-lander",
    title="Moon lander",
    statement="h' = v, v' = T/m − 1, m' = −T/2.349, 0 ≤ T ≤ 1.227; (1, −0.783, 1) → (0, 0, ·); minimize ∫T",
    source="Meditch, 1964; constants as in PSOPT's manual",
    reference=1.42031260,
    reference_source="exact, one switch",
    published="1.420411 (PSOPT)",
    build=build,
    quantity="impulse",
    plot=plot,
    pose=pose,
    units={"time": "", "h": "", "v": "", "m": "", "thrust": ""},
    guess={"h": (1.0, 0.0), "v": (-0.783, 0.0), "m": (1.0, 0.4), "thrust": 1.0},
    intervals=200,
    tolerance=1e-10,
)
