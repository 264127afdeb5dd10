"""refine keeps to its budgets, keeps what it has, and says in a sentence what was reached."""

from __future__ import annotations

import dataclasses
import math
import re
from typing import Any

import pytest

from geodepth.control import Mesh, Solution, refine, solve
from geodepth.control.problems import load
from geodepth.control.refinement.reached import Reached
from geodepth.control.solvers.status import Status

from .test_refine import double_integrator, fastest, moon_lander

NO_TIME = 1e-3
"""Seconds, less than any solve takes: the first one ends nevertheless, and no other begins."""


def ended(solution: Any) -> str:
    """The sentence, with the seconds that it names taken out."""
    return re.sub(r"after [0-9.e+-]+ s", "after … s", solution.statistics["ended"])


def test_what_is_certified_says_to_what_and_how() -> None:
    solution = refine(fastest(), tolerance=1e-6)
    assert solution.certificate is not None
    assert solution.certificate.holds
    assert ended(solution) == f"the cost is certified to 1e-06 on {len(solution.times) - 1} intervals after … s"


def test_time_that_is_over_keeps_the_first_solution() -> None:
    """It is the solution on the first mesh, which nothing certifies as no halving told its error."""
    short = refine(moon_lander(), mesh=Mesh.uniform(10), guess={"h": (1.0, 0.0)}, time_limit=NO_TIME, switches=False)
    assert short.success
    assert ended(short) == (
        "the cost's relative error is not known yet and not 1e-06 on 10 intervals after … s: time_limit is over"
    )
    assert short.certificate is not None
    assert short.certificate.failures == ("finer mesh",)
    assert math.isinf(short.certificate.cost_error)
    assert "ended early after" in short.certificate["finer mesh"].meaning
    assert short.cost == pytest.approx(1.42031260, rel=1e-2)  # ten intervals, one of them with the switch inside
    assert ended(refine(fastest(), guess={"x": (-1.0, 0.0)}, time_limit=None)).startswith("the cost is certified")


def test_other_starts_are_kept_to_the_time_too() -> None:
    """Without a guess, starts on a coarse mesh come before the first refinement, of a second altogether."""
    short = refine(fastest(), time_limit=NO_TIME)
    assert ended(short).endswith(": time_limit is over")
    assert float(short.statistics["ended"].split("after ")[1].split(" s")[0]) < 5.0


def test_phases_keep_to_the_time() -> None:
    classic = load("two-phase-robot")
    short = refine(classic.build(), guess=classic.guess, tolerance=1e-9, time_limit=NO_TIME)
    assert ": time_limit is over" in ended(short)
    assert short.certificate is not None
    assert "finer mesh" in short.certificate.failures
    # On 20 intervals a phase the cost is 12 % too small: nothing may say that it is known.
    assert math.isinf(short.certificate.cost_error)
    assert abs(short.cost / classic.reference - 1) > 0.05


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (Status.TIME_LIMIT, "time_limit was over in the solve on {} intervals"),
        (Status.ITERATION_LIMIT, "the solve on {} intervals ended: iteration_limit"),
    ],
)
def test_a_solve_that_stops_short_leaves_the_one_before_it(
    monkeypatch: pytest.MonkeyPatch, status: Status, why: str
) -> None:
    meshes: list[int] = []

    def slow(problem: Any, by: Any, mesh: Mesh, *rest: Any, **more: Any) -> Solution:
        meshes.append(mesh.intervals)
        found: Solution = solve(problem, by, mesh, *rest, **more)
        return found if mesh.intervals <= 6 else dataclasses.replace(found, status=status)

    monkeypatch.setattr("geodepth.control.refinement.tight_solver.solve", slow)
    short = refine(fastest(-3.7), mesh=Mesh.uniform(6), guess={"x": (-3.7, 0.0)}, switches=False, tolerance=1e-7)
    assert short.success
    assert len(short.times) - 1 == 6
    finest = max(meshes)
    assert finest > 6
    assert ended(short).endswith(f"6 intervals after … s: {why.format(finest)}")


def test_rounds_and_intervals_that_are_over_are_told() -> None:
    problem = double_integrator(running_cost=lambda x, u, t, p: u[0] ** 4 + x[0] ** 2)
    once = refine(problem, mesh=Mesh.uniform(3), guess={"u": 1.0}, tolerance=1e-12, rounds=1)
    assert ended(once).endswith(": rounds = 1 are over")
    # What one round has shown is told as a number, and is not below the tolerance.
    assert "the cost's relative error is" in ended(once)
    few = refine(problem, mesh=Mesh.uniform(3), guess={"u": 1.0}, tolerance=1e-12, most_intervals=4)
    assert re.search(r": the next mesh would have \d+ intervals, and most_intervals = 4$", ended(few))


def test_what_halving_cannot_see_is_in_the_error() -> None:
    """Jacobson and Lele's moving bound: halving changes the cost by less than violations between nodes are worth."""
    classic = load("jacobson-lele")
    solution = refine(classic.build(), guess=classic.guess, tolerance=1e-6)
    certificate = solution.certificate
    assert certificate is not None
    assert certificate.holds, certificate
    assert abs(solution.cost / classic.reference - 1) <= certificate.cost_error
    assert certificate["cost between nodes"].value <= certificate.cost_error == certificate["finer mesh"].value
    # The same, were a tenth of that asked for: not reached, and told why.
    between = certificate["cost between nodes"].value
    missed = Reached(solution, between / 100).judged(certificate, between / 10)
    assert missed.error == between
    assert "is worth that much" in missed.sentence(solution, between / 10, 1.0)
    assert not missed.line(between / 10, 1.0).passed
    # Where it was short of time, that stays the reason.
    assert Reached(solution, 1.0, "time_limit is over").judged(certificate, between / 10).ended == "time_limit is over"
