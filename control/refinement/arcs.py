"""The structure of an optimal control: arcs on bounds, between bounds, singular ones, and the switches between them.

1. Give every interval a word for each control and each state: on which bound it is, or inside (`_labels`).
2. Where the words change, a new arc begins: at a node if that is exact, else where the control's mean says.
3. Join neighbours that turn out to be of one kind, and name arcs singular where H is linear in the control.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress, pairwise
from typing import overload

import numpy as np

from geodepth.control.model.errors import ProblemError
from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.phases.multi_phase_solution import MultiPhaseSolution
from geodepth.control.solution.solution import Solution
from geodepth.control.solvers.program import CompiledProgram
from geodepth.control.solvers.scaling.variable_scaling import path_scales
from geodepth.control.solvers.solver_call import computed
from geodepth.control.verification.belonging import as_solved, check_optimum
from geodepth.control.verification.error_scales import cost_scale, ordered_parameters, solution_sizes
from geodepth.control.verification.pontryagin import sample_along

from .held_intervals import held_intervals

AT_BOUND = 1e-3
"""How near to a bound a control counts as on it, relative to its size: interior-point methods stay a little off.
Chosen by hand."""
STATE_AT_BOUND = 2e-4
"""The same for a state, relative to its size. Chosen by hand: where higher derivatives of a state are controlled, its
path hardly costs more that much beside its bound, and wanders there."""
LINEAR = 1e-12
"""Of ∂²H/∂u², for controls of their size over the horizon, relative to the cost: below it H is linear in u, up to
roundoff."""
ENDS_OF_ARC = 2
"""Intervals in which a control may come to a constraint that holds it, or leave it (chosen by hand)."""
AWAY_FROM_NODES = 0.02
"""A switch inside an interval stays this share of it away from the nodes. Chosen by hand."""


@dataclass(frozen=True, slots=True)
class Arc:
    """A stretch of time on which nothing enters or leaves a bound.

    Attributes
    ----------
    start, end : float
        In the problem's unit of time.
    controls : tuple of str
        For each control "lower", "upper", "interior", or "singular" (inside, where H is linear in it and no bound or
        path constraint on states says what it is).
    states : tuple of str
        Names of the states on a bound.
    sides : tuple of str
        For each of these "lower" or "upper".
    constraints : tuple of str
        Names of the path constraints on states that hold with equality.
    """

    start: float
    end: float
    controls: tuple[str, ...]
    states: tuple[str, ...]
    sides: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()

    @property
    def held(self) -> tuple[str, ...]:
        """What the path is on: states' bounds and path constraints."""
        return *self.states, *self.constraints


@dataclass(frozen=True, slots=True)
class Structure:
    """The arcs of a solution in order."""

    arcs: tuple[Arc, ...]

    @property
    def switch_times(self) -> tuple[float, ...]:
        """Where one arc ends and the next begins."""
        return tuple(arc.start for arc in self.arcs[1:])

    def __str__(self) -> str:
        lines = []
        for arc in self.arcs:
            bounded = f"; on a bound: {', '.join(arc.held)}" if arc.held else ""
            lines.append(f"{arc.start:14.9g} to {arc.end:<14.9g} {', '.join(arc.controls)}{bounded}")
        return "\n".join(lines)


@overload
def find_structure(problem: OptimalControlProblem, solution: Solution) -> Structure: ...


@overload
def find_structure(problem: MultiPhaseProblem, solution: MultiPhaseSolution) -> dict[str, Structure]: ...


def find_structure(
    problem: OptimalControlProblem | MultiPhaseProblem, solution: Solution | MultiPhaseSolution
) -> Structure | dict[str, Structure]:
    """Read the arcs off a solution.

    Parameters
    ----------
    problem : OptimalControlProblem or MultiPhaseProblem
        What was solved.
    solution : Solution or MultiPhaseSolution
        Its solution, by any method.

    Returns
    -------
    Structure or dict
        Its switch times are known to the length of an interval, and exactly where the mesh's nodes could move. Of
        several phases, one by each name.

    Raises
    ------
    ProblemError
        The solution belongs to another problem, does not say how it was discretized, or was stopped short.

    Notes
    -----
    An interval in which a control goes straight from one bound to the other holds the switch where its mean says.
    """
    there = as_solved(problem, solution)
    if not solution.success:
        raise ProblemError(f"solution was stopped short ({solution.status.name.lower()}); solve the problem first")
    scales = path_scales(there.transcription, there.iterate.variables, there.parameters)
    left = CompiledProgram(there.transcription).residuals(there.iterate, there.parameters, scales)
    check_optimum(there, left, scales)
    if not isinstance(problem, MultiPhaseProblem):
        assert isinstance(solution, Solution)
        return structure_of(problem, solution)
    assert isinstance(solution, MultiPhaseSolution)
    return {name: structure_of(problem.by_name[name], phase) for name, phase in solution.phases.items()}


def structure_of(problem: OptimalControlProblem, solution: Solution) -> Structure:
    """The arcs of a solution, or of one phase of several, that is known to be of this problem."""
    arcs = [replace(arc, controls=_inside(arc)) if arc.states else arc for arc in linear_arcs(problem, solution)]
    return Structure(tuple(joined(_entered(arcs, solution.times))))


def linear_arcs(problem: OptimalControlProblem, solution: Solution) -> list[Arc]:
    """The arcs, with "singular" also where H is linear in a control that a bound on a state holds."""
    kinds, times = _labels(problem, solution), solution.times
    exact = set() if solution.mesh is None else set(solution.mesh.movable)
    starts, found = [times[0]], [kinds[0]]
    k = 1
    while k < len(kinds):
        if kinds[k] == found[-1] and k not in exact:
            k += 1
            continue
        width = 0 if problem.steps is not None else _width_of_jump(kinds, k, exact)
        starts.append(_crossing(solution, k, width) if width else times[k])
        found.append(kinds[k + width])
        k += width + 1
    count = len(problem.controls)
    arcs = [
        Arc(float(start), float(end), kind[:count], *_on_bounds(problem, kind[count:]))
        for (start, end), kind in zip(pairwise([*starts, times[-1]]), found, strict=True)
    ]
    return joined(_entered(_named_singular(problem, solution, joined(arcs)), times))


def words_of_intervals(problem: OptimalControlProblem, solution: Solution) -> list[tuple[str, ...]]:
    """For every interval of a solution, a word for each control: "lower", "upper" or "interior"."""
    return [words[: len(problem.controls)] for words in _labels(problem, solution)]


def _on_bounds(problem: OptimalControlProblem, words: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The states on a bound, on which, and the path constraints that hold with equality."""
    count = len(problem.states)
    states, constraints = words[:count], words[count:]
    return (
        tuple(compress(problem.states, states)),
        tuple(filter(None, states)),
        tuple(compress(problem.functions.path_names, constraints)),
    )


def _labels(problem: OptimalControlProblem, solution: Solution) -> list[tuple[str, ...]]:
    """For every interval, a word for each control, and "lower", "upper" or "" for each state and path constraint."""
    columns, sizes = [], solution_sizes(problem, solution)
    for values, lower, upper, size in zip(
        solution.control_values.transpose(2, 0, 1), *problem.bounds("controls"), sizes.controls, strict=True
    ):
        low = np.all(values <= lower + AT_BOUND * size, axis=1)
        high = np.all(values >= upper - AT_BOUND * size, axis=1)
        columns.append(np.where(low, "lower", np.where(high, "upper", "interior")))
    # With all controls on their bounds, no control holds a state where it is.
    free = np.any(np.array(columns).reshape(-1, solution.times.size - 1) == "interior", axis=0)
    for values, bounds, size in (
        (solution.states, problem.bounds("states"), sizes.states),
        (_path_at_nodes(problem, solution), problem.functions.path_bounds, sizes.path),
    ):
        margin = STATE_AT_BOUND * size
        low, high = values <= bounds[0] + margin, values >= bounds[1] - margin
        low, high = ((on[:-1] & on[1:]) & free[:, None] for on in (low, high))
        columns += list(np.where(low, "lower", np.where(high, "upper", "")).T)
    return [tuple(map(str, row)) for row in zip(*columns, strict=True)]


def _path_at_nodes(problem: OptimalControlProblem, solution: Solution) -> np.ndarray:
    """The path constraints' expressions at the nodes (K+1, ng); NaN for those that hold controls, which have two values
    there."""
    path = problem.functions.path
    behind = np.vstack([solution.controls, solution.controls[-1:]])
    parameters = np.tile(ordered_parameters(problem, solution), (behind.shape[0], 1))
    values = computed(path.map(behind.shape[0]), solution.states, behind, solution.times, parameters)[0]
    uses_control = np.unique(np.array(path.jac_sparsity(0, 1).row(), dtype=int))
    table = values.reshape(behind.shape[0], -1)
    table[:, uses_control] = np.nan
    return table


def _width_of_jump(kinds: Sequence[tuple[str, ...]], k: int, exact: set[int]) -> int:
    """How many intervals from k on (0, 1 or 2) only hold a jump from one bound to the other."""
    for width in (1, 2):
        if k + width >= len(kinds) or exact & set(range(k, k + width + 1)):
            return 0
        before, after = kinds[k - 1], kinds[k + width]
        jumps = any({b, a} == {"lower", "upper"} for b, a in zip(before, after, strict=True))
        if jumps and all("interior" in kind for kind in kinds[k : k + width]):
            return width
    return 0


def _crossing(solution: Solution, k: int, width: int) -> float:
    """Where in the intervals from k on a control that jumps between its neighbours' values has their mean."""
    first, last = solution.times[k], solution.times[k + width]
    left, right = solution.controls[k - 1], solution.controls[k + width]
    lengths = np.diff(solution.times)[k : k + width]
    mean = lengths @ solution.controls[k : k + width] / lengths.sum()
    i = int(np.argmax(np.abs(left - right)))
    share = (mean[i] - right[i]) / (left[i] - right[i])
    return float(first + (last - first) * np.clip(share, AWAY_FROM_NODES, 1 - AWAY_FROM_NODES))


def _inside(arc: Arc) -> tuple[str, ...]:
    return tuple(word.replace("singular", "interior") for word in arc.controls)


def _entered(arcs: Sequence[Arc], times: np.ndarray) -> list[Arc]:
    """The arcs, where the few intervals in which a control comes to a constraint or leaves it are not singular."""
    found = list(arcs)
    for i, arc in enumerate(arcs):
        inside = _inside(arc)
        intervals = 1 + np.count_nonzero((times > arc.start) & (times < arc.end))
        beside = [a for a in (*arcs[max(i - 1, 0) : i], *arcs[i + 1 : i + 2]) if a.held and a.controls == inside]
        if beside and inside != arc.controls and intervals <= ENDS_OF_ARC:
            found[i] = replace(beside[0], start=arc.start, end=arc.end)
    return found


def joined(arcs: Sequence[Arc]) -> list[Arc]:
    """The arcs with neighbours of the same kind made one."""
    found: list[Arc] = []
    for arc in arcs:
        if found and replace(arc, start=found[-1].start, end=found[-1].end) == found[-1]:
            found[-1] = replace(found[-1], end=arc.end)
        else:
            found.append(arc)
    return found


def _named_singular(problem: OptimalControlProblem, solution: Solution, arcs: Sequence[Arc]) -> list[Arc]:
    """The arcs, with "singular" for controls inside where H is linear in them, and no path constraint holds."""
    if not any("interior" in arc.controls and not arc.constraints for arc in arcs):
        return list(arcs)
    along, sizes = sample_along(problem, solution, points=1), solution_sizes(problem, solution)
    bends = np.diagonal(along.hamiltonian().curvature, axis1=1, axis2=2)
    straight = np.abs(bends) * sizes.controls**2 * sizes.horizon < LINEAR * cost_scale(problem, solution)
    held, found = held_intervals(problem, solution), []
    for arc in arcs:
        inside = (along.times[:, 0] >= arc.start) & (along.times[:, 0] < arc.end)
        # In one interval a constraint may only be touched.
        holds = np.count_nonzero(held[inside]) > 1 and np.count_nonzero(~held[inside]) <= ENDS_OF_ARC
        if np.any(inside) and not arc.constraints and not holds:
            linear = np.all(straight[inside], axis=0)
            words = ("singular" if w == "interior" and linear[i] else w for i, w in enumerate(arc.controls))
            arc = replace(arc, controls=tuple(words))
        found.append(arc)
    return found
