"""Switch times as variables: the arcs of a control held on their bounds while the nodes between them move.

1. Read the arcs off a solution, told apart by the control alone (arcs.py).
2. Solve with every arc's control held on the bound that it is on, and the nodes between the arcs free (`Pinned`).
3. Take that for a solution of the problem as stated if its multipliers satisfy the conditions there
   (`_without_moves`); else solve the problem as stated on the mesh that was found.
4. Keep it if it costs no more, and bears simulation as well, as the solution that this began with.
"""

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.read_back import parameters_of, to_solution
from geodepth.control.solution.solution import Solution
from geodepth.control.solvers.program import Program
from geodepth.control.solvers.status import Iterate, ProgramResult
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.transcription import Method, Transcription
from geodepth.control.verification.error_scales import cost_scale, state_scale
from geodepth.control.verification.resimulation import largest_jump
from geodepth.foundation.time_limits import ends_within, time_left

from .arcs import joined, structure_of, words_of_intervals
from .mesh_changes import discretization, mesh_on_switches
from .tight_solver import OneSolver

MOST_SWITCHES = 16
"""More are a chattering control's, which no finite structure holds. Chosen by hand."""
SHORTEST_ARC = 1e-4
"""As a share of the horizon; shorter ones are a chattering control's too. Chosen by hand."""
SHORTEST_INTERVAL = 1e-7
"""As a share of the horizon: nodes that came closer have met, and an arc has gone. Chosen by hand."""
SAME_COST = 1e-3
"""Relative: by how much the cost may rise, since the mesh before may have been too coarse. Chosen by hand."""
WORSE_JUMP, JUMP_ROUNDOFF = 10.0, 1e-7
"""The largest jump between intervals simulated again may grow by the one, or be below the other. Chosen by hand."""
LOOSE = 1e-6
"""By how much states may leave their bounds while every control is held, relative to their sizes (chosen by hand)."""
OF_TIME = 0.25
"""Share of the time left that a solve with movable nodes may take. On the library those that arrive take at most 1.6 s;
one that wanders on 38 intervals of 50 states would take all 17 s that were left, and the meshes without it arrive."""
CONDITIONS = 1e-7
"""Residuals of the conditions of optimality up to which a point counts as a solution: solvers leave 1e-8."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """A method whose controls are held on the bounds that `arcs` name, one arc between two movable nodes.

    Without this the optimizer would move nodes to where the control's polynomials leave their bounds unseen, between
    the collocation points.

    Attributes
    ----------
    method : Method
        Of the problem as stated.
    arcs : tuple of tuple of str
        For each arc, a word for each control.
    margins : tuple of float
        By how much states may leave their bounds where every control is held. A state that rests on its bound there has
        no other way: bounded by it too, it would leave the program without an inside, and multipliers without bounds.
    nodes : tuple of int, optional
        Between the arcs; by default the mesh's movable ones.
    """

    method: Method
    arcs: tuple[tuple[str, ...], ...]
    margins: tuple[float, ...]
    nodes: tuple[int, ...] | None = None

    def transcribe(self, problem: OptimalControlProblem, mesh: Mesh) -> Transcription:
        """The method's program, with both bounds of a control that is held at the one that holds it."""
        plain = self.method.transcribe(problem, mesh)
        margin = np.where(plain.lower < plain.upper, self._margins(plain), 0.0)
        lower, upper = self._held(plain, plain.lower - margin), self._held(plain, plain.upper + margin)
        return replace(plain, lower=lower, upper=upper)

    def _held(self, plain: Transcription, side: np.ndarray) -> np.ndarray:
        layout, values = plain.layout, dict(zip(("lower", "upper"), plain.problem.bounds("controls"), strict=True))
        states, carried, controls = layout.split(side)
        for (first, last), words in self._stretches(plain):
            for i, word in enumerate(words):
                if word in values:
                    controls[first:last, :, i] = values[word][i]
        along, ends = layout.slack_values(side)
        return layout.join(states, carried, controls, layout.inner_states(side), (along, ends))

    def _margins(self, plain: Transcription) -> np.ndarray:
        """How far all variables may leave their bounds."""
        layout = plain.layout
        states, carried, controls = layout.split(np.zeros(layout.size))
        inner = np.zeros((layout.intervals, len(layout.inner), layout.states))
        for (first, last), words in self._stretches(plain):
            if all(word in ("lower", "upper") for word in words):
                states[first + 1 : last + 1] = inner[first:last] = self.margins
        return layout.join(states, carried, controls, inner)

    def _stretches(self, plain: Transcription) -> Iterator[tuple[tuple[int, int], tuple[str, ...]]]:
        """First interval of every arc and of the next, and its words."""
        edges = (0, *(plain.mesh.movable if self.nodes is None else self.nodes), plain.mesh.intervals)
        return zip(itertools.pairwise(edges), self.arcs, strict=True)


def with_nodes_on_switches(by: OneSolver, solution: Solution) -> Solution:
    """Solve on a mesh with nodes exactly at the switches.

    Parameters
    ----------
    by : TightSolver
        Of the refinement.
    solution : Solution
        Whose arcs are looked for.

    Returns
    -------
    Solution
        Of the problem as stated, whatever the arcs were taken for; `solution` itself where no switches are found.
    """
    problem, (method, mesh) = by.problem, discretization(solution)
    # Arcs told apart by their controls alone: where states are on bounds, meshes are split, and no node moves.
    arcs = joined([replace(arc, states=(), sides=(), constraints=()) for arc in structure_of(problem, solution).arcs])
    span = float(solution.times[-1] - solution.times[0])
    if not 1 < len(arcs) <= MOST_SWITCHES + 1 or min(a.end - a.start for a in arcs) < SHORTEST_ARC * span:
        return solution
    movable = mesh_on_switches(mesh, solution.times, tuple(a.start for a in arcs[1:]))
    pinned = Pinned(method, tuple(a.controls for a in arcs), _margins_of(problem, solution))
    with ends_within(OF_TIME * time_left(), time.process_time):
        moving = by.solve(pinned, movable, solution)
    if not moving.success or moving.mesh is None or np.min(moving.mesh.steps) < SHORTEST_INTERVAL:
        return solution
    still = Mesh(moving.mesh.breakpoints)
    plain = _without_moves(problem, method, moving) or by.solve(method, still, moving)
    better = plain.success and plain.cost <= solution.cost + SAME_COST * cost_scale(problem, solution)
    # On a coarse mesh nodes may move to where an interval's error pays, not to where the control switches.
    allowed = max(WORSE_JUMP * largest_jump(problem, solution), JUMP_ROUNDOFF) if better else 0.0
    return plain if better and largest_jump(problem, plain) <= allowed else solution


def with_controls_held(by: OneSolver, solution: Solution, method: Method, mesh: Mesh) -> Solution:
    """Solve on a finer mesh with controls first held on the bounds that they are on, then from there as stated.

    Parameters
    ----------
    by : TightSolver
        Of the refinement.
    solution : Solution
        On a mesh whose nodes the finer one has too.
    method, mesh
        By which to solve.

    Returns
    -------
    Solution
        Of the problem as stated, or of the first solve where that failed.
    """
    assert solution.mesh is not None
    words = words_of_intervals(by.problem, solution)
    middles = (mesh.breakpoints[1:] + mesh.breakpoints[:-1]) / 2
    inside = [words[k] for k in np.searchsorted(solution.mesh.breakpoints, middles) - 1]
    nodes = tuple(k for k in range(1, mesh.intervals) if inside[k] != inside[k - 1])
    arcs = tuple(inside[k] for k in (0, *nodes))
    held = by.solve(Pinned(method, arcs, _margins_of(by.problem, solution), nodes), mesh, solution)
    return by.solve(method, mesh, held) if held.success else held


def _margins_of(problem: OptimalControlProblem, solution: Solution) -> tuple[float, ...]:
    return tuple((LOOSE * state_scale(problem, solution)).tolist())


def _without_moves(problem: OptimalControlProblem, method: Method, moving: Solution) -> Solution | None:
    """The solution with movable nodes as one of the problem as stated, if its multipliers satisfy the conditions there.

    Worth more than solving again: with a node on a switch, the costate's zero may lie anywhere up to the next
    collocation point, and only the node's own stationarity (H is continuous there) says where.
    """
    assert moving.mesh is not None
    assert moving.iterate is not None
    program = Program(method.transcribe(problem, Mesh(moving.mesh.breakpoints)))
    plain = program.transcription
    iterate = _carried_over(method.transcribe(problem, moving.mesh), plain, moving.iterate)
    parameters = parameters_of(plain, moving)
    left = program.residuals(iterate, parameters)
    if not max(left.feasibility, left.stationarity, left.complementarity) <= CONDITIONS:
        return None
    known = moving.statistics
    spent = known["iterations"], known["solve_seconds"]
    result = ProgramResult(iterate, left.objective, moving.status, *spent, left.feasibility)
    extra = {name: known[name] for name in ("build_seconds", "tolerance")}
    return to_solution(program, result, parameters, extra, method)


def _carried_over(moved: Transcription, plain: Transcription, iterate: Iterate) -> Iterate:
    """Variables and multipliers of a program with movable nodes as those of the same program without."""
    sides = []
    for table in (iterate.variables, iterate.variable_multipliers):
        states, carried, controls = moved.layout.split(table)
        inner = moved.layout.inner_states(table)
        slacks = moved.layout.slack_values(table)
        sides.append(plain.layout.join(states, carried[:, : plain.layout.carried], controls, inner, slacks))
    multipliers, given = np.zeros(plain.constraint_lower.size), iterate.constraint_multipliers
    multipliers[plain.defects] = given[moved.defects[:, : plain.layout.node]]
    multipliers[plain.inner_rows] = given[moved.inner_rows]
    # The order of the nodes is asked for just before the boundary constraints.
    rest, ordered = _other_rows(plain), _other_rows(moved)
    last = ordered.size - plain.problem.functions.boundary.numel_out(0)
    first = last - (len(moved.mesh.movable) - 1)
    multipliers[rest] = given[np.delete(ordered, np.arange(first, last))]
    return Iterate(sides[0], sides[1], multipliers)


def _other_rows(transcription: Transcription) -> np.ndarray:
    """Rows of path and boundary constraints: neither defects nor stage equations."""
    known = np.concatenate([transcription.defects.ravel(), transcription.inner_rows.ravel()])
    return np.setdiff1d(np.arange(transcription.constraint_lower.size), known)
