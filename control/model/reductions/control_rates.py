"""Controls whose rate of change is bounded or costs something: each becomes a state, and its rate the control."""

from collections.abc import Mapping
from typing import Any

import casadi as ca

from geodepth.control.model.errors import CHECKS, check_names
from geodepth.control.model.ranges import check_ranges
from geodepth.foundation.frozen_copies import frozen

from .seen import RATE, rated_controls


def rate_of(name: str) -> str:
    """What the rate of a control is called."""
    return f"{RATE}{name}]"


def add_rates(problem: Any) -> None:
    """Put controls whose rates matter behind a problem's states, and their rates in their places among the controls.

    Parameters
    ----------
    problem : OptimalControlProblem
        At its construction, with names that were checked and written out, and no integrals among its states. What was
        made of it before is taken back first.

    Raises
    ------
    ProblemError
        A rate is given of what is no control, its bounds are no range, or a penalty is no number, or below zero.
    """
    _take_back(problem)
    bounds, penalties = problem.control_rate_bounds or {}, problem.control_rate_penalties or {}
    check_names("control_rate_bounds", bounds, problem.controls)
    check_names("control_rate_penalties", penalties, problem.controls)
    check_ranges("control_rate_bounds", bounds)
    for name, weight in penalties.items():
        CHECKS.number(f"control_rate_penalties[{name!r}]", weight, least=0)
    rated = [name for name in problem.controls if name in bounds or name in penalties]
    if not rated:
        return
    held = dict(problem.control_bounds or {})
    moved = {name: held.pop(name) for name in rated if name in held}
    held |= {rate_of(name): bounds[name] for name in rated if name in bounds}
    changed = {
        "states": (*problem.states, *rated),
        "controls": tuple(rate_of(name) if name in rated else name for name in problem.controls),
        "state_bounds": frozen({**(problem.state_bounds or {}), **moved}),
        "control_bounds": frozen(held),
    }
    for which, value in changed.items():
        object.__setattr__(problem, which, value)


def _take_back(problem: Any) -> None:
    rated = rated_controls(problem.controls)
    if not rated:
        return
    states, controls = dict(problem.state_bounds or {}), dict(problem.control_bounds or {})
    moved = {name: states.pop(name) for name in rated if name in states}
    kept = {name: pair for name, pair in controls.items() if name not in {rate_of(n) for n in rated}}
    names = {rate_of(name): name for name in rated}
    object.__setattr__(problem, "states", tuple(name for name in problem.states if name not in rated))
    object.__setattr__(problem, "controls", tuple(names.get(name, name) for name in problem.controls))
    object.__setattr__(problem, "state_bounds", frozen(states))
    object.__setattr__(problem, "control_bounds", frozen(kept | moved))


def rates_and_penalty(problem: Any, u: Any) -> tuple[Any, Any]:
    """The rates of the states that are controls, in their order, and what they add to the running cost.

    Parameters
    ----------
    problem : OptimalControlProblem
        After `add_rates`.
    u : casadi.SX or casadi.MX
        All controls (nu,), the rates among them.
    """
    weights: Mapping[str, float] = problem.control_rate_penalties or {}
    rates = {n[len(RATE) : -1]: u[i] for i, n in enumerate(problem.controls) if n.startswith(RATE)}
    ordered = [rates[name] for name in problem.states if name in rates]
    penalty = sum((float(weights[name]) * rate**2 for name, rate in rates.items() if name in weights), type(u)(0))
    return ca.vertcat(type(u)(0, 1), *ordered), penalty
