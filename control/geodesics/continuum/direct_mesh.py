"""The direct method's own meshes: nodes equidistributed along the path, and more of them until cost and H settle.

1. Make the cubic path through the nodes, and measure its error on every interval (hermite_path.py).
2. Stop if every interval has about the same share of it, and cost and H have settled to the tolerance.
3. Where the shares are even but the tolerance is not reached, ask for more intervals.
4. Move the nodes to equal shares, interpolate the path to them, and solve the program again from there.

Source: Ascher, Mattheij and Russell, Numerical Solution of Boundary Value Problems for Ordinary Differential Equations,
section 9.1.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geodepth.control.geodesics.transcribed.path_problem import PathProblem
from geodepth.control.geodesics.transcribed.schemes import SCHEMES
from geodepth.control.geodesics.transcribed.smooth_point import SmoothPoint
from geodepth.control.geodesics.transcribed.smoothed_solves import solve_smoothed
from geodepth.control.model.errors import CHECKS, ProblemError
from geodepth.foundation.shapes import Float

from .hermite_path import HermitePath

MESHES = ("fixed", "equidistributed")
EVEN = 1.5
"""An interval may have this many times the mean share and the mesh still count as equidistributed; chosen by hand."""
ROUNDS = 16
"""Meshes after the first, at most; chosen by hand."""
LEAST_GROWTH, MOST_GROWTH, FIRST_GROWTH = 1.25, 3.0, 1.6
"""Bounds of the factor by which a mesh grows, and the factor as long as no error is known; chosen by hand."""
GROWTH_MARGIN = 1.1
"""A mesh grows by this much more than its scheme's order asks for; chosen by hand."""
SAME_MINIMUM = 0.02
"""A solve on the next mesh that changes the cost by more, relative, has left for another minimum; chosen by hand."""


@dataclass(frozen=True, slots=True)
class MeshGoal:
    """When a mesh is good enough.

    Attributes
    ----------
    tolerance : float or None
        Of the relative change of the cost at a refinement, and of the relative drift of H. None keeps the number of
        intervals and only moves the nodes.
    most_layers : int
        Intervals at most.
    """

    tolerance: float | None
    most_layers: int


@dataclass(frozen=True, slots=True, eq=False)
class MeshedPoint:
    """The smoothed minimum on the last mesh, and what is known of that mesh.

    Attributes
    ----------
    steps : (L,)
        Lengths of the intervals.
    point : SmoothPoint
        The minimum there.
    spread : float
        The largest share of the error's root over the mean.
    cost_change : float or None
        |ΔJ|/J at the last refinement; None before the first.
    drift : float
        Of H over the nodes, relative (`HermitePath.drift`).
    rounds : int
        Meshes after the first.
    reached : bool
        Whether the goal was.
    reason : str
        Why it stopped, in a sentence.
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
    """The goal of an equidistributed mesh, None for a fixed one.

    Parameters
    ----------
    mesh, scheme : str
        One of `MESHES`, and one of `SCHEMES`.
    tolerance, most_layers
        As in `MeshGoal`.

    Raises
    ------
    ProblemError
        For what does not fit together.
    """
    CHECKS.choice("mesh", mesh, MESHES)
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

    Parameters
    ----------
    problem : PathProblem
        What is solved, and the mesh to begin with.
    goal : MeshGoal
        What to reach.
    point : SmoothPoint
        The minimum on the first mesh.
    """
    steps, change = problem.steps, None
    for turn in range(ROUNDS + 1):
        path = HermitePath(problem.geodesic, steps, point)
        spread, drift = path.spread(), path.drift()
        error = max(drift, np.inf if change is None else change)
        done = spread <= EVEN and (goal.tolerance is None or error <= goal.tolerance)
        intervals, reason, found = steps.size, "", None
        if done:
            reason = "Equidistributed, to the tolerance." if goal.tolerance else "Equidistributed."
        elif turn == ROUNDS:
            reason = f"Not settled after {ROUNDS} meshes."
        elif spread <= EVEN and goal.tolerance is not None:
            intervals = int(np.ceil(steps.size * growth(error / goal.tolerance, problem.discretization.order)))
            if intervals > goal.most_layers:
                reason = f"The next mesh would have {intervals} intervals; raise most_layers."
        if not reason:
            fresh = path.equidistributed(intervals)
            found = _solve_on(problem, path, fresh)
            if found is None:
                reason = f"The solve on the next mesh, of {intervals} intervals, failed."
        if found is None:
            return MeshedPoint(steps, point, spread, change, drift, turn, done, reason)
        if intervals > steps.size:
            change = abs(found.cost - point.cost) / max(abs(found.cost), 1e-300)
        steps, point = fresh, found
    raise AssertionError("the last round returns")


def growth(ratio: float, order: int) -> float:
    """By how many times more intervals an error of this order falls by this ratio."""
    if not np.isfinite(ratio):
        return FIRST_GROWTH
    return float(np.clip(GROWTH_MARGIN * ratio ** (1.0 / order), LEAST_GROWTH, MOST_GROWTH))


def _solve_on(problem: PathProblem, path: HermitePath, fresh: Float[np.ndarray, " M"]) -> SmoothPoint | None:
    """The smoothed minimum on another mesh, from this path there; None where no solver stays with the minimum."""
    geodesic, system, scheme = problem.geodesic, path.system, problem.discretization
    positions = np.concatenate([[0.0], np.cumsum(fresh)])
    begin = system.split(path.at(positions))[0].transpose(0, 2, 1)
    inside = path.at((positions[:-1, None] + fresh[:, None] * np.array(scheme.fractions)).ravel())
    states = system.split(inside)[0].transpose(0, 2, 1).reshape(fresh.size, -1, geodesic.width, geodesic.samples)
    weights = system.weights(inside, None).reshape(fresh.size, -1, geodesic.width, geodesic.columns)
    inner = states if scheme.holds_states else None
    ladder = (path.point.smoothing,)
    for back_end in ("ipopt",) if problem.solver == "ipopt" else ("fatrop", "ipopt"):
        # fatrop starts from the point without its multipliers, and may leave for another minimum.
        there = replace(problem, steps=fresh, solver=back_end)
        found = solve_smoothed(there, begin, weights, inner, ladder)
        if found.converged and abs(found.cost / path.point.cost - 1.0) <= SAME_MINIMUM:
            return found
    return None
