"""Arcs on which a path constraint holds the control, where H is linear in it.

They are no singular ones, and constant controls could not follow them.
"""

import math
from dataclasses import replace
from typing import Any

import casadi as ca
import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp
from scipy.optimize import brentq

from geodepth.control import (
    FreeParameter,
    FreeTime,
    OptimalControlProblem,
    PathConstraint,
    find_structure,
    refine,
    solve,
)
from geodepth.control.refinement.held_intervals import held_intervals


def raced() -> tuple[OptimalControlProblem, float]:
    """A car along a track whose speed limit depends on the place (the race car of CasADi's and rockit's examples).

    Full throttle to the limit, along it until it rises faster than the car, and full throttle again.
    """

    def limit(place: Any, sine: Any = ca.sin) -> Any:
        return 1 - sine(2 * math.pi * place) / 2

    def full(time: float, x: Any) -> list[float]:
        return [x[1], 1 - x[1]]

    def met(time: float, x: Any) -> float:
        return float(x[1] - limit(x[0], math.sin))

    def at_end(time: float, x: Any) -> float:
        return float(x[0] - 1)

    problem = OptimalControlProblem(
        name="race car",
        states=("p", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], u[0] - x[1]],
        terminal_cost=lambda x, t, p: t,
        initial_state={"p": 0.0, "v": 0.0},
        final_state={"p": 1.0},
        control_bounds={"u": (0.0, 1.0)},
        path_constraints=[PathConstraint(lambda x, u, t, p: x[1] - limit(x[0]), upper=0.0)],
        final_time=FreeTime(1.0, 0.1, 10.0),
    )
    tight: dict[str, Any] = {"rtol": 1e-12, "atol": 1e-12}
    met.terminal = at_end.terminal = True  # type: ignore[attr-defined]
    first = solve_ivp(full, (0.0, 3.0), [0.0, 0.0], events=met, **tight)
    # Along the limit u = v + v' = v (1 + dv/dp), which is 1 again where the car leaves it.
    place = brentq(lambda q: limit(q, math.sin) * (1 - math.pi * math.cos(2 * math.pi * q)) - 1, 0.25, 0.6)
    along = quad(lambda q: 1 / limit(q, math.sin), first.y[0, -1], place, epsabs=1e-13)[0]
    last = solve_ivp(full, (0.0, 3.0), [place, limit(place, math.sin)], events=at_end, **tight)
    return problem, float(first.t[-1] + along + last.t[-1])


def slowest_top() -> tuple[OptimalControlProblem, float]:
    """One unit of way in one of time at a top speed that is the least: a − a²/8 = 1."""
    problem = OptimalControlProblem(
        name="least top speed",
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], u[0]],
        terminal_cost=lambda x, t, p: p[0],
        path_constraints=[PathConstraint(lambda x, u, t, p: x[1] - p[0], upper=0.0)],
        initial_state={"x": 0.0, "v": 0.0},
        final_state={"x": 1.0, "v": 0.0},
        control_bounds={"u": (-8.0, 8.0)},
        parameters={"top": FreeParameter(2.0)},
    )
    return problem, 4 - math.sqrt(8)


@pytest.mark.parametrize(("stated", "last"), [(raced, "upper"), (slowest_top, "lower")])
def test_a_constraint_that_holds_the_control_is_followed(stated: Any, last: str) -> None:
    problem, best = stated()
    solution = refine(problem)
    assert solution.certificate is not None
    assert solution.certificate.holds, str(solution.certificate)
    assert solution.cost == pytest.approx(best, rel=1e-6)
    arcs = find_structure(problem, solution).arcs
    assert [arc.controls[0] for arc in arcs[:3]] == ["upper", "interior", last]
    assert [arc.constraints for arc in arcs[:3]] == [(), ("path_constraints[0]",), ()]


def test_multipliers_tell_where_a_constraint_pushes() -> None:
    problem, _ = slowest_top()
    solution = refine(problem)
    held = held_intervals(problem, solution)
    on = np.isclose(solution.states[:-1, 1], solution.parameters["top"], rtol=1e-9)
    assert np.all(held[on & np.roll(on, -1)])
    assert not np.any(held_intervals(problem, replace(solution, iterate=None)))


def test_what_has_no_control_is_one_arc() -> None:
    problem = OptimalControlProblem(
        "falling", ("x",), (), lambda x, u, t, p: [-x[0]], initial_state={"x": 1.0}, state_bounds={"x": (-1.0, 1.0)}
    )
    arcs = find_structure(problem, solve(problem)).arcs
    assert [(arc.start, arc.end, arc.controls, arc.states) for arc in arcs] == [(0.0, 1.0, (), ())]
