"""Many starts find the minima there are."""

from __future__ import annotations

from geodepth.control import Mesh, OptimalControlProblem, multistart


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
