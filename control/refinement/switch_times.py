"""Switch times as variables: the arcs of a control held on their bounds while the nodes between them move."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.read_back import parameters_of, to_solution
from geodepth.control.solution.solution import Solution
from geodepth.control.solvers.program import Program, ProgramResult
from geodepth.control.solvers.status import Iterate
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.transcription import Method, Transcription
from geodepth.control.verification.kkt import residuals
from geodepth.control.verification.quick_certificate import cost_scale
from geodepth.control.verification.resimulation import largest_jump

from .arcs import Arc, find_structure, mesh_on_switches

MOST_SWITCHES = 16
SHORTEST_ARC = 1e-4
"""As a share of the horizon; shorter ones are a chattering control's, which no finite structure holds."""
Solve = Callable[[Method, Mesh, Solution], Solution]


@dataclass(frozen=True, slots=True)
class Pinned:
    """A method whose controls are held on the bounds that `arcs` name, one arc between two movable nodes.

    Without this the optimizer would move nodes to where the control's polynomials leave their bounds unseen, between
    the collocation points.
    """

    method: Method
    arcs: tuple[tuple[str, ...], ...]

    def transcribe(self, problem: OptimalControlProblem, mesh: Mesh) -> Transcription:
        plain = self.method.transcribe(problem, mesh)
        layout = plain.layout
        sides = [plain.lower, plain.upper]
        tables = [list(layout.split(side)) for side in sides]
        values = problem.bounds("controls")
        edges = (0, *mesh.movable, mesh.intervals)
        for arc, words in enumerate(self.arcs):
            for i, word in enumerate(words):
                if word in ("lower", "upper"):
                    for table in tables:
                        table[2][edges[arc] : edges[arc + 1], :, i] = values[word == "upper"][i]
        lower, upper = (
            layout.join(table[0], table[1], table[2], layout.inner_states(side))
            for table, side in zip(tables, sides, strict=True)
        )
        return replace(plain, lower=lower, upper=upper)


def with_nodes_on_switches(problem: OptimalControlProblem, solution: Solution, solve: Solve) -> Solution:
    """The problem solved on a mesh with nodes exactly at the switches; `solution` itself where none are found.

    First with the arcs pinned and the nodes between them free, then plainly on the mesh found, so that what returns
    solves the problem as stated, whatever the arcs were taken for.
    """
    assert solution.mesh is not None
    assert solution.method is not None
    arcs = _control_arcs(find_structure(problem, solution).arcs)
    span = float(solution.times[-1] - solution.times[0])
    if not 1 < len(arcs) <= MOST_SWITCHES + 1 or min(a.end - a.start for a in arcs) < SHORTEST_ARC * span:
        return solution
    mesh = mesh_on_switches(solution.mesh, solution.times, tuple(a.start for a in arcs[1:]))
    moving = solve(Pinned(solution.method, tuple(a.controls for a in arcs)), mesh, solution)
    if not moving.success or moving.mesh is None or np.min(np.diff(moving.mesh.breakpoints)) < 1e-7:
        return solution
    plain = _without_moves(problem, solution.method, moving) or solve(
        solution.method, Mesh(moving.mesh.breakpoints), moving
    )
    better = plain.success and plain.cost <= solution.cost + 1e-3 * cost_scale(solution)
    # On a coarse mesh nodes may move to where an interval's error pays, not to where the control switches.
    honest = better and largest_jump(problem, plain) <= max(10 * largest_jump(problem, solution), 1e-7)
    return plain if honest else solution


def _without_moves(problem: OptimalControlProblem, method: Method, moving: Solution) -> Solution | None:
    """The solution with movable nodes as one of the problem as stated, if its multipliers satisfy the conditions there.

    Worth more than solving again: with a node on a switch, the costate's zero may lie anywhere up to the next
    collocation point, and only the node's own stationarity (H is continuous there) says where.
    """
    assert moving.mesh is not None
    assert moving.iterate is not None
    moved = method.transcribe(problem, moving.mesh)
    program = Program(method.transcribe(problem, Mesh(moving.mesh.breakpoints)))
    plain = program.transcription
    sides = []
    for table in (moving.iterate.variables, moving.iterate.variable_multipliers):
        states, carried, controls = moved.layout.split(table)
        inner = moved.layout.inner_states(table)
        sides.append(plain.layout.join(states, carried[:, : plain.layout.carried], controls, inner))
    multipliers = np.zeros(plain.constraint_lower.size)
    given = moving.iterate.constraint_multipliers
    multipliers[plain.defects] = given[moved.defects[:, : plain.layout.node]]
    multipliers[plain.inner_rows] = given[moved.inner_rows]
    rest, ordered = _other_rows(plain), _other_rows(moved)
    ends = problem.functions.boundary.numel_out(0)
    first = ordered.size - ends - (len(moving.mesh.movable) - 1)
    multipliers[rest] = given[np.delete(ordered, np.arange(first, ordered.size - ends))]
    iterate = Iterate(sides[0], sides[1], multipliers)
    parameters = parameters_of(plain, moving)
    left = residuals(program, iterate.variables, parameters, iterate)
    if not max(left.feasibility, left.stationarity, left.complementarity) <= 1e-7:
        return None
    objective, violation = program.measure(iterate.variables, parameters)
    statistics = moving.statistics
    result = ProgramResult(
        iterate, objective, moving.status, statistics["iterations"], statistics["solve_seconds"], violation
    )
    extra = {"build_seconds": statistics["build_seconds"], "tolerance": statistics["tolerance"]}
    return to_solution(program, result, parameters, plain.mesh, extra, method)


def _other_rows(transcription: Transcription) -> np.ndarray:
    """Rows of path and boundary constraints: neither defects nor stage equations."""
    known = np.concatenate([transcription.defects.ravel(), transcription.inner_rows.ravel()])
    return np.setdiff1d(np.arange(transcription.constraint_lower.size), known)


def _control_arcs(arcs: tuple[Arc, ...]) -> list[Arc]:
    """Arcs told apart by their controls alone: where states are on bounds, meshes are split, and no node moves."""
    joined: list[Arc] = []
    for arc in arcs:
        if joined and joined[-1].controls == arc.controls:
            joined[-1] = Arc(joined[-1].start, arc.end, arc.controls, ())
        else:
            joined.append(Arc(arc.start, arc.end, arc.controls, ()))
    return joined
