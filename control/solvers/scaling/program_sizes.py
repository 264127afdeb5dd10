"""How large everything is along a program's paths: of one phase, or of several that are linked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from geodepth.control.transcription.nonlinear_program import NonlinearProgram
from geodepth.control.transcription.transcription import Transcription
from geodepth.foundation.shapes import Float

from .path_sizes import NO_COST, Path, PathSizes, end_changes, path_sizes


@dataclass(frozen=True, slots=True)
class ProgramSizes:
    """Positive sizes along all paths of a program.

    Attributes
    ----------
    parts : tuple of PathSizes
        Of every phase. A state that links make continuous has one size in all of the phases that they tie.
    links : ndarray
        Of the links' rows (m,): by how much each changes when something at an end moves by its size.
    cost : float
        The magnitude of the cost, 0 where it is zero or undefined.
    change : float
        By how much the cost changes.
    """

    parts: tuple[PathSizes, ...]
    links: Float[np.ndarray, " m"]
    cost: float
    change: float

    @property
    def cost_scale(self) -> float:
        """What an error of the cost is relative to: its magnitude where that is more than noise, or its change."""
        return min(self.cost, self.change) if self.cost > NO_COST * self.change else self.change


def program_sizes(
    program: NonlinearProgram,
    variables: Float[np.ndarray, " n"],
    parameters: Float[np.ndarray, " theta"],
    far: float | None = None,
) -> ProgramSizes:
    """The sizes along the paths that a program's variables describe.

    Parameters
    ----------
    program : NonlinearProgram
        Of one phase or several.
    variables, parameters : ndarray
        z (n,) and θ.
    far : float, optional
        The paths are a guess: see `path_sizes`.
    """
    found = []
    for part in program.parts:
        own = variables[part.variables].tobytes(), parameters[part.parameters].tobytes()
        path = _known_path(part.transcription, *own)
        found.append(path_sizes(part.transcription.problem, path, far))
    links = program.links
    if links is None:
        (sizes,), misfit, problem = found, program.parts[0].transcription.misfit, program.parts[0].transcription.problem
        if not misfit:
            return ProgramSizes((sizes,), np.zeros(0), sizes.cost, sizes.change)
        # Without a cost of its own the problem's change is a 1 in whatever units.
        has_cost = problem.running_cost is not None or problem.terminal_cost is not None
        return ProgramSizes((sizes,), np.zeros(0), misfit + sizes.cost, misfit + has_cost * sizes.change)
    shared = _shared([part.transcription for part in program.parts], found, links.continuous)
    ends = [np.array(end).ravel() for end in links.ends(variables, parameters)]
    steps = [s for part, sizes in zip(program.parts, shared, strict=True) for s in _steps(part.transcription, sizes)]
    with np.errstate(over="ignore", invalid="ignore"):
        at_ends = abs(float(links.cost(*ends)))
        moved = float(end_changes(links.cost, ends, steps)[0]) if links.cost.nnz_out(0) else 0.0
    problems = [part.transcription.problem for part in program.parts]
    costly = [p.running_cost is not None or p.terminal_cost is not None for p in problems]
    whole = sum(sizes.cost for sizes in found) + (at_ends if np.isfinite(at_ends) else 0.0)
    change = max([*(sizes.change for sizes, counts in zip(found, costly, strict=True) if counts), moved])
    return ProgramSizes(tuple(shared), end_changes(links.rows, ends, steps), whole, change or whole or 1.0)


@lru_cache(maxsize=4)
def _known_path(transcription: Transcription, variables: bytes, parameters: bytes) -> Path:
    """The same object for the same numbers, by which `path_sizes` knows what it has measured."""
    return path_of(transcription, np.frombuffer(variables), np.frombuffer(parameters))


def path_of(
    transcription: Transcription, variables: Float[np.ndarray, " n"], parameters: Float[np.ndarray, " theta"]
) -> Path:
    """The path that a transcription's variables describe, for θ."""
    problem = transcription.problem
    states, carried, controls = transcription.layout.split(variables)
    numbers = dict(zip(problem.free, carried[0].tolist(), strict=False))
    fixed = [*problem.fixed_parameters, *problem.fixed_times]
    numbers |= dict(zip(fixed, parameters.tolist(), strict=False))
    moves = np.array([1.0, *carried[0, len(problem.free) :]])
    nodes = parameters[len(fixed) :].reshape(-1, moves.size) @ moves
    start, end = numbers["initial_time"], numbers["final_time"]
    ordered = np.array([numbers[name] for name in problem.parameters or {}], dtype=float)
    return Path(start + (end - start) * nodes, states, controls, ordered)


def _shared(
    parts: list[Transcription], sizes: list[PathSizes], continuous: Sequence[tuple[int, int, str]]
) -> list[PathSizes]:
    """The sizes with the largest one for each state that links make one, of the phases numbered there."""
    names = [part.problem.states for part in parts]
    tables = [np.array(found.states) for found in sizes]
    # Once for each link: what the last one tells the first one must hear.
    for _ in continuous:
        for before, after, name in continuous:
            here = (before, names[before].index(name)), (after, names[after].index(name))
            largest = max(tables[phase][i] for phase, i in here)
            for phase, i in here:
                tables[phase][i] = largest
    return [replace(found, states=table) for found, table in zip(sizes, tables, strict=True)]


def _steps(part: Transcription, sizes: PathSizes) -> list[np.ndarray]:
    """By how much what stands at a phase's ends may move: (x0, xf, t0, tf, p)."""
    free = dict(zip(part.problem.free, sizes.free, strict=True))
    parameters = np.array([free.get(name, 0.0) for name in part.problem.parameters or {}], dtype=float)
    horizon = np.array([sizes.horizon])
    return [sizes.states, sizes.states, horizon, horizon, parameters]
