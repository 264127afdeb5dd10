"""The lines of a certificate, on paths made by hand: every value from the definition of the line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import casadi as ca
import numpy as np
import pytest

from geodepth.control import OptimalControlProblem, Solution, Status
from geodepth.control.model.errors import ControlError
from geodepth.control.solution.certificate import Certificate
from geodepth.control.solvers.program import CompiledProgram, Program
from geodepth.control.solvers.status import Iterate
from geodepth.control.verification.quick_certificate import quick_certificate
from geodepth.control.verification.verify import cost_change

from .test_attained_by_hand import MESH, METHOD, Scripted, path, stated

FIXED = {"final_time": 2.0}


def certified(problem: OptimalControlProblem, known: Solution, accuracy: float = 1e-3) -> Certificate:
    """With multipliers of zero."""
    program = Program(METHOD.transcribe(problem, MESH))
    size, rows = program.transcription.lower.size, program.transcription.constraint_lower.size
    iterate = Iterate(np.zeros(size), np.zeros(size), np.zeros(rows))
    return quick_certificate(problem, replace(known, iterate=iterate), program, accuracy)


def test_the_lines_of_a_path_that_misses_a_node() -> None:
    """x = t/2 at u = ½ for ∫u² + 3x(2), but the last node is 0.02 low, and the stated cost 0.1 high."""
    problem = stated(**FIXED, terminal_cost=lambda x, t, p: 3 * x[0])
    cost = 0.5 + 3 * 0.98 + 0.1
    known = path(FIXED, cost, costates=np.full((3, 1), -2.0), interval_costates=np.full((2, 2, 1), -2.0))
    known.states[-1, 0] = 0.98
    certificate = certified(problem, known)
    value = {check.name: check.value for check in certificate.checks}
    limit = {check.name: check.limit for check in certificate.checks}
    # Of the size of x, which is 0.98 at its largest.
    assert value["re-simulation"] == pytest.approx(0.02 / 0.98, rel=1e-9)
    assert value["feasibility"] == pytest.approx(0.02 / 0.98, rel=1e-6)
    # To mend the defect of 0.02 at λ = −2 would gain 0.04.
    error = abs(0.5 + 3 * 0.98 - 2.0 * 0.02 - cost) / cost
    assert value["cost re-simulated"] == pytest.approx(error, rel=1e-9)
    assert value["cost as stated"] == pytest.approx(0.1 / cost, rel=1e-9)
    # H = u² − 2u is least at u = 1, by ¼, all through the horizon of 2.
    assert value["minimum in u"] == pytest.approx(0.5 / cost, rel=1e-9)
    assert value["Hamiltonian"] == pytest.approx(0.0, abs=1e-12)
    assert value["solver status"] == 0.0
    assert certificate.cost_error == pytest.approx(max(error, 0.5 / cost), rel=1e-9)
    assert [limit[name] for name in ("re-simulation", "cost re-simulated", "minimum in u")] == [1e-3] * 3
    assert (limit["Hamiltonian"], limit["cost as stated"], limit["feasibility"]) == (1e-2, 1e-9, 1e-6)
    assert not set(value) & {"between nodes", "kinks", "exact kinks", "free end time"}


def test_the_mean_of_the_controls_is_held_to_their_values() -> None:
    problem, known = stated(**FIXED), path(FIXED, 0.5)
    assert certified(problem, known)["cost as stated"].passed
    # Of the size of u, which is ½.
    apart = certified(problem, replace(known, controls=known.controls + np.array([[0.0], [0.01]])))
    assert apart["cost as stated"].value == pytest.approx(0.02, rel=1e-9)
    missing = certified(problem, replace(known, controls=np.nan * known.controls))
    assert missing["cost as stated"].value == np.inf


def test_a_solver_that_stopped_short_is_named() -> None:
    stopped = certified(stated(**FIXED), replace(path(FIXED, 0.5), status=Status.TIME_LIMIT))["solver status"]
    assert not stopped.passed
    assert stopped.meaning == "the solver ended: time_limit"


def test_what_cannot_be_simulated_is_wrong() -> None:
    """x' = u + √(1.5 − t) is no number from 1.5 on."""
    problem = stated(**FIXED, dynamics=lambda x, u, t, p: [u[0] + ca.sqrt(1.5 - t)])
    certificate = certified(problem, path(FIXED, 0.5))
    assert certificate["re-simulation"].value == np.inf
    assert certificate["cost re-simulated"].value == np.inf
    assert {"re-simulation", "cost re-simulated", "Hamiltonian", "minimum in u"} <= set(certificate.failures)


@pytest.mark.parametrize(("costate", "better"), [(-2.0, "later"), (0.0, "sooner")])
def test_a_free_end_that_could_be_better_says_in_which_way(costate: float, better: str) -> None:
    """H = ¼ + λ/2 at the end, over ¼ + |λ|/2: a later end costs less where it is negative."""
    known = path({"final_time": 2.0}, 0.5, interval_costates=np.full((2, 2, 1), costate))
    line = certified(stated(), replace(known, costates=np.full((3, 1), costate)))["free end time"]
    assert line.value == pytest.approx(abs(0.25 + costate / 2) / (0.25 + abs(costate) / 2), rel=1e-9)
    assert line.limit == 1e-2
    assert line.meaning.endswith(f": a {better} one costs less")


def test_a_finer_mesh_tells_twice_the_change_of_the_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Safe from first order on, where half of the error is left; infinite where nothing is learned."""
    problem, known = stated(**FIXED), path(FIXED, 0.5)
    for objective in (0.49, 0.51):
        Scripted(monkeypatch, [], objective)
        assert cost_change(problem, known).relative == pytest.approx(2 * 0.01 / 0.5, rel=1e-9)
    Scripted(monkeypatch, [], 0.5, Status.ACCEPTABLE)
    assert cost_change(problem, known) == (np.inf, "not known: the solve on twice the intervals ended by acceptable")
    Scripted(monkeypatch, [], 0.5, Status.INTERRUPTED)
    with pytest.raises(KeyboardInterrupt):
        cost_change(problem, known)

    def refused(*_: Any) -> None:
        raise ControlError("nothing was solved")

    monkeypatch.setattr(CompiledProgram, "solve", refused)
    assert cost_change(problem, known) == (np.inf, "not known: nothing was solved")


def test_a_problem_without_a_cost_says_so() -> None:
    costless = certified(replace(stated(**FIXED), running_cost=None), path(FIXED, 0.0))
    assert costless["cost as stated"].meaning.startswith("the problem states no cost")
    assert "recomputed" in certified(stated(**FIXED), path(FIXED, 0.5))["cost as stated"].meaning
