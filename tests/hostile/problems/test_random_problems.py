"""Random small problems: no false "solved", no false "verified", no right answer denied; and the judge sees lies."""

import os
import time
from dataclasses import replace

import numpy as np
import pytest

from geodepth.control import DirectCollocation, Mesh, Solution, solve

from ..forked_draws import run
from .draws import Draw
from .known import KNOWN
from .random_problems import draw, judged
from .simulated import simulate

WITH_OPTIMUM = [name for name in KNOWN if name not in ("out of reach", "without least cost")]


def drawn(name: str) -> tuple[Draw, Solution]:
    made = KNOWN[name][0](np.random.default_rng(3)).plain
    return made, solve(made.problem(), DirectCollocation(), Mesh.uniform(30))


@pytest.mark.parametrize("name", WITH_OPTIMUM)
def test_the_closed_forms_are_reached(name: str) -> None:
    made, found = drawn(name)
    # A switch inside an interval costs the square of its length: (1/30)² ≈ 1e-3.
    assert found.cost == pytest.approx(made.optimum, rel=2e-3)
    assert simulate(made, found).cost == pytest.approx(found.cost, rel=2e-3)


def test_a_draw_is_the_same_wherever_it_is_made() -> None:
    first, again = draw(6), draw(6)
    assert (first.family, first.units, first.initial) == (again.family, again.units, again.initial)
    assert {draw(k).family for k in range(60)} >= {"witnessed", "regulator", "out of reach", "without least cost"}


def test_the_simulation_sees_what_is_wrong() -> None:
    made, found = drawn("regulator")
    right = simulate(made, found)
    assert max(right.jumps, right.ends, right.nodes, right.between) < 1e-4
    assert simulate(made, replace(found, control_values=1.1 * found.control_values)).jumps > 1e-3
    assert simulate(made, replace(found, states=1.1 * found.states)).ends > 1e-2
    bounded = replace(made, state_bounds={0: (-1e-3, 1e-3)})
    assert min(simulate(bounded, found).nodes, simulate(bounded, found).between) > 1e-2


def test_a_draw_that_crashes_or_is_late_ends_alone() -> None:
    def judge(seed: int) -> dict[str, str]:
        if seed == 1:
            os._exit(3)
        if seed == 2:
            time.sleep(60)
        if seed == 3:
            raise OSError("raw")
        return {"class": "right"}

    classes = {r["seed"]: r["class"] for r in run(judge, range(6), workers=2, limit=0.3)}
    assert classes == {0: "right", 1: "CRASH", 2: "TIMEOUT", 3: "EXCEPTION", 4: "right", 5: "right"}


@pytest.mark.parametrize(
    "seed",
    [
        0,
        1,
        20012,
        4,
        5,
        6,
        7,
        10,
        11,
        12,
        13,
        14,
        15,
        16,
        17,
        18,
        19,
        20,
        22,
        23,
        24,
        26,
        27,
        29,
        30,
        33,
        35,
        36,
        39,
        43,
    ],
)
def test_draws(seed: int) -> None:
    record = judged(seed)
    assert not record["class"].isupper(), (record["class"], record["why"])
