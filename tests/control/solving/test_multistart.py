"""Many starts find the minima there are."""

from __future__ import annotations

from typing import Any

import pytest

from geodepth.control import Mesh, OptimalControlProblem, ProblemError, multistart, process_pool


def test_multistart_finds_both_wells() -> None:
    """x(1) is drawn to the nearer of two wells of unequal depth; the starts must find both, the deeper one first."""
    problem = OptimalControlProblem(
        name="two wells",
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [u[0]],
        running_cost=lambda x, u, t, p: 0.01 * u[0] ** 2,
        terminal_cost=lambda x, t, p: (x[0] ** 2 - 1) ** 2 + 0.1 * x[0],
        initial_state={"x": 0.0},
    )
    minima = multistart(problem, starts=12, seed=3, mesh=Mesh.uniform(5), progress=False)
    assert len(minima) == 2
    assert minima[0].cost < minima[1].cost
    assert minima[0].solution.states[-1, 0] < 0 < minima[1].solution.states[-1, 0]
    assert sum(len(m.found_by) for m in minima) == 12
    again = multistart(problem, starts=12, seed=3, mesh=Mesh.uniform(5), progress=False)
    assert [m.found_by for m in again] == [m.found_by for m in minima]


@pytest.mark.parametrize("part", ["dynamics", "guess"])
def test_what_cannot_be_sent_to_another_process_is_named(part: str) -> None:
    """Lambdas cannot be; the line comes before any worker is started."""
    lambdas = OptimalControlProblem("lambdas", ("x",), ("u",), lambda x, u, t, p: [u[0]])
    named = OptimalControlProblem("named", ("x",), ("u",), pushed)
    problem = lambdas if part == "dynamics" else named
    guess: Any = (lambda p, g: {}) if part == "guess" else None
    with process_pool(1) as pool, pytest.raises(ProblemError, match=f"^{part} cannot be sent to another process") as e:
        multistart(problem, 2, guess=guess, executor=pool, progress=False)
    assert "define its functions with def at the top of a module" in str(e.value)
    assert "\n" not in str(e.value)


def pushed(x: Any, u: Any, t: Any, p: Any) -> list[Any]:
    return [u[0]]
