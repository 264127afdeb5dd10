"""refine: meshes that follow the estimated error, until the certified error is below a tolerance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geodepth.control.model.errors import check_count, check_number
from geodepth.control.model.problem import OptimalControlProblem, check_problem
from geodepth.control.solution.certificate import Check
from geodepth.control.solution.solution import Solution, SolveError
from geodepth.control.solvers.program import Program
from geodepth.control.solvers.status import Status
from geodepth.control.solving.guess import Guess
from geodepth.control.solving.solve import solve
from geodepth.control.transcription.direct_collocation import DirectCollocation
from geodepth.control.transcription.implicit_integrators import ImplicitRungeKutta
from geodepth.control.transcription.integrators_by_name import integrator
from geodepth.control.transcription.mesh import Mesh, check_mesh
from geodepth.control.transcription.multiple_shooting import MultipleShooting
from geodepth.control.transcription.transcription import Method
from geodepth.control.verification.pontryagin import minimum_gap, sample_along
from geodepth.control.verification.quick_certificate import cost_scale, quick_certificate
from geodepth.control.verification.resimulation import largest_jump, resimulate, state_scale
from geodepth.foundation.shapes import Float

from .arcs import find_structure
from .switch_times import with_nodes_on_switches

MOST_PIECES = 4
MOST_ITERATIONS = 1000
"""Of one solve: a first one needs fewer, and those from a neighbour's solution far fewer."""
WORST_START = 0.1
"""Largest relative jump between intervals simulated again that a first solution may show.

On the hang glider by RK4 it is 1.6 and 1.1 on 20 and 40 intervals, whose answers are nonsense, and 0.03 on 80, whose
answer is right to 2e-5.
"""


@dataclass(frozen=True, slots=True)
class _Settings:
    """What every solve of a refinement shares."""

    problem: OptimalControlProblem
    solver: str
    tolerance: float
    options: Mapping[str, Any] | None

    def solve(self, method: Method, mesh: Mesh, guess: Guess) -> Solution:
        """Solve, tightly if that works, otherwise to the ordinary tolerance."""
        # An interior-point method ends at about its tolerance for each active bound, of which there may be hundreds.
        solution = self._once(method, mesh, guess, min(1e-8, max(1e-4 * self.tolerance, 1e-11)))
        solution = solution if solution.success else self._once(method, mesh, guess, 1e-8)
        # fatrop starts again from the point alone, without its multipliers, and may leave for another minimum.
        if self.solver == "fatrop" and isinstance(guess, Solution) and _elsewhere(solution, guess):
            return replace(self, solver="ipopt").solve(method, mesh, guess)
        return solution

    def _once(self, method: Method, mesh: Mesh, guess: Guess, tolerance: float) -> Solution:
        return solve(
            self.problem,
            method,
            mesh,
            # With its controls held, what is left to move are a few nodes: fatrop cycles there.
            "ipopt" if mesh.movable else self.solver,
            tolerance,
            guess,
            raise_on_failure=False,
            max_iterations=MOST_ITERATIONS,
            options=self.options,
            certify=False,
        )


def refine(
    problem: OptimalControlProblem,
    method: Method | None = None,
    mesh: Mesh | None = None,
    solver: str = "ipopt",
    tolerance: float = 1e-6,
    guess: Guess = None,
    raise_on_failure: bool = True,
    rounds: int = 12,
    most_intervals: int = 3000,
    switches: bool = True,
    options: Mapping[str, Any] | None = None,
) -> Solution:
    """Solve on meshes that are refined until the relative error of the cost is certified to be below `tolerance`.

    method: by default DirectCollocation("radau", 3); mesh: the first, by default Mesh.uniform(20). Each round
    estimates for every interval the error of its states (simulated again, relative) and the cost that better controls
    would save (the Hamiltonian's excess over its minimum); intervals split where these are too large, merge where they
    are far too small, and collocation gains points when most intervals ask to be split. With switches=True the arcs of
    the control are found after the first solve, and the nodes between them become variables that the optimizer moves:
    switch times come out as exactly as the rest (`find_structure` reports them).

    Controls become constant on each interval where the first solve finds singular arcs, on which others chatter, and
    those of shooting with an implicit integrator go to its stages where path constraints hold them.

    It ends when halving every interval changes the cost by less than half the tolerance; the finer solution is
    returned, with the change as its certificate's line "finer mesh". When `rounds`, `most_intervals` or a solve that
    fails end it earlier, that line fails. Raises SolveError when a solve fails that nothing can be done without, if
    raise_on_failure is true.
    """
    check_number("tolerance", tolerance, 1e-13, 1, "a number from 1e-12 to 1, such as 1e-6")
    check_count("rounds", rounds)
    check_count("most_intervals", most_intervals)
    check_problem(problem)
    settings = _Settings(problem, solver, tolerance, options)
    method = DirectCollocation("radau", 3) if method is None else method
    mesh = Mesh.uniform(20) if mesh is None else mesh
    check_mesh(mesh)
    solution = _first(settings, _following(problem, method), mesh, guess)
    if not solution.success:
        if raise_on_failure:
            raise SolveError(f"{problem.name}: {solution.status.value}", solution)
        return solution
    solution = _steadied(problem, solution, settings)
    # Where only some intervals were split, a small change says nothing of the others: the error is what halving shows.
    change, error, goal = math.inf, math.inf, 0.3 * tolerance
    for _ in range(rounds):
        if switches:
            solution = with_nodes_on_switches(problem, solution, settings.solve)
        method, mesh = _next(problem, solution, goal)
        confirming = mesh is solution.mesh or change <= tolerance
        if confirming:
            # Nothing asks to be split, or splitting no longer matters: halve everything to see whether that is right.
            assert solution.method is not None
            assert solution.mesh is not None
            method = solution.method
            mesh = solution.mesh.halved()
            goal *= 0.1
        if mesh.intervals > most_intervals:
            break
        finer = settings.solve(method, mesh, solution)
        if not finer.success:
            break
        change = 2 * abs(finer.cost - solution.cost) / cost_scale(finer)
        solution = finer
        error = change if confirming else error
        if error <= tolerance:
            break
    if switches:
        solution = with_nodes_on_switches(problem, solution, settings.solve)
    return _certified(problem, solution, error, tolerance)


def _elsewhere(solution: Solution, coarser: Solution) -> bool:
    """Whether a finer mesh changed the cost by more than meshes do."""
    return not solution.success or abs(solution.cost - coarser.cost) > 0.01 * cost_scale(coarser)


def _following(problem: OptimalControlProblem, method: Method) -> Method:
    """Shooting whose controls can follow a bound that moves with the state, where there may be one.

    Linear ones would need intervals of the tolerance's square root; an explicit integrator has no others.
    """
    if not isinstance(method, MultipleShooting) or not problem.functions.path_uses_control:
        return method
    step = integrator(method.integrator)
    stages = isinstance(step, ImplicitRungeKutta) and step.substeps == 1
    return replace(method, control="stages") if stages else method


def _first(settings: _Settings, method: Method, mesh: Mesh, guess: Guess) -> Solution:
    """The first solve; where it fails, or its controls do something else when simulated again, it is tried on halves.

    Twice at most: intervals were then too long for the integrator, whose error the optimizer may have exploited.

    By ipopt if fatrop was asked for: far from a solution on a coarse mesh that one may cycle, and cannot be stopped.
    """
    settings = replace(settings, solver="ipopt" if settings.solver == "fatrop" else settings.solver)
    solution = settings.solve(method, mesh, guess)
    for _ in range(2):
        if solution.status is Status.INTERRUPTED:
            break
        if solution.success and largest_jump(settings.problem, solution) <= WORST_START:
            break
        mesh = mesh.halved()
        finer = settings.solve(method, mesh, guess)
        solution = finer if finer.success else solution
    return solution


def _steadied(problem: OptimalControlProblem, solution: Solution, settings: _Settings) -> Solution:
    """The solution with constant controls where it has singular arcs, on which controls of more freedom chatter.

    Their cost is as exact: on such an arc it sees the control's integrals alone. Path constraints on the control
    would be followed to the length of an interval only, so with these the method stays.
    """
    method = solution.method
    assert solution.mesh is not None
    if not isinstance(method, MultipleShooting | DirectCollocation) or method.control == "constant":
        return solution
    if problem.functions.path_uses_control:
        return solution
    if not any("singular" in arc.controls for arc in find_structure(problem, solution).arcs):
        return solution
    steady = settings.solve(replace(method, control="constant"), solution.mesh, solution)
    return steady if steady.success else solution


def _certified(problem: OptimalControlProblem, solution: Solution, error: float, tolerance: float) -> Solution:
    assert solution.method is not None
    assert solution.mesh is not None
    program = Program(solution.method.transcribe(problem, solution.mesh))
    quick = quick_certificate(problem, solution, program)
    line = Check("finer mesh", error, tolerance, "relative error of the cost, seen on a finer mesh")
    return replace(solution, certificate=replace(quick, checks=(*quick.checks, line), cost_error=error))


def interval_errors(
    problem: OptimalControlProblem, solution: Solution
) -> tuple[Float[np.ndarray, " K"], Float[np.ndarray, " K"]]:
    """For every interval: the relative error of its states when simulated again, and the relative cost that better
    controls would save, to first order, as if every interval lost as much."""
    defects = np.abs(resimulate(problem, solution).defects) / state_scale(solution.states)
    along = sample_along(problem, solution)
    gaps = np.abs(minimum_gap(problem, solution, along)) / cost_scale(solution) * defects.shape[0]
    worst = np.max(defects, axis=1)
    return np.where(np.isfinite(worst), worst, 1.0), np.where(np.isfinite(gaps), gaps, 1.0)


def _next(problem: OptimalControlProblem, solution: Solution, goal: float) -> tuple[Method, Mesh]:
    """The method and mesh of the next round: more points where all is smooth, else split and merge intervals."""
    method, mesh = solution.method, solution.mesh
    assert method is not None
    assert mesh is not None
    defects, gaps = interval_errors(problem, solution)
    # Local errors fall with the fourth power of the interval at least, for what is smooth; what is not comes again.
    pieces = np.ceil(np.maximum(defects / goal, gaps / goal) ** 0.25)
    pieces = np.clip(np.where(np.isfinite(pieces), pieces, MOST_PIECES), 1, MOST_PIECES).astype(int)
    if np.all(pieces == 1):
        return method, mesh
    if isinstance(method, DirectCollocation) and method.order < 6 and np.mean(pieces > 1) > 0.5:
        return replace(method, order=method.order + 1), mesh_copy(mesh)
    idle = np.maximum(defects, gaps) < 1e-4 * goal
    return method, split_and_merge(mesh, pieces, idle)


def mesh_copy(mesh: Mesh) -> Mesh:
    return Mesh(mesh.breakpoints, mesh.movable)


def split_and_merge(mesh: Mesh, pieces: np.ndarray, idle: np.ndarray) -> Mesh:
    """Every interval cut into its number of pieces; pairs of idle intervals joined, but never over a movable node."""
    nodes, movable, k = [0.0], [], 0
    points = mesh.breakpoints
    while k < mesh.intervals:
        if k in mesh.movable:
            movable.append(len(nodes) - 1)
        pair = k + 1 < mesh.intervals and idle[k] and idle[k + 1] and k + 1 not in mesh.movable
        if pair and mesh.intervals > 8:
            nodes.append(float(points[k + 2]))
            k += 2
        else:
            nodes.extend(np.linspace(points[k], points[k + 1], int(pieces[k]) + 1)[1:].tolist())
            k += 1
    return Mesh(np.array(nodes), tuple(movable))
