"""The direct method's own meshes: nodes equidistributed along the path, and more of them until cost and H stand still.

A, B and their slopes by the Hamiltonian system make a cubic Hermite path; what that leaves of the system inside an
interval is its error, whatever the scheme. Nodes move until every interval has an equal share of its root, the state is
interpolated to the new nodes, and the program is solved again from there. Source: Ascher, Mattheij and Russell,
Numerical Solution of Boundary Value Problems for Ordinary Differential Equations, section 9.1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.transcribed.path_problem import PathProblem
from geodepth.control.geodesics.transcribed.schemes import SCHEMES
from geodepth.control.geodesics.transcribed.smooth_point import SmoothPoint
from geodepth.control.geodesics.transcribed.smoothed_solves import solve_smoothed
from geodepth.control.model.errors import CHECKS, ProblemError
from geodepth.foundation.equidistribution import equal_shares
from geodepth.foundation.shapes import Float

from .hamiltonian_system import HamiltonianSystem

MESHES = ("fixed", "equidistributed")
EVEN = 1.5
"""An interval may have this many times the mean share and the mesh still count as equidistributed."""
ROUNDS, LEAST_GROWTH, MOST_GROWTH, FIRST_GROWTH = 16, 1.25, 3.0, 1.6
# An interval gets at least this share of the mean density, so that none grows far beyond the others.
FLOOR = 0.3
# A solve on the next mesh that changes the cost by more has left for another minimum.
SAME_MINIMUM = 0.02
ROUNDING, VANISHING = 1e-13, 1e-3


@dataclass(frozen=True, slots=True)
class MeshGoal:
    """When a mesh is good enough: tolerance None keeps the number of intervals and only moves the nodes."""

    tolerance: float | None
    most_layers: int


@dataclass(frozen=True, slots=True, eq=False)
class MeshedPoint:
    """The smoothed minimum on the last mesh, and what is known of that mesh.

    spread: the largest share of the error's root over the mean; cost_change: |ΔJ|/J at the last refinement, None
    before the first; drift: of H over the nodes, relative (`HermitePath.drift`); rounds: meshes after the first.
    """

    steps: Float[np.ndarray, " L"]
    point: SmoothPoint
    spread: float
    cost_change: float | None
    drift: float
    rounds: int
    reached: bool
    reason: str

    def record(self) -> dict[str, Any]:
        """As a solution's statistics keep it."""
        names = ("spread", "cost_change", "drift", "rounds", "reached", "reason")
        return {name: getattr(self, name) for name in names}


def check_mesh_goal(mesh: str, scheme: str, tolerance: float | None, most_layers: int) -> MeshGoal | None:
    """The goal of an equidistributed mesh, None for a fixed one. Raises ProblemError for what does not fit."""
    if mesh not in MESHES:
        raise ProblemError(f"mesh is {mesh!r}; choose one of {list(MESHES)}")
    if mesh == "fixed":
        if tolerance is not None:
            raise ProblemError(f"mesh_tolerance is {tolerance!r}, which asks for mesh='equidistributed'")
        return None
    if SCHEMES[scheme].is_network:
        raise ProblemError(
            "mesh is 'equidistributed' with scheme 'euler', whose steps are the network's layers and part of the "
            "problem; give layer_steps, or take scheme 'rk4', 'gauss' or 'radau' for the continuous path"
        )
    if tolerance is not None:
        wanted = "a number between 1e-12 and 1, such as 1e-6, or None"
        CHECKS.number("mesh_tolerance", tolerance, above=1e-12, below=1, wanted=wanted)
    return MeshGoal(tolerance, CHECKS.count("most_layers", most_layers, 2))


def on_equidistributed_mesh(problem: PathProblem, goal: MeshGoal, point: SmoothPoint) -> MeshedPoint:
    """Move the nodes of a smoothed minimum's mesh, and add some, until the goal is reached or it says why not.

    The goal's tolerance bounds the relative change of the cost at a refinement and the relative drift of H.
    """
    steps, change = problem.steps, None
    for turn in range(ROUNDS + 1):
        path = HermitePath(problem.geodesic, steps, point)
        wanted = path.density()
        shares = wanted * steps
        spread, drift = float(shares.max() / shares.mean()), path.drift()
        error = max(drift, np.inf if change is None else change)
        done = spread <= EVEN and (goal.tolerance is None or error <= goal.tolerance)
        intervals, reason = steps.size, ""
        if done:
            reason = "Equidistributed, to the tolerance." if goal.tolerance else "Equidistributed."
        elif turn == ROUNDS:
            reason = f"Not settled after {ROUNDS} meshes."
        elif spread <= EVEN and goal.tolerance is not None:
            intervals = int(np.ceil(steps.size * _growth(error / goal.tolerance, problem.discretization.order)))
            if intervals > goal.most_layers:
                reason = f"The next mesh would have {intervals} intervals; raise most_layers."
        found = None
        if not reason:
            fresh = equidistributed(steps, wanted, intervals)
            found = _solve_on(problem, path, fresh)
            if found is None:
                reason = f"The solve on the next mesh, of {intervals} intervals, failed."
        if found is None:
            return MeshedPoint(steps, point, spread, change, drift, turn, done, reason)
        if intervals > steps.size:
            change = abs(found.cost - point.cost) / max(abs(found.cost), 1e-300)
        steps, point = fresh, found
    raise AssertionError("the last round returns")


def equidistributed(
    steps: Float[np.ndarray, " K"], wanted: Float[np.ndarray, " K"], intervals: int
) -> Float[np.ndarray, " M"]:
    """Steps of `intervals` intervals with equal shares of a density that is constant on each of the old ones."""
    mass = np.concatenate([[0.0], np.cumsum(wanted * steps)])
    positions = np.concatenate([[0.0], np.cumsum(steps)])
    fresh = np.diff(equal_shares(positions, mass, intervals))
    return np.asarray(fresh / fresh.sum())


class HermitePath:
    """The cubic path through the nodes of a smoothed minimum, (A, B) as rows of 2Nw numbers."""

    def __init__(self, geodesic: RepresentationGeodesic, steps: Float[np.ndarray, " K"], point: SmoothPoint) -> None:
        smoothing = 0.0 if geodesic.activation_at().is_linear else point.smoothing
        self.system = HamiltonianSystem(geodesic, smoothing)
        self.steps, self.point = steps, point
        parts = (point.representations, point.momenta)
        self.nodes = np.concatenate([part.transpose(0, 2, 1).reshape(part.shape[0], -1) for part in parts], axis=1)
        positions = np.concatenate([[0.0], np.cumsum(steps)])
        # Half of what importing this package would cost, so it comes when it is needed.
        from scipy.interpolate import CubicHermiteSpline

        self.curve = CubicHermiteSpline(positions, self.nodes, self.system.field(self.nodes, None))

    def at(self, positions: Float[np.ndarray, " m"]) -> Float[np.ndarray, "m 2Nw"]:
        """Values at positions in [0, 1]."""
        return np.asarray(self.curve(positions))

    def density(self) -> Float[np.ndarray, " K"]:
        """Where nodes are wanted: the fourth root of the path's error, per length; A and B count relative to theirs."""
        half, count = self.system.half, self.steps.size
        # A cubic's defect is largest at Gauss's two points, and vanishes to leading order in the middle.
        share = np.array([0.5 - 0.5 / np.sqrt(3), 0.5 + 0.5 / np.sqrt(3)])
        where = (self.curve.x[:-1, None] + self.steps[:, None] * share).ravel()
        left = np.abs(self.curve(where, 1) - self.system.field(self.curve(where), None))
        left = left.reshape(count, 2, -1).max(axis=1)
        sizes = (max(float(np.abs(part).max()), 1e-300) for part in (self.nodes[:, :half], self.nodes[:, half:]))
        largest, momentum = sizes
        relative = np.maximum(left[:, :half].max(axis=1) / largest, left[:, half:].max(axis=1) / momentum)
        roots = (self.steps * relative + ROUNDING) ** 0.25 / self.steps
        return np.asarray(np.maximum(roots, FLOOR * float(roots @ self.steps)))

    def drift(self) -> float:
        """(max H − min H)/max|H| over the nodes; for an H that all but vanishes, over a thousandth of its term in W."""
        energies = self.system.energy(self.nodes, None)
        squares = np.sum(self.system.weights(self.nodes, None) ** 2, axis=(1, 2)) / (2 * self.system.scale)
        scale = max(float(np.abs(energies).max()), VANISHING * float(squares.max()), 1e-300)
        return float(np.ptp(energies) / scale)


def _growth(ratio: float, order: int) -> float:
    """By how much more intervals an error falls by this ratio."""
    if not np.isfinite(ratio):
        return FIRST_GROWTH
    return float(np.clip(1.1 * ratio ** (1.0 / order), LEAST_GROWTH, MOST_GROWTH))


def _solve_on(problem: PathProblem, path: HermitePath, fresh: Float[np.ndarray, " M"]) -> SmoothPoint | None:
    """The smoothed minimum on another mesh, from this path there; None where no solver stays with the minimum."""
    geodesic, system, scheme = problem.geodesic, path.system, problem.discretization
    positions = np.concatenate([[0.0], np.cumsum(fresh)])
    nodes = path.at(positions)
    inside = path.at((positions[:-1, None] + fresh[:, None] * np.array(scheme.fractions)).ravel())
    states = system.split(inside)[0].transpose(0, 2, 1).reshape(fresh.size, -1, geodesic.width, geodesic.samples)
    weights = system.weights(inside, None).reshape(fresh.size, -1, geodesic.width, geodesic.columns)
    inner = states if scheme.holds_states else None
    begin = system.split(nodes)[0].transpose(0, 2, 1)
    ladder = (path.point.smoothing,)
    for back_end in ("ipopt",) if problem.solver == "ipopt" else ("fatrop", "ipopt"):
        # fatrop starts from the point without its multipliers, and may leave for another minimum.
        there = replace(problem, steps=fresh, solver=back_end)
        found = solve_smoothed(there, begin, weights, inner, ladder)
        if found.converged and abs(found.cost / path.point.cost - 1.0) <= SAME_MINIMUM:
            return found
    return None
