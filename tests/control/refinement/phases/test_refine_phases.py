"""Refinement of several phases: each mesh follows its own errors, to a certified error of the whole cost."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from geodepth.control import (
    DirectCollocation,
    Link,
    Mesh,
    MultiPhaseProblem,
    OptimalControlProblem,
    ProblemError,
    SolveError,
    refine,
    solve,
)


def phase(name: str, **stated: Any) -> OptimalControlProblem:
    """A fast transient at the beginning, at rest later: the hypersensitive problem, short."""
    return OptimalControlProblem(
        name=name,
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [-10 * x[0] ** 3 + u[0]],
        running_cost=lambda x, u, t, p: 10 * (x[0] ** 2 + u[0] ** 2),
        **stated,
    )


def problem() -> MultiPhaseProblem:
    first = phase("fast", initial_state={"x": 1.0}, final_time=0.5)
    second = phase("slow", initial_time=0.5, final_time=4.0)
    return MultiPhaseProblem("hyper", (first, second), (Link("fast", "slow"),))


def test_the_certified_error_is_the_error() -> None:
    stated = problem()
    refined = refine(
        stated, DirectCollocation("radau", 2), {"fast": Mesh.uniform(4), "slow": Mesh.uniform(4)}, tolerance=1e-7
    )
    fine = solve(stated, DirectCollocation("radau", 6), Mesh.graded(40, 30.0), tolerance=1e-11)
    assert refined.certificate is not None
    assert refined.certificate.holds
    certified = refined.certificate["finer mesh"].value
    assert certified <= 1e-7
    assert abs(refined.cost - fine.cost) / fine.cost <= certified
    # The transient is in the first phase, which gets the shorter intervals.
    found = {name: own.mesh for name, own in refined.phases.items() if own.mesh is not None}
    assert np.min(found["fast"].steps) * 0.5 < np.min(found["slow"].steps) * 3.5


def test_what_is_good_enough_is_halved_once_and_kept() -> None:
    coarse = refine(problem(), DirectCollocation("radau", 5), Mesh.uniform(16), tolerance=1e-4)
    assert [found.times.size - 1 for found in coarse.phases.values()] == [32, 32]


def test_few_intervals_end_it_with_a_line_that_fails() -> None:
    stopped = refine(problem(), DirectCollocation("radau", 2), Mesh.uniform(3), tolerance=1e-10, most_intervals=20)
    assert stopped.certificate is not None
    assert "finer mesh" in stopped.certificate.failures


def test_bad_settings_and_a_solve_that_fails_are_told() -> None:
    with pytest.raises(ProblemError, match="mesh lacks the phase 'slow'"):
        refine(problem(), mesh={"fast": Mesh.uniform(3)})
    with pytest.raises(ProblemError, match="needs stages"):
        refine(problem(), solver="fatrop")
    first = phase("fast", initial_state={"x": 1.0}, final_time=0.5, control_bounds={"u": (-0.1, 0.1)})
    second = phase("slow", initial_time=0.5, final_time=0.6, final_state={"x": 9.0}, control_bounds={"u": (-0.1, 0.1)})
    impossible = MultiPhaseProblem("impossible", (first, second), (Link("fast", "slow"),))
    with pytest.raises(SolveError, match="impossible: no feasible point"):
        refine(impossible, mesh=Mesh.uniform(3))


def test_a_refinement_that_ends_short_names_the_singular_control() -> None:
    """x' = u to rest at zero, for the least ∫x²: full speed, and then a singular arc at u = 0."""

    def part(name: str, **stated: Any) -> OptimalControlProblem:
        return OptimalControlProblem(
            name=name,
            states=("x",),
            controls=("u",),
            dynamics=lambda x, u, t, p: [u[0]],
            running_cost=lambda x, u, t, p: x[0] ** 2,
            control_bounds={"u": (-1.0, 1.0)},
            **stated,
        )

    phases = (part("first", initial_state={"x": 0.5}), part("second", initial_time=1.0, final_time=2.0))
    problem = MultiPhaseProblem("to zero", phases, (Link("first", "second"),))
    words = r"u is singular in phase '(first|second)', .* DirectCollocation\(control='constant'\)"
    for method, told in ((DirectCollocation("radau", 2), True), (DirectCollocation("radau", 2, "constant"), False)):
        found = refine(problem, method, Mesh.uniform(7), guess={}, rounds=1, tolerance=1e-12)
        assert bool(re.search(words, found.statistics["ended"])) is told
