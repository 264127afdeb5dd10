"""Problems with random dynamics, costs, bounds and constraints that are feasible by a witness.

The witness is an admissible control; its simulated path keeps every bound and ends where the final state is asked for.
"""

import math
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from .draws import Draw, Numbers, Scalar, function


def _random_rates(random: np.random.Generator, nx: int, nu: int) -> Any:
    """Linear dynamics, half of them with terms that are not, none of which grows faster than the states."""
    A = random.normal(0.0, 0.8 / math.sqrt(nx), (nx, nx)) - 0.2 * np.eye(nx)
    B = random.normal(0.0, 1.0, (nx, nu))
    if random.random() < 0.4:  # a chain of integrators
        A, B = np.eye(nx, k=1), np.zeros((nx, nu))
        B[-1, :] = random.uniform(0.5, 1.5, nu)
    extra: list[tuple[int, int, int, int, float]] = []
    if random.random() < 0.6:
        for _ in range(random.integers(1, 4)):
            kind, i, j, k = (int(random.integers(n)) for n in (8, nx, nx, nu))
            extra.append((kind, i, j, k, float(random.normal(0.0, 0.8))))

    def rates(x: Numbers, u: Numbers, t: Any, p: Numbers) -> list[Any]:
        total = [sum(A[i, j] * x[j] for j in range(nx)) + sum(B[i, k] * u[k] for k in range(nu)) for i in range(nx)]
        for kind, i, j, k, c in extra:
            total[i] = total[i] + c * _term(kind, x[i], x[j], u[k], t)
        return total

    return rates


def _term(kind: int, xi: Any, xj: Any, u: Any, t: Any) -> Any:
    return (
        lambda: function("sin", xj),
        lambda: function("cos", xj) * u,
        lambda: function("exp", -xj * xj),
        lambda: function("tanh", xi * xj),
        lambda: -abs_like(xi) * xi**3,
        lambda: function("sin", 3.0 * t) * xj,
        lambda: xj / (1.0 + xj * xj),
        lambda: t * function("cos", xi),
    )[kind]()


def abs_like(x: Any) -> Any:
    """1 at 0, growing slowly: keeps a cube from overtaking everything."""
    return 1.0 / (1.0 + 0.25 * x * x)


def _random_cost(random: np.random.Generator, nx: int, nu: int) -> tuple[Scalar | None, Any]:
    """A running and a terminal cost; at least one that keeps the problem bounded."""
    q, r, a = random.uniform(0, 2, nx) * (random.random(nx) < 0.7), random.uniform(0.05, 2, nu), random.normal(0, 1, nx)
    kind, offset = int(random.integers(5)), float(random.choice([0.0, 0.0, 1.0, -3.0]))

    def running(x: Numbers, u: Numbers, t: Any, p: Numbers) -> Any:
        value = sum(r[k] * u[k] ** 2 for k in range(nu)) + offset
        for i in range(nx):
            if kind == 0:
                value = value + q[i] * (x[i] - a[i]) ** 2
            elif kind == 1:
                value = value + q[i] * (1.0 - function("cos", x[i] - a[i]))
            elif kind == 2:
                value = value + q[i] * (x[i] - function("sin", 2.0 * t)) ** 2
            elif kind == 3:
                value = value + 0.3 * q[i] * (x[i] - a[i]) ** 4
        return value

    if random.random() < 0.4:
        return running, lambda x, t, p: sum(q[i] * (x[i] + a[i]) ** 2 for i in range(nx))
    return running, None


def _witness(random: np.random.Generator, rates: Any, nx: int, nu: int, horizon: float) -> Any:
    """An initial state, a control of size at most one, and the path that it leads along, at 201 times."""
    start = random.normal(0.0, 1.0, nx)
    level, swing, pace = random.uniform(-0.6, 0.6, nu), random.uniform(-0.3, 0.3, nu), random.uniform(0, 4, nu)

    def control(t: Any) -> list[Any]:
        return [level[k] + swing[k] * np.sin(pace[k] * t) for k in range(nu)]

    times = np.linspace(0.0, horizon, 201)
    found = solve_ivp(
        lambda t, x: np.array(rates(x, control(t), t, ())), (0.0, horizon), start, t_eval=times, rtol=1e-7, atol=1e-9
    )
    good = found.success and np.all(np.abs(found.y) < 20.0)
    return (start, times, found.y, control(times)) if good else None


def witnessed(random: np.random.Generator) -> Draw:
    """Random dynamics, cost, bounds and constraints, feasible by a witness."""
    while True:
        nx, nu, horizon = int(random.integers(1, 5)), int(random.integers(1, 3)), float(random.uniform(0.5, 3.0))
        rates = _random_rates(random, nx, nu)
        found = _witness(random, rates, nx, nu, horizon)
        if found is not None:
            break
    start, times, path, controls = found
    running, terminal = _random_cost(random, nx, nu)
    final = {i: float(path[i, -1]) for i in range(nx) if random.random() < 0.5} if random.random() < 0.5 else {}
    made = Draw(0, "", nx, nu, rates, running, terminal, dict(enumerate(start)), final, final_time=horizon)
    if random.random() < 0.6:
        made = replace(made, control_bounds={k: (-float(s), float(s)) for k, s in enumerate(random.uniform(1, 2, nu))})
    if random.random() < 0.3:
        i, room = int(random.integers(nx)), float(random.uniform(0.02, 0.5))
        made = replace(made, state_bounds={i: (float(path[i].min()) - room, float(path[i].max()) + room)})
    if random.random() < 0.3:
        made = replace(made, path=(_constraint(random, times, path, controls),))
    return _freed(random, made)


def _constraint(random: np.random.Generator, times: Any, x: Any, u: Any) -> tuple[Scalar, float, float]:
    """A path constraint that the witness keeps, often of time too."""
    i, j = (int(random.integers(x.shape[0])) for _ in range(2))
    a, b, c = (float(v) for v in random.normal(0, 1, 3))
    expressions: list[Scalar] = [
        lambda x, u, t, p: x[i] + a * t,
        lambda x, u, t, p: u[0] + a * x[i] + b * t,
        lambda x, u, t, p: (x[i] - a) ** 2 + (x[j] - b) ** 2,
        lambda x, u, t, p: u[0] * (1.0 + 0.3 * function("sin", 2.0 * t)) + b * x[i],
        lambda x, u, t, p: a * x[i] + c * x[j] - function("sin", t),
    ]
    chosen = expressions[int(random.integers(5))]
    along, room = chosen(x, u, times, ()), float(random.uniform(0.02, 0.5))
    if random.random() < 0.5:
        return chosen, float(np.min(along)) - room, math.inf
    return chosen, -math.inf, float(np.max(along)) + room


def _freed(random: np.random.Generator, made: Draw) -> Draw:
    """Now and then a free final time, a free initial state, or a free parameter."""
    horizon = float(made.final_time)  # type: ignore[arg-type]
    if random.random() < 0.2:
        made = replace(made, final_time=(horizon, 0.3 * horizon, 2.0 * horizon))
    if random.random() < 0.1:
        i = int(random.integers(made.nx))
        low, high = made.state_bounds.get(i, (made.initial[i] - 0.5, made.initial[i] + 0.5))
        low, high = min(low, made.final.get(i, low)), max(high, made.final.get(i, high))
        initial = {k: v for k, v in made.initial.items() if k != i}
        made = replace(made, initial=initial, state_bounds={**made.state_bounds, i: (low - 5.0, high + 5.0)})
    if random.random() < 0.1:
        rates = made.dynamics
        running, weight = made.running, float(random.uniform(0.1, 2.0))

        def pushed(x: Numbers, u: Numbers, t: Any, p: Numbers) -> list[Any]:
            first, *rest = rates(x, u, t, ())
            return [first + p[0], *rest]

        def priced(x: Numbers, u: Numbers, t: Any, p: Numbers) -> Any:
            assert running is not None
            return running(x, u, t, p) + weight * p[0] ** 2

        made = replace(made, dynamics=pushed, running=priced, parameters=((0.0, -1.0, 1.0),))
    return made
