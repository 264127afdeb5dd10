"""The library's problems of several phases: each reaches its optimum, and its plot draws what was found."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from geodepth.control import MultiPhaseSolution, solve
from geodepth.control.problems import load, names
from geodepth.control.problems.phases import delta_iii_ascent as delta
from geodepth.control.problems.singular import goddard_rocket


@cache
def solved(name: str) -> MultiPhaseSolution:
    """By ipopt, on the problem's own mesh; shared by the tests of costs and plots."""
    classic = load(name)
    solution = solve(classic.build(), classic.method, classic.mesh, "ipopt", classic.tolerance, classic.guess)
    assert isinstance(solution, MultiPhaseSolution)
    return solution


@pytest.mark.parametrize("name", names(several_phases=True))
def test_every_problem_reaches_its_reference(name: str) -> None:
    classic, solution = load(name), solved(name)
    optimum = classic.sign * solution.cost
    assert optimum == pytest.approx(classic.reference, rel=classic.accuracy)
    if classic.exact is not None:
        assert optimum == pytest.approx(classic.exact(), rel=5e-8)
    assert solution.certificate is not None
    assert solution.certificate.holds, solution.certificate


def test_the_two_kinds_of_problems_are_all_of_them() -> None:
    assert set(names()) == {*names(several_phases=True), *names(several_phases=False)}
    assert not set(names(several_phases=True)) & set(names(several_phases=False))


def test_goddards_phases_end_where_his_arcs_do() -> None:
    solution, arcs = solved("goddard-rocket-arcs"), goddard_rocket.arcs()
    ends = [phase.times[-1] for phase in solution.phases.values()]
    # The cost is flat in the last switch: to the root of its own error, 1e-10.
    assert ends == pytest.approx(arcs.switches, abs=1e-5)


def test_the_delta_drops_what_is_empty_and_arrives_on_its_orbit() -> None:
    solution = solved("delta-iii-ascent")
    dropped = [-link.jumps["m"] for link in solution.links]
    assert dropped == pytest.approx([6 * 2280.0, 3 * 2280.0, 8830.0])
    # What Betts prints of the end.
    last = solution.phases["second stage"]
    assert last.times[-1] == pytest.approx(924.139, abs=2e-3)
    position, velocity = last.states[-1, :3], last.states[-1, 3:6]
    momentum = np.cross(position, velocity)
    energy = velocity @ velocity / 2 - delta.GRAVITY / np.linalg.norm(position)
    assert -delta.GRAVITY / (2 * energy) == pytest.approx(24361140.0, rel=1e-7)
    assert math.degrees(math.acos(momentum[2] / np.linalg.norm(momentum))) == pytest.approx(28.5, abs=1e-7)
    node = math.degrees(math.atan2(momentum[0], -momentum[1])) % 360
    assert node == pytest.approx(269.8, abs=1e-6)
    # The costate of the mass grows where nothing is dropped, and goes on across what is.
    assert all(abs(link.costate_jumps["m"]) < 1e-9 for link in solution.links)
    assert last.costate("m")[-1] == pytest.approx(-1.0)


# Panel, line of the panel, and what the line goes through.
DRAWN = {
    "two-phase-robot": (0, 1, "x", "y"),
    "goddard-rocket-arcs": (1, 0, None, "v"),
    "delta-iii-ascent": (2, 0, None, "m"),
    "missile": (1, 0, None, "speed"),
    "staged-hybrid": (0, 0, "x1", "x2"),
    "gas-oil-cracking": (0, 0, None, "oil"),
}


@pytest.mark.parametrize("name", names(several_phases=True))
def test_the_plot_goes_through_the_nodes(name: str) -> None:
    solution = solved(name)
    panel, line, across, up = DRAWN[name]
    first = next(iter(solution.phases.values()))
    x, y = load(name).plot(solution).axes[panel].lines[line].get_data()
    scale = 1e-3 if name == "delta-iii-ascent" else 1.0
    at = first.times if across is None else first.state(across)
    found = np.interp(first.times[1:-1] if across is None else at[1:-1], np.asarray(x), np.asarray(y))
    assert found == pytest.approx(scale * first.state(up)[1:-1], rel=1e-6, abs=1e-9)
