"""Pontryagin's conditions along a solution: the Hamiltonian, how constant it is, and whether the control minimizes it.

1. Sample states, controls and costates at the Gauss points of every interval.
2. Evaluate H = l + λ·f and its derivatives there, with λ = ∂V/∂x.
3. Compare H with its mean plus the integral of ∂H/∂t and what path constraints add: the drift.
4. Compare H at the control with H at other admissible controls: the gap.

Source: Bryson and Ho, Applied Optimal Control, chapters 2 and 3. H is minimal in u, dλ/dt = −∂H/∂x − μ ∂g/∂x, and
dH/dt = ∂H/∂t + μ ∂g/∂t with the multipliers μ of path constraints g (solution/path_multipliers.py).
In discrete time (section 2.6 there) H is of a step and the costate behind it, and λ_k = ∂H/∂x; it need not be constant,
and only be stationary in u.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.solution import Solution
from geodepth.control.solvers.scaling.path_sizes import NO_COST
from geodepth.control.transcription.interpolation import gauss_points, hermite, integration, lagrange
from geodepth.foundation.shapes import Float

from .error_scales import ordered_parameters, solution_sizes

GRID = 17
"""Values that each bounded control is tried at (chosen by hand)."""
VIOLATES = 1e-9
"""By how much more a candidate may violate path constraints than the control itself, relative to their sizes: it is
rounding."""
CONVEX = 1e-10
"""The least eigenvalue of ∂²H/∂u², relative to the largest, along which H counts as convex: rounding (by hand)."""
HELD = 1e-5
"""How near to its bound a state counts as on it, relative to its size (chosen by hand, as where `refine` tells arcs
apart)."""
POINTS = 3
"""Gauss points of an interval where a path is looked at (chosen by hand)."""
KEPT = 16
"""Problems whose functions are kept (chosen by hand)."""


@lru_cache(maxsize=KEPT)
def hamiltonian_functions(problem: OptimalControlProblem) -> tuple[Any, Any]:
    """The Hamiltonian and its derivatives as CasADi functions, kept for the last problems.

    Returns
    -------
    (casadi.Function, casadi.Function)
        (x, u, t, p, λ) -> (H, path constraints), and -> (H, ∂H/∂x, ∂H/∂u, ∂H/∂t, ∂²H/∂u²).
    """
    functions = problem.functions
    kind = ca.SX if functions.dynamics.is_a("SXFunction") else ca.MX
    x, costate = (kind.sym(n, len(problem.states)) for n in ("x", "costate"))
    u, t = kind.sym("u", len(problem.controls)), kind.sym("t")
    p = kind.sym("p", len(problem.parameters or {}))
    value = functions.running_cost(x, u, t, p) + ca.dot(costate, functions.dynamics(x, u, t, p))
    curvature, slope = ca.hessian(value, u)
    arguments = [x, u, t, p, costate]
    rest = [ca.gradient(value, x), slope, ca.gradient(value, t), curvature]
    return (
        ca.Function("H", arguments, [value, functions.path(x, u, t, p)]),
        ca.Function("dH", arguments, [value, *(ca.densify(r) for r in rest)]),
    )


@dataclass(frozen=True, slots=True)
class Hamiltonian:
    """H and its derivatives at m points.

    Attributes
    ----------
    value, by_time : ndarray
        H and ∂H/∂t (m,).
    by_control : ndarray
        ∂H/∂u (m, nu).
    curvature : ndarray
        ∂²H/∂u² (m, nu, nu).
    """

    value: Float[np.ndarray, " m"]
    by_control: Float[np.ndarray, "m nu"]
    by_time: Float[np.ndarray, " m"]
    curvature: Float[np.ndarray, "m nu nu"]


@dataclass(frozen=True, slots=True)
class Along:
    """A solution at n points of each interval: everything that the Hamiltonian needs, one column for each point.

    Attributes
    ----------
    problem : OptimalControlProblem
        What was solved.
    parameters : ndarray
        p (np,).
    times : ndarray
        (K, n).
    states, controls, costates : ndarray
        (nx, Kn), (nu, Kn), (nx, Kn).
    weights : ndarray
        Of a quadrature over time (K, n).
    path_sizes, control_sizes : ndarray
        Of the path constraints' expressions (ng,), and of the controls (nu,).
    idle_height : float
        What the Hamiltonian is relative to where the cost is nearly zero, and with it all that H sums; 0 elsewhere.
    even_costates : ndarray, optional
        The costates (nx, Kn) with those of a state at their mean in every interval at whose ends it is on its bound;
        None where no state is.
    """

    problem: OptimalControlProblem
    parameters: Float[np.ndarray, " np"]
    times: Float[np.ndarray, "K n"]
    states: Float[np.ndarray, "nx Kn"]
    controls: Float[np.ndarray, "nu Kn"]
    costates: Float[np.ndarray, "nx Kn"]
    weights: Float[np.ndarray, "K n"]
    path_sizes: Float[np.ndarray, " ng"]
    control_sizes: Float[np.ndarray, " nu"]
    idle_height: float
    even_costates: Float[np.ndarray, "nx Kn"] | None = None

    def arguments(self, controls: np.ndarray | None = None) -> tuple[np.ndarray, ...]:
        """(x, u, t, p, λ) at all points, with these controls (nu, Kn) in place of the solution's."""
        tiled = np.tile(self.parameters[:, None], (1, self.times.size))
        chosen = self.controls if controls is None else controls
        return self.states, chosen, self.times.reshape(1, -1), tiled, self.costates

    def largest_terms(self) -> float:
        """The largest sum of |l| and |λ_i f_i|, of which H is made."""
        at, functions = self.arguments()[:4], self.problem.functions
        rates, cost = np.array(functions.dynamics(*at)), np.abs(np.array(functions.running_cost(*at)))
        return float(np.max(np.abs(self.costates * rates).sum(axis=0) + cost.ravel(), initial=self.idle_height))

    def hamiltonian(self) -> Hamiltonian:
        """H and its derivatives at all points."""
        values = [np.array(value) for value in hamiltonian_functions(self.problem)[1](*self.arguments())]
        count = len(self.problem.controls)
        curvature = values[4].reshape(count, self.times.size, count).transpose(1, 0, 2)
        return Hamiltonian(values[0].ravel(), values[2].T, values[3].ravel(), curvature)


def sample_along(problem: OptimalControlProblem, solution: Solution, points: int = POINTS) -> Along:
    """The solution at the Gauss points of every interval, controls clipped into their bounds.

    Parameters
    ----------
    problem : OptimalControlProblem
        What was solved.
    solution : Solution
        To be sampled.
    points : int, default 3
        In each interval. In discrete time a step has one: its state and control, with the costate behind it.
    """
    if problem.steps is not None:
        return _along_steps(problem, solution)
    nodes, weights = np.polynomial.legendre.leggauss(points)
    fractions, lengths = (nodes + 1) / 2, np.diff(solution.times)
    times = solution.times[:-1, None] + lengths[:, None] * fractions
    states = solution.sample(times.ravel()).states.T
    controls = np.einsum("fs,ksu->ukf", lagrange(solution.control_points, fractions), solution.control_values)
    lower, upper = problem.bounds("controls")
    costates = _costates(problem, solution, fractions)
    even = _evened(problem, solution, costates, weights / 2)
    sizes = solution_sizes(problem, solution)
    return Along(
        problem=problem,
        parameters=ordered_parameters(problem, solution),
        times=times,
        states=states,
        controls=np.clip(controls.reshape(len(problem.controls), times.size), lower[:, None], upper[:, None]),
        costates=costates.transpose(2, 0, 1).reshape(states.shape),
        weights=lengths[:, None] * weights / 2,
        path_sizes=sizes.path,
        control_sizes=sizes.controls,
        idle_height=sizes.change / sizes.horizon if abs(solution.cost) <= NO_COST * sizes.change else 0.0,
        even_costates=None if even is None else even.transpose(2, 0, 1).reshape(states.shape),
    )


def _along_steps(problem: OptimalControlProblem, solution: Solution) -> Along:
    sizes, bounds = solution_sizes(problem, solution), problem.bounds("controls")
    return Along(
        problem=problem,
        parameters=ordered_parameters(problem, solution),
        times=solution.times[:-1, None],
        states=solution.states[:-1].T,
        controls=np.clip(solution.control_values[:, 0], *bounds).T,
        costates=solution.interval_costates[:, 1].T,
        weights=np.ones((solution.times.size - 1, 1)),
        path_sizes=sizes.path,
        control_sizes=sizes.controls,
        idle_height=sizes.change / sizes.horizon if abs(solution.cost) <= NO_COST * sizes.change else 0.0,
    )


def _costates(problem: OptimalControlProblem, solution: Solution, fractions: np.ndarray) -> np.ndarray:
    """Costates inside the intervals: the stages' polynomial where there is one, else a cubic with slopes −∂H/∂x.

    Straight lines where a kink of the cost holds states: on it the slope is anything between those of its sides.
    """
    left, right = solution.interval_costates[:, 0], solution.interval_costates[:, 1]
    inner = solution.inner_costates
    if inner.size and solution.control_points.size == solution.inner_points.size:
        inside = solution.inner_points < 1.0
        points = np.concatenate([[0.0], solution.inner_points[inside], [1.0]])
        known = np.concatenate([left[:, None], inner[:, inside], right[:, None]], axis=1)
        return np.asarray(np.einsum("fs,ksx->kfx", lagrange(points, fractions), known))
    slacks = problem.functions.running_slacks
    if slacks is not None and slacks.by_state:
        return np.asarray(left[:, None] + fractions[None, :, None] * (right - left)[:, None])
    ends = np.einsum("es,ksu->euk", lagrange(solution.control_points, (0.0, 1.0)), solution.control_values)
    parameters = np.tile(ordered_parameters(problem, solution)[:, None], (1, left.shape[0]))
    slope = hamiltonian_functions(problem)[1]
    lengths = np.diff(solution.times)[:, None]

    def rise(nodes: slice, control: np.ndarray, costates: np.ndarray) -> np.ndarray:
        at = (solution.states[nodes].T, control, solution.times[None, nodes], parameters, costates.T)
        return np.asarray(-lengths * np.array(slope(*at)[1]).T)[:, None]

    rises = (rise(slice(None, -1), ends[0], left), rise(slice(1, None), ends[1], right))
    return hermite(fractions[None, :, None], (left[:, None], right[:, None]), rises)


def _evened(
    problem: OptimalControlProblem,
    solution: Solution,
    costates: Float[np.ndarray, "K n nx"],
    weights: Float[np.ndarray, " n"],
) -> Float[np.ndarray, "K n nx"] | None:
    """Costates at their mean over every interval at whose ends their state is on its bound; None without any.

    By the method's own quadrature where it has stages: by that, controls are stationary.
    """
    sizes, states = solution_sizes(problem, solution).states, solution.states
    on = [np.abs(states - side) <= HELD * sizes for side in problem.bounds("states")]
    held = np.any([at[:-1] & at[1:] for at in on], axis=0)
    if not np.any(held):
        return None
    means = np.einsum("n,knx->kx", weights, costates)
    if solution.inner_costates.size:
        nodes, own = np.polynomial.legendre.leggauss(solution.inner_points.size)
        stages = own / 2 @ lagrange(solution.inner_points, (nodes + 1) / 2)
        means = np.einsum("s,ksx->kx", stages, solution.inner_costates)
    return np.where(held[:, None, :], means[:, None, :], costates)


def hamiltonian_drift(along: Along, growth: Float[np.ndarray, "K n"] | float = 0.0) -> float:
    """Root mean square over time of H(t) − H̄ − ∫∂H/∂t − growth, relative to the largest sum of |l| and |λ_i f_i|.

    Parameters
    ----------
    along : Along
        The solution at points of its intervals.
    growth : ndarray, optional
        By how much path constraints with time in them have let H grow, at the same points.
    """
    shape, weights = along.times.shape, along.weights
    found = along.hamiltonian()
    height, explicit = found.value.reshape(shape), found.by_time.reshape(shape)
    gains, lengths = np.sum(explicit * weights, axis=1), np.sum(weights, axis=1)
    inside = explicit @ integration(gauss_points(shape[1])).T
    grown = (np.cumsum(gains) - gains + lengths * inside.T).T
    rest = height - grown - growth
    mean = np.sum(rest * weights) / np.sum(weights)
    size = along.largest_terms()
    spread = float(np.sqrt(np.sum((rest - mean) ** 2 * weights) / np.sum(weights)))
    return spread / size if size > 0 else spread


def minimum_gap(along: Along) -> Float[np.ndarray, " K"]:
    """∫ H(u) − min_v H(v) dt over every interval: the cost that other admissible controls would save to first order.

    Notes
    -----
    The v tried are one Newton step from u within the bounds, both ways along which H bends down most, and a grid of
    bounded controls, one component at a time and all corners. Where path constraints hold controls, only a v that
    violates them no more than u does counts.

    Where a state stays on its bound, multipliers at several points of an interval do the same: how a solver shares them
    out moves the costate to and fro inside, by as much as an interval is long. There the costate's mean counts too,
    whichever lets others save less.
    """
    found, even = _gap(along), along.even_costates
    return found if even is None else np.minimum(found, _gap(replace(along, costates=even)))


def _gap(along: Along) -> Float[np.ndarray, " K"]:
    value = hamiltonian_functions(along.problem)[0]
    low, high = along.problem.functions.path_bounds

    def evaluate(controls: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        height, path = (np.array(v) for v in value(*along.arguments(controls)))
        excess = np.maximum(low[:, None] - path, path - high[:, None]) / along.path_sizes[:, None]
        return height.ravel(), np.max(excess, axis=0, initial=0.0)

    here, violation = evaluate(along.controls)
    best = here.copy()
    for candidate in _candidates(along):
        height, excess = evaluate(candidate)
        best = np.where((excess <= violation + VIOLATES) & (height < best), height, best)
    gap = (here - best).reshape(along.times.shape)
    return np.asarray(np.sum(gap * along.weights, axis=1))


def _candidates(along: Along) -> Iterator[Float[np.ndarray, "nu Kn"]]:
    if not along.problem.controls:
        return
    lower, upper = along.problem.bounds("controls")
    yield from _steps(along, lower, upper)
    bounded = np.flatnonzero(np.isfinite(lower) & np.isfinite(upper))
    tried: list[tuple[Any, Any]] = [(i, v) for i in bounded for v in np.linspace(lower[i], upper[i], GRID)]
    if 2 <= bounded.size <= 4:
        corners = itertools.product(*((lower[i], upper[i]) for i in bounded))
        tried += [(bounded, np.array(corner)[:, None]) for corner in corners]
    for which, value in tried:
        candidate = along.controls.copy()
        candidate[which] = value
        yield candidate


def _steps(along: Along, lower: np.ndarray, upper: np.ndarray) -> Iterator[Float[np.ndarray, "nu Kn"]]:
    """One Newton step in u where H is convex in it, and both ways by u's size where H bends down most: on top of it H
    is level. Controls at a bound that H pushes against stay."""
    found, u, sizes = along.hamiltonian(), along.controls.T, along.control_sizes
    slope, curvature = found.by_control * sizes, found.curvature * sizes[:, None] * sizes
    held = ((u <= lower) & (slope > 0)) | ((u >= upper) & (slope < 0))
    slope = np.where(held, 0.0, slope)
    curvature = np.where(held[:, :, None] | held[:, None, :], 0.0, curvature)
    if not (np.all(np.isfinite(curvature)) and np.all(np.isfinite(slope))):
        return
    values, vectors = np.linalg.eigh(curvature)
    least = CONVEX * np.max(np.abs(values), axis=1, initial=1e-300, keepdims=True)
    convex = values > least
    in_basis = np.einsum("pij,pi->pj", vectors, slope) / np.where(convex, values, 1.0) * convex
    steps = [-np.einsum("pij,pj->pi", vectors, in_basis)]
    if np.any(values < -least):
        down = vectors[:, :, 0] * (values < -least)[:, :1]
        steps += [down, -down]
    for step in steps:
        yield np.asarray(np.clip(u + step * sizes, lower, upper).T)
