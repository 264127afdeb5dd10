"""Pontryagin's conditions along a solution: the Hamiltonian, how constant it is, and whether the control minimizes it.

Source: Bryson and Ho, Applied Optimal Control, chapters 2 and 3. H = l + λ·f is minimal in u, dλ/dt = −∂H/∂x, and
dH/dt = ∂H/∂t, with λ = ∂V/∂x.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import casadi as ca
import numpy as np

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.solution import Solution
from geodepth.control.transcription.interpolation import hermite, lagrange
from geodepth.foundation.shapes import Float

from .resimulation import ordered_parameters

GRID = 17
"""Values that each bounded control is tried at."""
_FUNCTIONS: WeakKeyDictionary[OptimalControlProblem, Any] = WeakKeyDictionary()


def hamiltonian_functions(problem: OptimalControlProblem) -> tuple[Any, Any]:
    """(x, u, t, p, λ) -> H, and -> (H, ∂H/∂x, ∂H/∂u, ∂H/∂t, ∂²H/∂u², path constraints); built once for a problem."""
    if problem not in _FUNCTIONS:
        functions = problem.functions
        kind = ca.SX if functions.dynamics.is_a("SXFunction") else ca.MX
        x, costate = (kind.sym(n, len(problem.states)) for n in ("x", "costate"))
        u, t = kind.sym("u", len(problem.controls)), kind.sym("t")
        p = kind.sym("p", len(problem.parameters or {}))
        value = functions.running_cost(x, u, t, p) + ca.dot(costate, functions.dynamics(x, u, t, p))
        curvature, slope = ca.hessian(value, u)
        arguments = [x, u, t, p, costate]
        rest = [ca.gradient(value, x), slope, ca.gradient(value, t), ca.densify(curvature)]
        _FUNCTIONS[problem] = (
            ca.Function("H", arguments, [value, functions.path(x, u, t, p)]),
            ca.Function("dH", arguments, [value, *(ca.densify(r) for r in rest)]),
        )
    return _FUNCTIONS[problem]  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Along:
    """A solution at n points a interval: everything that the Hamiltonian needs, one column a point."""

    times: Float[np.ndarray, "K n"]
    states: Float[np.ndarray, "nx Kn"]
    controls: Float[np.ndarray, "nu Kn"]
    costates: Float[np.ndarray, "nx Kn"]
    weights: Float[np.ndarray, "K n"]

    def arguments(self, parameters: np.ndarray, controls: np.ndarray | None = None) -> tuple[np.ndarray, ...]:
        count = self.times.size
        tiled = np.tile(parameters[:, None], (1, count))
        chosen = self.controls if controls is None else controls
        return self.states, chosen, self.times.reshape(1, -1), tiled, self.costates


def sample_along(problem: OptimalControlProblem, solution: Solution, points: int = 3) -> Along:
    """The solution at the Gauss points of every interval, controls clipped into their bounds."""
    nodes, weights = np.polynomial.legendre.leggauss(points)
    fractions, lengths = (nodes + 1) / 2, np.diff(solution.times)
    times = solution.times[:-1, None] + lengths[:, None] * fractions
    states = solution.sample(times.ravel()).states.T
    controls = np.einsum("fs,ksu->ukf", lagrange(solution.control_points, fractions), solution.control_values)
    lower, upper = problem.bounds("controls")
    flat = np.clip(controls.reshape(len(problem.controls), times.size), lower[:, None], upper[:, None])
    costates = _costates(problem, solution, fractions)
    return Along(times, states, flat, costates.transpose(2, 0, 1).reshape(states.shape), lengths[:, None] * weights / 2)


def _costates(problem: OptimalControlProblem, solution: Solution, fractions: np.ndarray) -> np.ndarray:
    """Costates inside the intervals: the stages' polynomial where there is one, else a cubic with slopes −∂H/∂x."""
    left, right = solution.interval_costates[:, 0], solution.interval_costates[:, 1]
    inner = solution.inner_costates
    if inner.size and solution.control_points.size == solution.inner_points.size:
        inside = solution.inner_points < 1.0
        points = np.concatenate([[0.0], solution.inner_points[inside], [1.0]])
        known = np.concatenate([left[:, None], inner[:, inside], right[:, None]], axis=1)
        return np.asarray(np.einsum("fs,ksx->kfx", lagrange(points, fractions), known))
    count = left.shape[0]
    ends = np.einsum("es,ksu->euk", lagrange(solution.control_points, (0.0, 1.0)), solution.control_values)
    parameters = np.tile(ordered_parameters(problem, solution)[:, None], (1, count))
    slope = hamiltonian_functions(problem)[1]
    lengths = np.diff(solution.times)[:, None]

    def rise(nodes: slice, control: np.ndarray, costates: np.ndarray) -> np.ndarray:
        at = (solution.states[nodes].T, control, solution.times[None, nodes], parameters, costates.T)
        return np.asarray(-lengths * np.array(slope(*at)[1]).T)[:, None]

    rises = (rise(slice(None, -1), ends[0], left), rise(slice(1, None), ends[1], right))
    return hermite(fractions[None, :, None], (left[:, None], right[:, None]), rises)


def hamiltonian_drift(problem: OptimalControlProblem, solution: Solution, along: Along) -> float:
    """Root mean square over time of H(t) − H̄ − ∫∂H/∂t, relative to the largest sum of |l| and |λ_i f_i|."""
    parameters = ordered_parameters(problem, solution)
    arguments = along.arguments(parameters)
    shape, weights = along.times.shape, along.weights
    values = hamiltonian_functions(problem)[1](*arguments)
    height, explicit = (np.array(values[i]).reshape(shape) for i in (0, 3))
    grown = np.cumsum((explicit * weights).ravel()).reshape(shape) - explicit * weights / 2
    rest = height - grown
    mean = np.sum(rest * weights) / np.sum(weights)
    rates = np.array(problem.functions.dynamics(*arguments[:4]))
    cost = np.abs(np.array(problem.functions.running_cost(*arguments[:4])))
    size = float(np.max(np.abs(along.costates * rates).sum(axis=0) + cost.ravel(), initial=0.0))
    spread = float(np.sqrt(np.sum((rest - mean) ** 2 * weights) / np.sum(weights)))
    return spread / size if size > 0 else spread


def minimum_gap(problem: OptimalControlProblem, solution: Solution, along: Along) -> Float[np.ndarray, " K"]:
    """∫ H(u) − min_v H(v) dt over every interval: the cost that other admissible controls would save to first order.

    v: one Newton step from u within the bounds, and a grid of bounded controls, one component at a time and all
    corners; where path constraints hold controls, only a v that violates them no more than u does.
    """
    value = hamiltonian_functions(problem)[0]
    parameters = ordered_parameters(problem, solution)
    lower, upper = problem.bounds("controls")
    low, high = problem.functions.path_bounds

    def evaluate(controls: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        height, path = (np.array(v) for v in value(*along.arguments(parameters, controls)))
        excess = np.maximum(low[:, None] - path, path - high[:, None])
        return height.ravel(), np.max(excess, axis=0, initial=0.0)

    here, violation = evaluate(along.controls)
    best = here.copy()
    for candidate in _candidates(problem, along, parameters, lower, upper):
        height, excess = evaluate(candidate)
        admissible = (excess <= violation + 1e-9) & (height < best)
        best = np.where(admissible, height, best)
    gap = (here - best).reshape(along.times.shape)
    return np.asarray(np.sum(gap * along.weights, axis=1))


def _candidates(
    problem: OptimalControlProblem, along: Along, parameters: np.ndarray, lower: np.ndarray, upper: np.ndarray
) -> list[np.ndarray]:
    if not problem.controls:
        return []
    candidates = [_newton(problem, along, parameters, lower, upper)]
    bounded = np.flatnonzero(np.isfinite(lower) & np.isfinite(upper))
    for i in bounded:
        for value in np.linspace(lower[i], upper[i], GRID):
            candidate = along.controls.copy()
            candidate[i] = value
            candidates.append(candidate)
    if 2 <= bounded.size <= 4:
        for corner in itertools.product(*((lower[i], upper[i]) for i in bounded)):
            candidate = along.controls.copy()
            candidate[bounded] = np.array(corner)[:, None]
            candidates.append(candidate)
    return candidates


def _newton(
    problem: OptimalControlProblem, along: Along, parameters: np.ndarray, lower: np.ndarray, upper: np.ndarray
) -> np.ndarray:
    """One Newton step in u where H is convex in it; controls at a bound that H pushes against stay."""
    values = hamiltonian_functions(problem)[1](*along.arguments(parameters))
    count, points = len(problem.controls), along.times.size
    slope = np.array(values[2]).T
    curvature = np.array(values[4]).reshape(count, points, count).transpose(1, 0, 2)
    u = along.controls.T
    held = ((u <= lower) & (slope > 0)) | ((u >= upper) & (slope < 0))
    slope = np.where(held, 0.0, slope)
    curvature = np.where(held[:, :, None] | held[:, None, :], 0.0, curvature) + held[:, :, None] * np.eye(count)
    if not (np.all(np.isfinite(curvature)) and np.all(np.isfinite(slope))):
        return along.controls
    values_, vectors = np.linalg.eigh(curvature)
    convex = values_ > 1e-10 * np.max(np.abs(values_), axis=1, initial=1e-300, keepdims=True)
    in_basis = np.einsum("pij,pi->pj", vectors, slope) / np.where(convex, values_, 1.0) * convex
    step = np.einsum("pij,pj->pi", vectors, in_basis)
    return np.asarray(np.clip(u - step, lower, upper).T)
