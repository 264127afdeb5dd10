"""refine for several phases: each mesh follows its own errors, and what halving all of them shows ends it.

1. Solve on the first meshes.
2. Estimate every interval's error in every phase, relative to the whole cost; split and merge, or add points, where it
   asks for that. Put nodes where constraints are violated between nodes.
3. Solve from the last solution. If halving every interval changed the cost by little enough, and hides nothing, stop;
   else go to 2. Where nothing asks, or splitting no longer matters, halve all.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.refinement.arcs import structure_of
from geodepth.control.refinement.error_estimates import IntervalErrors, interval_errors, nothing_hidden
from geodepth.control.refinement.first_solve import from_other_starts
from geodepth.control.refinement.mesh_changes import discretization, finer_discretization
from geodepth.control.refinement.reached import (
    NO_STARTS,
    OUT_OF_TIME,
    Reached,
    all_rounds,
    failed_solve,
    too_many_intervals,
)
from geodepth.control.refinement.tight_solver import TightSolver
from geodepth.control.solution.phases.multi_phase_solution import MultiPhaseSolution
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.transcription import Method
from geodepth.control.verification.phases.certificate_of_phases import cost_scale_of_solution

GOAL = 0.3
"""Share of the tolerance that every interval's estimated error may have at first, as in `refine`."""

Discretizations = dict[str, tuple[Method, Mesh]]
"""Method and mesh by phase."""


def improving_phases(
    by: TightSolver[MultiPhaseProblem, MultiPhaseSolution],
    method: Any,
    mesh: Any,
    guess: Any,
    rounds: int,
    most_intervals: int,
) -> Iterator[Reached]:
    """Better and better solutions. A first solve that fails is the only one.

    Parameters
    ----------
    by : TightSolver
        What every solve shares.
    method, mesh, guess : one for all phases, or mappings
        Of the first solve.
    rounds, most_intervals : int
        The most rounds of refinement, and intervals of all phases together.
    """
    solution, starts = by.solve(method, mesh, guess), NO_STARTS
    if guess is None:
        solution, starts = from_other_starts(by, method, mesh, solution)
    yield Reached(solution, starts=starts)
    if not solution.success:
        return
    change, error, goal, ended = math.inf, math.inf, GOAL * by.tolerance, all_rounds(rounds)
    for _ in range(rounds):
        errors = _errors(by.problem, solution)
        hidden, finer = any(own.places for own in errors.values()), _finer(solution, errors, goal)
        settled = change <= by.tolerance and not hidden and all(own.simulable for own in errors.values())
        confirming = finer is None or settled
        if finer is None or confirming:
            now = {name: discretization(phase) for name, phase in solution.phases.items()}
            finer = {name: (own, mesh.halved()) for name, (own, mesh) in now.items()}
            goal *= 0.1
        count = sum(mesh.intervals for _, mesh in finer.values())
        if by.late or count > most_intervals:
            ended = OUT_OF_TIME if by.late else too_many_intervals(count, most_intervals)
            break
        methods, meshes = ({name: each[i] for name, each in finer.items()} for i in (0, 1))
        found = by.solve(methods, meshes, solution)
        if not found.success:
            ended = failed_solve(count, found.status)
            break
        change = 2 * abs(found.cost - solution.cost) / cost_scale_of_solution(by.problem, found)
        solution = found
        error = change if confirming else max(error, change) if hidden else error
        yield Reached(solution, error, starts=starts)
        after = _errors(by.problem, solution) if error <= by.tolerance else {}
        if after and nothing_hidden(after.values(), by.tolerance):
            ended = ""
            break
    chatter = _singular(by.problem, solution) if ended else ""
    yield Reached(solution, error, f"{ended}; {chatter}" if chatter else ended, starts)


def _singular(problem: MultiPhaseProblem, solution: MultiPhaseSolution) -> str:
    """Which control is singular in which phase, on which others than constant ones chatter, with what to do; or ""."""
    for name, phase in solution.phases.items():
        if getattr(phase.method, "control", "") == "constant":
            continue
        arcs = structure_of(problem.by_name[name], phase).arcs
        for i, control in enumerate(problem.by_name[name].controls):
            if any(arc.controls[i] == "singular" for arc in arcs):
                what = f"{control} is singular in phase {name!r}, and may chatter there"
                return f"{what}: give this phase DirectCollocation(control='constant'), or cut it at its arcs"
    return ""


def _errors(problem: MultiPhaseProblem, solution: MultiPhaseSolution) -> dict[str, IntervalErrors]:
    """Of every phase, relative to the whole cost."""
    cost = cost_scale_of_solution(problem, solution)
    return {name: interval_errors(problem.by_name[name], phase, cost) for name, phase in solution.phases.items()}


def _finer(solution: MultiPhaseSolution, errors: Mapping[str, IntervalErrors], goal: float) -> Discretizations | None:
    """Methods and meshes of the next round; None where no phase asks for others."""
    asked = {name: finer_discretization(phase, errors[name], goal) for name, phase in solution.phases.items()}
    if all(finer is None for finer in asked.values()):
        return None
    return {name: finer or discretization(solution.phases[name]) for name, finer in asked.items()}
