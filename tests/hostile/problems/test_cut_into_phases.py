"""Random problems cut into two phases in the middle of their horizon have the optimum that they have as one."""

from __future__ import annotations

import pytest

from geodepth.control import (
    Arc,
    DirectCollocation,
    LinkConstraint,
    Mesh,
    MultiPhaseProblem,
    OptimalControlProblem,
    Solution,
    Structure,
    arcs_as_phases,
    solve,
)

from .random_problems import draw

METHOD = DirectCollocation("radau", 3)


def in_two(problem: OptimalControlProblem, one: Solution) -> MultiPhaseProblem:
    """The problem in two phases of equal length, whatever its times."""
    first, last = float(one.times[0]), float(one.times[-1])
    middle, inside = (first + last) / 2, ("interior",) * len(problem.controls)
    arcs = Arc(first, middle, inside, ()), Arc(middle, last, inside, ())
    phases = arcs_as_phases(problem, Structure(arcs))
    equal = LinkConstraint(("arc 1", "arc 2"), lambda a, b: 2 * a.final_time - a.initial_time - b.final_time, 0.0, 0.0)
    return MultiPhaseProblem(problem.name, phases.phases, phases.links, (*phases.link_constraints, equal))


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4, 6, 7, 8, 9, 11])  # 5 and 10 have no optimum
def test_a_problem_in_two_phases_has_the_same_optimum(seed: int) -> None:
    problem = draw(seed).problem()
    one = solve(problem, METHOD, Mesh.uniform(8), tolerance=1e-10, raise_on_failure=False, max_iterations=300)
    assert one.success, one.advice
    two = solve(in_two(problem, one), METHOD, Mesh.uniform(4), guess=one, tolerance=1e-10, raise_on_failure=False)
    assert two.success, two.advice
    # The same program but for what is said twice: solved to 1e-10 for each of some hundred active bounds.
    assert two.cost == pytest.approx(one.cost, rel=1e-8, abs=1e-12)
    own = sum(phase.cost for phase in two.phases.values())
    assert own == pytest.approx(two.cost, rel=1e-12, abs=1e-14)
