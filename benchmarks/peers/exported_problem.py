"""A problem of the library as one JSON object, from which peers state it anew: functions, bounds, ends, guess."""

from __future__ import annotations

from typing import Any

import casadi as ca
import numpy as np

from geodepth.control import FreeParameter, FreeTime
from geodepth.control.problems import load


def comparable(name: str) -> bool:
    """Problems without path, boundary or parameter subtleties, whose guesses every peer can be told."""
    classic = load(name)
    problem = classic.build()
    simple = isinstance(classic.guess, dict | None) and all(
        isinstance(v, int | float | tuple) for v in (classic.guess or {}).values()
    )
    free = any(isinstance(v, FreeParameter) for v in (problem.parameters or {}).values())
    more = problem.path_constraints or problem.boundary_constraints or problem.integral_constraints
    return simple and not more and not free and not isinstance(problem.initial_time, FreeTime)


def exported(name: str) -> dict[str, Any]:
    """What a peer needs to state the problem of this name: see the keys below."""
    classic = load(name)
    problem = classic.build()
    final = problem.final_time
    values = [float(v) for v in (problem.parameters or {}).values() if not isinstance(v, FreeParameter)]
    x, u, t = ca.SX.sym("x", len(problem.states)), ca.SX.sym("u", len(problem.controls)), ca.SX.sym("t")
    functions, p = problem.functions, ca.DM(values)
    return {
        "name": name,
        "states": list(problem.states),
        "controls": list(problem.controls),
        "initial_time": problem.initial_time,
        "final_time": final.guess if isinstance(final, FreeTime) else final,
        "final_time_bounds": [final.lower, final.upper] if isinstance(final, FreeTime) else None,
        "bounds": _bounds(problem),
        "initial_state": dict(problem.initial_state or {}),
        "final_state": dict(problem.final_state or {}),
        "guess": {
            name: _line((classic.guess or {}).get(name, _default(problem, name)))
            for name in (*problem.states, *problem.controls)
        },
        "dynamics": _instructions(ca.Function("dynamics", [x, u, t], [functions.dynamics(x, u, t, p)])),
        "running_cost": None
        if problem.running_cost is None
        else _instructions(ca.Function("running", [x, u, t], [functions.running_cost(x, u, t, p)])),
        "terminal_cost": None
        if problem.terminal_cost is None
        else _instructions(ca.Function("terminal", [x, t], [functions.terminal_cost(x, t, p)])),
    }


OPERATIONS = {getattr(ca, name): name for name in dir(ca) if name.startswith("OP_")}


def _instructions(function: ca.Function) -> list[Any]:
    """The elementary operations of an SX function in their order, by name: versions of CasADi read no other's files."""
    found: list[Any] = []
    for k in range(function.n_instructions()):
        name = OPERATIONS[function.instruction_id(k)]
        constant = function.instruction_constant(k) if name == "OP_CONST" else None
        found.append([name, function.instruction_input(k), function.instruction_output(k), constant])
    return found


def _bounds(problem: Any) -> dict[str, list[float | None]]:
    found: dict[str, list[float | None]] = {}
    for kind, of in (("states", problem.states), ("controls", problem.controls)):
        for name, low, high in zip(of, *problem.bounds(kind), strict=True):
            found[name] = [float(v) if np.isfinite(v) else None for v in (low, high)]
    return found


def _line(value: Any) -> list[float]:
    first, last = value if isinstance(value, tuple) else (value, value)
    return [float(first), float(last)]


def _default(problem: Any, name: str) -> Any:
    """geodepth's own default, told to the peers: lines between ends, middles of bounds."""
    start, end = (problem.initial_state or {}).get(name), (problem.final_state or {}).get(name)
    if start is not None or end is not None:
        return (start if start is not None else end, end if end is not None else start)
    low, high = _bounds(problem)[name]
    if low is not None and high is not None:
        return (low + high) / 2
    return min(max(0.0, -np.inf if low is None else low), np.inf if high is None else high)
