"""Problems whose answer is known: by a closed form, or because there is none.

Every family takes a generator of random numbers and returns a draw without units. `KNOWN` gives each its share.
"""

import math
from typing import Any

import numpy as np
from scipy.linalg import expm

from .draws import INFEASIBLE, UNBOUNDED, Draw, Numbers, Scalar, function


def _dot(row: np.ndarray, values: Numbers) -> Any:
    return sum(a * v for a, v in zip(row, values, strict=True))


def _linear(A: np.ndarray, B: np.ndarray) -> Any:
    def rates(x: Numbers, u: Numbers, t: Any, p: Numbers) -> list[Any]:
        rows = zip(A, B, strict=True)
        return [_dot(by_x, x) + _dot(by_u, u) for by_x, by_u in rows]

    return rates


def _system(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int, int]:
    nx, nu = int(random.integers(1, 5)), int(random.integers(1, 3))
    return random.normal(0, 0.8 / math.sqrt(nx), (nx, nx)), random.normal(0, 1, (nx, nu)), nx, nu


def regulator(random: np.random.Generator) -> Draw:
    """∫ xᵀQx + uᵀRu with a terminal cost: x0ᵀ P(0) x0, P from the exponential of the Hamiltonian matrix."""
    A, B, nx, nu = _system(random)
    q, r, s, T = random.uniform(0, 2, nx), random.uniform(0.2, 2, nu), random.uniform(0, 2, nx), random.uniform(0.5, 4)
    x0 = random.normal(0, 1, nx)
    flow = expm(-np.block([[A, -B / r @ B.T], [-np.diag(q), -A.T]]) * T) @ np.vstack([np.eye(nx), np.diag(s)])
    optimum = float(x0 @ flow[nx:] @ np.linalg.solve(flow[:nx], x0))

    def running(x: Numbers, u: Numbers, t: Any, p: Numbers) -> Any:
        return sum(q[i] * x[i] ** 2 for i in range(nx)) + sum(r[k] * u[k] ** 2 for k in range(nu))

    def terminal(x: Numbers, t: Any, p: Numbers) -> Any:
        return sum(s[i] * x[i] ** 2 for i in range(nx))

    return Draw(0, "", nx, nu, _linear(A, B), running, terminal, dict(enumerate(x0)), final_time=T, optimum=optimum)


def least_energy(random: np.random.Generator) -> Draw:
    """∫ |u|² between given ends of a chain of integrators: dᵀ W⁻¹ d with the Gramian W of controllability."""
    nx, T = int(random.integers(1, 4)), float(random.uniform(0.5, 3))
    A, B = np.eye(nx, k=1), np.zeros((nx, 1))
    A[-1], B[-1, 0] = random.normal(0, 0.5, nx), random.uniform(0.5, 1.5)
    x0, xf = random.normal(0, 1, (2, nx))
    both = expm(np.block([[-A, B @ B.T], [np.zeros((nx, nx)), A.T]]) * T)
    step = both[nx:, nx:].T
    d = xf - step @ x0
    optimum = float(d @ np.linalg.solve(step @ both[:nx, nx:], d))
    return Draw(0, "", nx, 1, _linear(A, B), lambda x, u, t, p: u[0] ** 2, None, dict(enumerate(x0)),
                dict(enumerate(xf)), final_time=T, optimum=optimum)  # fmt: skip


def least_time(random: np.random.Generator) -> Draw:
    """The double integrator to rest at the origin, |u| ≤ 1: one switch, in a time by its closed form."""
    x, v = (float(s) for s in random.uniform(-2, 2, 2))
    side = math.copysign(1.0, x + 0.5 * v * abs(v))
    optimum = side * v + 2 * math.sqrt(max(0.5 * v * v + side * x, 0.0))
    time = (optimum * float(random.uniform(0.7, 1.5)), 0.05, 20.0)
    return Draw(0, "", 2, 1, _linear(np.eye(2, k=1), np.array([[0.0], [1.0]])), None, lambda x, t, p: t, {0: x, 1: v},
                {0: 0.0, 1: 0.0}, control_bounds={0: (-1.0, 1.0)}, final_time=time, optimum=optimum)  # fmt: skip


def isoperimetric(random: np.random.Generator) -> Draw:
    """∫u² of x' = u from 0 to 0 with ∫x = a, stated as one more state: 12a²/T³."""
    a, T = float(random.uniform(0.2, 2)), float(random.uniform(0.5, 3))
    return Draw(0, "", 2, 1, lambda x, u, t, p: [u[0], x[0]], lambda x, u, t, p: u[0] ** 2, None, {0: 0.0, 1: 0.0},
                {0: 0.0, 1: a}, final_time=T, optimum=12 * a**2 / T**3)  # fmt: skip


def under_a_ceiling(random: np.random.Generator) -> Draw:
    """Bryson and Denham's problem, x ≤ ℓ, as a state bound or as a path constraint: 4/(9ℓ) for ℓ ≤ 1/6."""
    ceiling = float(random.uniform(0.08, 1 / 6))
    bounds, path = ({0: (-math.inf, ceiling)}, ()) if random.random() < 0.5 else ({}, ((_first, -math.inf, ceiling),))
    return Draw(0, "", 2, 1, lambda x, u, t, p: [x[1], u[0]], lambda x, u, t, p: 0.5 * u[0] ** 2, None,
                {0: 0.0, 1: 1.0}, {0: 0.0, 1: -1.0}, bounds, path=path, optimum=4 / (9 * ceiling))  # fmt: skip


def _first(x: Numbers, u: Numbers, t: Any, p: Numbers) -> Any:
    return x[0]


def saturated(random: np.random.Generator) -> Draw:
    """∫(x − a)² of x' = u, |u| ≤ 1, from 0: full speed to a, then rest: a³/3."""
    a = float(random.uniform(0.3, 2))
    T, offset = a + float(random.uniform(0.1, 2)), float(random.choice([0.0, 1.0, -2.0]))
    return Draw(0, "", 1, 1, lambda x, u, t, p: [u[0]], lambda x, u, t, p: (x[0] - a) ** 2 + offset, None, {0: 0.0},
                control_bounds={0: (-1.0, 1.0)}, final_time=T, optimum=a**3 / 3 + offset * T)  # fmt: skip


def pace(random: np.random.Generator) -> Draw:
    """∫ c + u² of x' = u from 0 to d in a free time: the pace √c, the cost 2d√c."""
    c, d = float(random.uniform(0.2, 3)), float(random.uniform(0.3, 3))
    time = (d / math.sqrt(c) * float(random.uniform(0.4, 2.5)), 0.01, 100.0)
    return Draw(0, "", 1, 1, lambda x, u, t, p: [u[0]], lambda x, u, t, p: c + u[0] ** 2, None, {0: 0.0}, {0: d},
                final_time=time, optimum=2 * d * math.sqrt(c))  # fmt: skip


def moving_wall(random: np.random.Generator) -> Draw:
    """∫u² of x' = u from 0 above a wall that moves, x ≥ at, or u ≥ at: the path is the wall, a²T or a²T³/3."""
    a, T = float(random.uniform(0.3, 2)), float(random.uniform(0.5, 3))
    on_state = random.random() < 0.5
    wall: Scalar = (lambda x, u, t, p: x[0] - a * t) if on_state else (lambda x, u, t, p: u[0] - a * t)
    optimum = a**2 * T if on_state else a**2 * T**3 / 3
    return Draw(0, "", 1, 1, lambda x, u, t, p: [u[0]], lambda x, u, t, p: u[0] ** 2, None, {0: 0.0},
                path=((wall, 0.0, math.inf),), final_time=T, optimum=optimum)  # fmt: skip


def constant_parameter(random: np.random.Generator) -> Draw:
    """p² + ∫u² of x' = u + p from 0 to b: u = b/(T + 1) = p/1, shared so that p = u·1 where both prices are equal."""
    b, T, price = float(random.uniform(0.3, 3)), float(random.uniform(0.5, 3)), float(random.uniform(0.2, 3))
    # Of u T + p T = b, minimize T u² + price·p²: Lagrange's u = m/2, p = m T/(2·price).
    m = 2 * b / (T * (1 + T / price))
    optimum = T * (m / 2) ** 2 + price * (m * T / (2 * price)) ** 2
    return Draw(0, "", 1, 1, lambda x, u, t, p: [u[0] + p[0]], lambda x, u, t, p: u[0] ** 2,
                lambda x, t, p: price * p[0] ** 2, {0: 0.0}, {0: b}, final_time=T, parameters=((0.0, -50.0, 50.0),),
                optimum=optimum)  # fmt: skip


def linear_cost(random: np.random.Generator) -> Draw:
    """−x₁(T) of a chain under |u| ≤ b: full push all the way, b Tⁿ/n!."""
    nx, T, b = int(random.integers(1, 4)), float(random.uniform(0.5, 2)), float(random.uniform(0.3, 2))
    B = np.zeros((nx, 1))
    B[-1, 0] = 1.0
    return Draw(0, "", nx, 1, _linear(np.eye(nx, k=1), B), None, lambda x, t, p: -x[0], dict.fromkeys(range(nx), 0.0),
                control_bounds={0: (-b, b)}, final_time=T, optimum=-b * T**nx / math.factorial(nx))  # fmt: skip


def out_of_reach(random: np.random.Generator) -> Draw:
    """No admissible path: too far for the time, a final state outside a path constraint, or walls that cross."""
    kind, T = int(random.integers(4)), float(random.uniform(0.5, 2))
    energy: Scalar = lambda x, u, t, p: u[0] ** 2  # noqa: E731
    rates: Any = lambda x, u, t, p: [x[1], function("sin", x[0]) + u[0]]  # noqa: E731
    common: dict[str, Any] = {"final_time": T, "known": INFEASIBLE, "control_bounds": {0: (-1.0, 1.0)}}
    start = {0: 0.0, 1: 0.0}
    if kind == 0:  # |x₀''| ≤ 2, so |x₀(T)| ≤ T²
        return Draw(0, "", 2, 1, rates, energy, None, start, {0: T**2 + float(random.uniform(0.1, 3))}, **common)
    if kind == 1:
        return Draw(0, "", 2, 1, rates, energy, None, start, {0: 0.0}, path=((_first, 0.2, math.inf),), **common)
    if kind == 2:  # the walls x₀ ≥ 2t − T + 0.1 and x₀ ≤ 0 cross at the end
        path: Any = ((lambda x, u, t, p: x[0] - 2 * t + T - 0.3, 0.0, math.inf), (_first, -math.inf, 0.0))
        return Draw(0, "", 2, 1, rates, energy, None, start, path=path, **common)
    # The speed is bounded by 0.5: no way to get farther than T/2.
    return Draw(0, "", 2, 1, rates, energy, None, start, {0: 0.5 * T + 0.3}, {1: (-0.5, 0.5)}, **common)


def without_least_cost(random: np.random.Generator) -> Draw:
    """The cost falls without end, or an infimum that no path attains."""
    kind, T = int(random.integers(6)), float(random.uniform(0.5, 2))
    common: dict[str, Any] = {"final_time": T, "known": UNBOUNDED}
    free: dict[str, Any] = {"known": UNBOUNDED, "final_time": (T, 0.1, math.inf)}
    chain = _linear(np.eye(2, k=1), np.array([[0.0], [1.0]]))
    push: Any = lambda x, u, t, p: [u[0]]  # noqa: E731
    if kind == 0:
        return Draw(0, "", 2, 1, chain, None, lambda x, t, p: -x[0], {0: 0.0, 1: 0.0}, **common)
    if kind == 1:
        return Draw(0, "", 1, 1, push, lambda x, u, t, p: x[0] ** 2 - u[0] ** 2, None, {0: 1.0}, **common)
    if kind == 2:  # the longer the better: ∫u² of a move over a distance is d²/T
        return Draw(0, "", 1, 1, push, lambda x, u, t, p: u[0] ** 2, None, {0: 0.0}, {0: 1.0}, **free)
    if kind == 3:
        return Draw(0, "", 1, 1, push, lambda x, u, t, p: u[0] ** 2 - 0.5, None, {0: 0.0}, {0: 1.0}, **free)
    if kind == 4:
        decay: Any = lambda x, u, t, p: [-x[0] + 0.0 * u[0]]  # noqa: E731
        return Draw(0, "", 1, 1, decay, None, lambda x, t, p: x[0], {0: 1.0}, control_bounds={0: (-1.0, 1.0)}, **free)
    return Draw(0, "", 2, 1, chain, lambda x, u, t, p: x[1], None, {0: 0.0, 1: 0.0}, **common)


KNOWN = {
    "regulator": (regulator, 1.0),
    "least energy": (least_energy, 1.0),
    "least time": (least_time, 1.0),
    "isoperimetric": (isoperimetric, 0.5),
    "under a ceiling": (under_a_ceiling, 0.7),
    "saturated": (saturated, 0.7),
    "pace": (pace, 0.5),
    "moving wall": (moving_wall, 0.7),
    "constant parameter": (constant_parameter, 0.5),
    "linear cost": (linear_cost, 0.7),
    "out of reach": (out_of_reach, 1.2),
    "without least cost": (without_least_cost, 1.0),
}
"""Every family of known answer: who makes a draw of it, and its share."""
