"""A sequence of parameter values, each problem solved from the last: the way to problems too hard to start cold."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geodepth.control.model.errors import CHECKS, ProblemError
from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.read_back import to_solution
from geodepth.control.solution.solution import Solution, SolveError
from geodepth.control.solvers.back_end import SolverSettings
from geodepth.control.solvers.diagnosis.why_it_stopped import diagnosed
from geodepth.control.solvers.program import Program
from geodepth.control.solvers.scaling.variable_scaling import rescaling
from geodepth.control.solvers.status import ProgramResult, Status
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.transcription import Method
from geodepth.foundation.interruption import interruption
from geodepth.foundation.shapes import Float

from .discretized import discretized
from .guess import Guess, initial_variables


@dataclass(frozen=True, slots=True)
class Stage:
    """One value of the parameters, and the end of the solve there.

    Attributes
    ----------
    values : dict
        The parameters that the schedule names.
    result : ProgramResult
        There.
    """

    values: dict[str, float]
    result: ProgramResult


def homotopy(
    problem: OptimalControlProblem,
    schedule: Sequence[Mapping[str, float]],
    method: Method | None = None,
    mesh: Mesh | None = None,
    solver: str = "ipopt",
    tolerance: float = 1e-8,
    guess: Guess = None,
    raise_on_failure: bool = True,
    cuts: int = 3,
    options: Mapping[str, Any] | None = None,
) -> list[Solution]:
    """Solve the problem for each entry of a schedule, each from the one before.

    Parameters
    ----------
    problem : OptimalControlProblem
        With fixed parameters.
    schedule : sequence of mappings
        Values of fixed parameters, by name; what is not named keeps the problem's value.
    method, mesh, solver, tolerance, options
        As in `solve`.
    guess : Guess, optional
        Where the first solve starts, as `solve` takes it.
    raise_on_failure : bool, default True
        Raise when a step fails for good.
    cuts : int, default 3
        How often a step that fails is halved: tried again through values in between.

    Returns
    -------
    list of Solution
        One for each value that was reached, intermediate ones included. The last belongs to the last entry, or is the
        one that failed or was interrupted.

    Raises
    ------
    ProblemError
        The schedule is empty or names no fixed parameter, or another argument cannot be used.
    SolveError
        At a step that fails for good, or that Ctrl-C stops, when raise_on_failure is true.
    """
    if not isinstance(schedule, list | tuple) or not all(isinstance(entry, Mapping) for entry in schedule):
        raise CHECKS.refusal("schedule", schedule, "a sequence of mappings from parameters to values")
    for entry in schedule:
        for name, value in entry.items():
            CHECKS.number(f"schedule: {name!r}", value)
    if not schedule:
        raise ProblemError("schedule is empty; give at least one mapping from a parameter to a value")
    CHECKS.count("cuts", cuts, 0)
    CHECKS.flag("raise_on_failure", raise_on_failure)
    method, transcription = discretized(problem, method, mesh)
    program = Program(transcription, SolverSettings(solver, tolerance, options=options), rescaling(transcription))
    start = initial_variables(transcription, guess)
    with interruption():
        stages = follow(program, schedule, start, cuts=cuts)
    before = stages[-2].result.iterate.variables if len(stages) > 1 else start
    last = diagnosed(program, stages[-1].result, before, transcription.parameter_values(stages[-1].values))
    stages[-1] = replace(stages[-1], result=last)
    solutions = [
        to_solution(program, stage.result, transcription.parameter_values(stage.values), {"stage": i}, method)
        for i, stage in enumerate(stages)
    ]
    if raise_on_failure and not solutions[-1].success:
        raise SolveError(f"{problem.name} at {stages[-1].values}: {solutions[-1].advice}", solutions[-1])
    return solutions


def follow(
    program: Program,
    schedule: Sequence[Mapping[str, float]],
    variables: Float[np.ndarray, " size"],
    mesh: Mesh | None = None,
    cuts: int = 3,
) -> list[Stage]:
    """Solve one compiled program along a schedule.

    Parameters
    ----------
    program : Program
        Compiled once.
    schedule : sequence of mappings
        Values of fixed parameters, by name.
    variables : ndarray
        Where the first solve starts (size,).
    mesh : Mesh, optional
        Another than the transcription's own, with as many intervals.
    cuts : int, default 3
        How often a step that fails is halved.

    Returns
    -------
    list of Stage
        The last is the last entry's, or the one that failed or that Ctrl-C stopped.
    """
    stages: list[Stage] = []
    previous: dict[str, float] | None = None
    for entry in schedule:
        pending, halvings = [dict(entry)], 0
        while pending:
            values = pending[-1]
            result = program.solve(variables, program.transcription.parameter_values(values, mesh))
            if result.status is Status.SOLVED:
                stages.append(Stage(values, result))
                variables, previous = result.iterate.variables, values
                pending.pop()
            elif previous is not None and halvings < cuts and result.status is not Status.INTERRUPTED:
                halvings += 1
                pending.append(_between(previous, values))
            else:
                return [*stages, Stage(values, result)]
    return stages


def _between(first: Mapping[str, float], second: Mapping[str, float]) -> dict[str, float]:
    """Halfway: geometric where both values are positive, else arithmetic."""
    middle = {}
    for name, after in second.items():
        before = first.get(name, after)
        middle[name] = math.sqrt(before * after) if before > 0 and after > 0 else (before + after) / 2
    return middle
