"""Chemistry and biology: singular feeds, temperatures, several time scales."""

import math
from typing import Any

import casadi as ca

from geodepth.control import FreeTime

from .record import SuiteProblem, stated


def cooled(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """A stirred tank with two minima (Luus)."""
    reaction = (x[1] + 0.5) * ca.exp(25 * x[0] / (x[0] + 2))
    return [-2 * (x[0] + 0.25) + reaction - (x[0] + 0.25) * u[0], 0.5 - x[1] - reaction]


def shale(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """Kerogen, bitumen, oil and coke at a temperature."""
    k = [
        ca.exp(a - b / u[0])
        for a, b in ((8.86, 10215.4), (24.25, 18820.5), (23.67, 17008.9), (18.75, 14190.8), (20.70, 15599.8))
    ]
    both = x[0] * x[1]
    return [
        -k[0] * x[0] - (k[2] + k[3] + k[4]) * both,
        k[0] * x[0] - k[1] * x[1] + k[2] * both,
        k[1] * x[1] + k[3] * both,
        k[4] * both,
    ]


def ethanol(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """Yeast, sugar, ethanol and volume of a fed batch."""
    yeast, sugar, product, volume = ca.vertsplit(x)
    growth = 0.408 / (1 + product / 16) * sugar / (0.22 + sugar)
    made = 1 / (1 + product / 71.5) * sugar / (0.44 + sugar)
    thinned = u[0] / volume
    return [
        growth * yeast - thinned * yeast,
        -10 * growth * yeast + thinned * (150 - sugar),
        made * yeast - thinned * product,
        u[0],
    ]


def protein(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """Protein outside and in all, yeast, sugar and volume of a fed batch."""
    outside, whole, yeast, sugar, volume = ca.vertsplit(x)
    growth = 21.87 * sugar / ((sugar + 0.4) * (sugar + 62.5))
    made = sugar / (0.1 + sugar) * ca.exp(-5 * sugar)
    thinned = u[0] / volume
    return [
        4.75 * growth / (0.12 + growth) * (whole - outside) - thinned * outside,
        made * yeast - thinned * whole,
        growth * yeast - thinned * yeast,
        -7.3 * growth * yeast + thinned * (20 - sugar),
        u[0],
    ]


def penicillin(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """Biomass, penicillin, sugar and volume of a fed batch."""
    biomass, product, sugar, volume = ca.vertsplit(x)
    growth = 0.11 * sugar / (0.006 * biomass + sugar)
    made = 0.0055 * sugar / (0.0001 + sugar * (1 + 10 * sugar))
    kept = biomass * 0.029 * sugar / (0.0001 + sugar)
    return [
        growth * biomass - biomass * u[0] / (500 * volume),
        made * biomass - 0.01 * product - product * u[0] / (500 * volume),
        -growth * biomass / 0.47 - made * biomass / 1.2 - kept + (1 - sugar / 500) * u[0] / volume,
        u[0] / 500,
    ]


def methane(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """Algae that grow by day, what is left of them, and bacteria that live on that."""
    light = ca.fmax(0, ca.sin(2 * math.pi * (t / 10 - ca.floor(t / 10)))) ** 2
    eaten = 0.1 * x[1] / (x[1] + 0.05)
    return [
        light * x[0] / (1 + x[0]) - (0.005 + u[0]) * x[0],
        -eaten * x[2] + u[0] * (x[0] - x[1]),
        (eaten - u[0]) * x[2],
    ]


def consortium(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    """Bacteria that feed algae with vitamins; the last state is what is harvested."""
    sugar, bacteria, vitamins, quota, algae = ca.vertsplit(x)[:5]
    eaten, taken = 6.48 * sugar / (0.09 + sugar), 27.3e-3 * vitamins / (0.57e-3 + vitamins)
    growth = 1.0211 * (1 - 2.7628e-3 / quota)
    return [
        u[1] * (0.5 - sugar) - eaten * bacteria / 0.44,
        ((1 - u[0]) * eaten - u[1]) * bacteria,
        u[0] * 23e-3 * eaten * bacteria - taken * algae - u[1] * vitamins,
        taken - growth * quota,
        (growth - u[1]) * algae,
        u[1] * algae,
    ]


ABOVE = (0.0, math.inf)
PROBLEMS = [
    SuiteProblem(
        "stirred tank",
        "Luus: 0.1331, and a local minimum of 0.2444",
        stated(
            "stirred tank",
            "x1 x2",
            "u",
            cooled,
            running_cost=lambda x, u, t, p: x[0] ** 2 + x[1] ** 2 + 0.1 * u[0] ** 2,
            initial_state={"x1": 0.09, "x2": 0.09},
            final_time=0.78,
        ),
        0.133094,
    ),
    SuiteProblem(
        "parallel reactions",
        "Ray; PROPT",
        stated(
            "parallel reactions",
            "A B",
            "u",
            lambda x, u, t, p: [-(u[0] + u[0] ** 2 / 2) * x[0], u[0] * x[0]],
            terminal_cost=lambda x, t, p: -x[1],
            initial_state={"A": 1, "B": 0},
            control_bounds={"u": (0, 5)},
        ),
        -0.573527,
    ),
    SuiteProblem(
        "oil shale",
        "Luus; PROPT",
        stated(
            "oil shale",
            "kerogen bitumen oil coke",
            "temperature",
            shale,
            terminal_cost=lambda x, t, p: -x[1],
            initial_state={"kerogen": 1, "bitumen": 0, "oil": 0, "coke": 0},
            control_bounds={"temperature": (698.15, 748.15)},
            final_time=FreeTime(9.0, 5.0, 11.0),
        ),
        -0.35382,
    ),
    SuiteProblem(
        "ethanol",
        "Chen and Hwang, 1990",
        stated(
            "ethanol",
            "yeast sugar ethanol volume",
            "feed",
            ethanol,
            terminal_cost=lambda x, t, p: -x[2] * x[3],
            initial_state={"yeast": 1, "sugar": 150, "ethanol": 0, "volume": 10},
            state_bounds={"yeast": ABOVE, "sugar": ABOVE, "ethanol": ABOVE, "volume": (0, 200)},
            control_bounds={"feed": (0, 12)},
            final_time=FreeTime(60.0, 10.0, 63.0),
        ),
        -20841.0,
    ),
    SuiteProblem(
        "protein",
        "Park and Ramirez, 1988; Luus",
        stated(
            "protein",
            "outside whole yeast sugar volume",
            "feed",
            protein,
            terminal_cost=lambda x, t, p: -x[0] * x[4],
            initial_state={"outside": 0, "whole": 0, "yeast": 1, "sugar": 5, "volume": 1},
            state_bounds={"sugar": ABOVE},
            control_bounds={"feed": (0, 2)},
            final_time=15.0,
        ),
        -32.686,
    ),
    SuiteProblem(
        "penicillin",
        "Cuthrell and Biegler, 1989; PROPT",
        stated(
            "penicillin",
            "biomass penicillin sugar volume",
            "feed",
            penicillin,
            terminal_cost=lambda x, t, p: -x[1] * x[3],
            initial_state={"biomass": 1.5, "penicillin": 0, "sugar": 0, "volume": 7},
            state_bounds={"biomass": (0, 40), "penicillin": (0, 50), "sugar": (0, 25), "volume": (0, 10)},
            control_bounds={"feed": (0, 50)},
            final_time=FreeTime(130.0, 72.0, 200.0),
        ),
        -87.99,
    ),
    SuiteProblem(
        "methane",
        "Bayen, Mairet, Martinon and Sebbah, 2015; Bocop",
        stated(
            "methane",
            "algae remains bacteria",
            "harvest",
            methane,
            running_cost=lambda x, u, t, p: -0.1 * x[1] / (x[1] + 0.05) * x[2] / 3,
            initial_state={"algae": (0.05, 0.25), "remains": (0.5, 5), "bacteria": (0.5, 3)},
            state_bounds={"algae": ABOVE, "remains": ABOVE, "bacteria": (0.001, math.inf)},
            control_bounds={"harvest": (0, 1)},
            final_time=300.0,
        ),
        -19.0745,
    ),
    SuiteProblem(
        "algae and bacteria",
        "Bocop; CTDirect.jl",
        stated(
            "algae and bacteria",
            "sugar bacteria vitamins quota algae harvest",
            "share dilution",
            consortium,
            terminal_cost=lambda x, t, p: -x[5],
            initial_state={
                "sugar": 0.1629,
                "bacteria": 0.0487,
                "vitamins": 0.0003,
                "quota": 0.0177,
                "algae": 0.035,
                "harvest": 0,
            },
            state_bounds={
                **dict.fromkeys(("sugar", "bacteria", "vitamins", "algae", "harvest"), ABOVE),
                "quota": (2.7628e-3, math.inf),
            },
            control_bounds={"share": (0, 1), "dilution": (0, 1.5)},
            final_time=20.0,
        ),
        -5.45,
    ),
]
