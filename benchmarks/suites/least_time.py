"""Free final times: cars, a thrust that turns round, a tumor."""

import math
from typing import Any

import casadi as ca

from geodepth.control import FreeTime, PathConstraint

from .record import SuiteProblem, final_time, stated


def turned(x: float, y: float) -> float:
    """The shortest path to a point of a car that turns left on a circle of radius 1, and then goes straight."""
    away = math.hypot(x, y - 1.0)
    return math.atan2(y - 1.0, x) % (2 * math.pi) + math.asin(1 / away) + math.sqrt(away**2 - 1)


def car_to(name: str, x: float, y: float) -> SuiteProblem:
    """A car from the origin, along x, to a point."""
    return SuiteProblem(
        name,
        "Dubins, 1957: a circle and its tangent",
        stated(
            name,
            "x y heading",
            "turn",
            lambda x, u, t, p: [ca.cos(x[2]), ca.sin(x[2]), u[0]],
            terminal_cost=final_time,
            initial_state={"x": 0, "y": 0, "heading": 0},
            final_state={"x": x, "y": y},
            control_bounds={"turn": (-1, 1)},
            final_time=FreeTime(4.0, 0.1, 50.0),
        ),
        turned(x, y),
    )


XI, BIRTH, DEATH, DOSE, LOSS = 0.084, 5.85, 0.00873, 0.15, 0.02
"""Of the tumor: its growth, and that of the vessels that feed it."""
STEADY = ((BIRTH - LOSS) / DEATH) ** 1.5


def tumor(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """Tumor, vessels, and drug given so far."""
    vessels = x[1] * (BIRTH - (LOSS + DEATH * x[0] ** (2 / 3) + DOSE * u[0]))
    return [-XI * x[0] * ca.log(x[0] / x[1]), vessels, u[0]]


def thrust(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """Radius, and speeds outwards and around, under a thrust of constant size and free direction."""
    push = 0.1405 / (1 - 0.07487 * t)
    return [x[1], x[2] ** 2 / x[0] - 1 / x[0] ** 2 + push * ca.sin(u[0]), -x[1] * x[2] / x[0] + push * ca.cos(u[0])]


PROBLEMS = [
    car_to("car to the side", 3.0, 4.0),
    car_to("car to behind", -3.0, 0.5),
    SuiteProblem(
        "race car",
        "CasADi's and rockit's examples; SciPy: along the limit by quadrature, else by integration",
        stated(
            "race car",
            "p v",
            "u",
            lambda x, u, t, p: [x[1], u[0] - x[1]],
            terminal_cost=final_time,
            path_constraints=[PathConstraint(lambda x, u, t, p: x[1] - (1 - ca.sin(2 * math.pi * x[0]) / 2), upper=0)],
            initial_state={"p": 0, "v": 0},
            final_state={"p": 1},
            control_bounds={"u": (0, 1)},
            final_time=FreeTime(1.0, 0.1, 10.0),
        ),
        1.90468227,
    ),
    SuiteProblem(
        "Earth to Mars",
        "Bryson and Ho, 2.5, in least time",
        stated(
            "Earth to Mars",
            "r u v",
            "angle",
            thrust,
            terminal_cost=final_time,
            initial_state={"r": 1, "u": 0, "v": 1},
            final_state={"r": 1.525, "u": 0, "v": 1 / math.sqrt(1.525)},
            final_time=FreeTime(3.0, 0.5, 10.0),
        ),
        3.3207,
    ),
    SuiteProblem(
        "tumor",
        "Ledzewicz and Schättler, 2007; Betts, 2010",
        stated(
            "tumor",
            "tumor vessels drug",
            "rate",
            tumor,
            terminal_cost=lambda x, t, p: x[0],
            initial_state={"tumor": STEADY / 2, "vessels": STEADY / 4, "drug": 0},
            state_bounds={"tumor": (0.01, STEADY), "vessels": (0.01, STEADY), "drug": (0, 15)},
            control_bounds={"rate": (0, 75)},
            final_time=FreeTime(1.0, 0.1, 10.0),
        ),
        7571.67158,
    ),
]
