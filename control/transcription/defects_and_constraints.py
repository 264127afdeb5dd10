"""The constraints of a transcription, in stage order, with their bounds.

1. Interval by interval: the defects x_{k+1} − F(x_k, U_k) = 0, the stage equations, the path constraints, the rows of
   slacks.
2. Path constraints at the end of the horizon, where no interval asks for them, and rows of the terminal cost's slacks.
3. What keeps the end after the beginning, and movable nodes in order.
4. The boundary constraints.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.transcription.interval.scheme import Scheme
from geodepth.control.transcription.interval.stage_functions import Unpacked

from .mesh import Mesh
from .transcription import PathRows

SMALLEST_ARC = 1e-6
"""The least distance of two movable breakpoints, as a share of the horizon (chosen by hand): an arc that vanishes
stays an arc."""

SMALLEST_HORIZON = 1e-9
"""The least final_time − initial_time, as a share of the guessed one, where their bounds do not keep them apart (chosen
by hand)."""

NOTHING, HORIZON, SLACK = -1, -2, -3
"""What rows bound that hold no expression of the user's; see `Rows.of`."""


@dataclass(frozen=True, slots=True)
class Chain:
    """The whole horizon in symbols: the variables, θ, and what the interval's function makes of them."""

    variables: Any
    parameters: Any
    gaps: Any
    costs: Any
    equations: Any
    path: Any
    path_end: Any
    slack_rows: Any
    kinks: Any
    stage: Any


@dataclass(frozen=True, slots=True)
class Ends:
    """What stands at the ends of the horizon, in symbols.

    Attributes
    ----------
    first_state, last_state : expression
        (nx,).
    final : Unpacked
        Parameters, times and movable breakpoints.
    end_slacks : expression
        Of the terminal cost.
    """

    first_state: Any
    last_state: Any
    final: Unpacked
    end_slacks: Any


def constraint_rows(
    problem: OptimalControlProblem, mesh: Mesh, scheme: Scheme, chain: Chain, at_ends: Sequence[Block]
) -> Rows:
    """Collect all constraints of the problem on this mesh, defects first in each interval, and last the ends'."""
    sizes = [chain.stage.numel_out(i) for i in (0, 2, 3, 4, 5)]
    ends, equations, path, path_end, slacks = np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1])
    rows = Rows(sum(sizes))
    # Intervals are added at once, as the columns of one matrix; but the last, which may have other path rows, alone.
    same = mesh.intervals - 1 if path.size else mesh.intervals
    pieces = [(slice(same), False), (slice(same, mesh.intervals), True)]
    for intervals, last in pieces if path.size else pieces[:1]:
        rows.add(
            Block(chain.gaps[:, intervals], keep="gaps", outputs=ends),
            Block(chain.equations[:, intervals], keep="equations", outputs=equations),
            *(_path_blocks(problem, scheme, chain, intervals, last, (path, path_end)) if path.size else ()),
            Block(chain.slack_rows[:, intervals], 0.0, np.inf, of=SLACK, outputs=slacks),
        )
    for block in at_ends:
        rows.add(block)
    return rows


def end_blocks(problem: OptimalControlProblem, mesh: Mesh, scheme: Scheme, ends: Ends) -> list[Block]:
    """The constraints of the ends of the horizon."""
    functions, final, blocks = problem.functions, ends.final, list[Block]()
    if not functions.path_uses_control and 1.0 not in scheme.path_points:
        keep, idle = functions.path_at_end, ca.DM.zeros(len(problem.controls))
        at_end = functions.path(ends.last_state, idle, final.final_time, final.parameters)[keep.tolist()]
        lower, upper = (bound[keep] for bound in functions.path_bounds)
        blocks.append(Block(at_end, lower, upper, "path", first=mesh.intervals, chosen=keep, of=keep))
    if functions.terminal_slacks is not None:
        slacks = (ends.last_state, final.final_time, final.parameters, ends.end_slacks)
        blocks.append(Block(functions.terminal_slacks.rows(*slacks), 0.0, np.inf, of=SLACK))
    if _may_cross(problem):
        first, end = problem.horizon({name: time.guess for name, time in problem.free.items()})
        blocks.append(
            Block(final.final_time - final.initial_time, SMALLEST_HORIZON * (end - first), np.inf, of=HORIZON)
        )
    for i in range(len(mesh.movable) - 1):
        blocks.append(Block(final.moves[i + 1] - final.moves[i], SMALLEST_ARC, np.inf))
    both = (ends.first_state, ends.last_state, final.initial_time, final.final_time, final.parameters)
    numbers = functions.path.numel_out(0) + np.arange(functions.boundary.numel_out(0))
    return [*blocks, Block(functions.boundary(*both), *functions.boundary_bounds, of=numbers)]


def _path_blocks(
    problem: OptimalControlProblem,
    scheme: Scheme,
    chain: Chain,
    intervals: slice,
    last: bool,
    outputs: tuple[np.ndarray, np.ndarray],
) -> Iterator[Block]:
    """Path rows of some intervals; `outputs` are their numbers among the interval's results, and those at its end.

    At the end of the horizon they are asked for on the last interval's own map where a control is in them, which keeps
    the stages apart; include_last=False leaves its rows out there.
    """
    functions = problem.functions
    count, keep = functions.path.numel_out(0), functions.path_at_end.tolist()
    lower, upper = functions.path_bounds
    path, path_end = chain.path[:, intervals], chain.path_end[:, intervals]
    first = intervals.start or 0
    for i, fraction in enumerate(scheme.path_points):
        chosen = keep if last and fraction == 1.0 else list(range(count))
        wanted = [i * count + j for j in chosen]
        bounds = lower[chosen], upper[chosen]
        yield Block(path[wanted, :], *bounds, "path", first, fraction, chosen, chosen, outputs[0][wanted])
    # A control that is given only inside an interval says nothing at its end.
    if last and functions.path_uses_control and 1.0 not in scheme.path_points and scheme.path_points[:1] == (0.0,):
        yield Block(path_end[keep, :], lower[keep], upper[keep], "path", first, 1.0, keep, keep, outputs[1][keep])


def _may_cross(problem: OptimalControlProblem) -> bool:
    """Whether the bounds of the times let the horizon end before it begins."""
    latest = problem.horizon({name: time.upper for name, time in problem.free.items()})[0]
    earliest = problem.horizon({name: time.lower for name, time in problem.free.items()})[1]
    return latest >= earliest


@dataclass(frozen=True, slots=True)
class Block:
    """Constraint rows of one or more intervals.

    Attributes
    ----------
    expression : casadi.MX
        A column for each interval (rows, intervals).
    lower, upper : float or ndarray
        Bounds, for all rows or one for each.
    keep : str
        Under which name `Rows` keeps the numbers of these rows, if any.
    first, fraction, chosen : int, float, sequence of int
        Of path constraints: the first interval, where in each of them, and which of the path expressions.
    of : int or ndarray of int
        Which expression the rows bound, for all rows or one for each: see `Rows.of`.
    outputs : ndarray of int, optional
        Which results of the interval's function the rows hold.
    """

    expression: Any
    lower: Any = 0.0
    upper: Any = 0.0
    keep: str = ""
    first: int = 0
    fraction: float = 0.0
    chosen: Sequence[int] | np.ndarray = ()
    of: Any = NOTHING
    outputs: np.ndarray | None = None


class Rows:
    """Collects constraint rows in stage order, with their bounds.

    Attributes
    ----------
    expressions, lower, upper : list
        As columns.
    kept : mapping
        Numbers of the rows that were added under a name, an array (intervals, rows) each: "gaps", "equations", "path".
    path_blocks : list of Block
        Those of "path".
    of : list
        For every row the number of the expression that it bounds: of path constraints, then of boundary constraints;
        HORIZON for the horizon's length, SLACK for a slack beside its kink, NOTHING otherwise.
    outputs : list
        Tables (intervals, results): in which row each result of the interval's function is, or NOTHING.
    count : int
        Rows so far.
    """

    def __init__(self, results: int) -> None:
        self.results = results
        self.outputs: list[np.ndarray] = []
        self.expressions: list[Any] = []
        self.lower: list[np.ndarray] = []
        self.upper: list[np.ndarray] = []
        self.kept: Mapping[str, list[np.ndarray]] = {"gaps": [], "equations": [], "path": []}
        self.path_blocks: list[Block] = []
        self.of: list[np.ndarray] = []
        self.count = 0

    def add(self, *blocks: Block) -> None:
        """Add blocks of as many intervals each: the first interval's rows of all blocks, then the second's."""
        columns = blocks[0].expression.shape[1]
        edges = np.cumsum([0, *(block.expression.shape[0] for block in blocks)])
        if edges[-1] * columns == 0:
            return
        numbers = self.count + np.arange(edges[-1] * columns).reshape(columns, edges[-1])
        stated = [block.expression for block in blocks if block.expression.shape[0]]
        # Solvers want every row stored, one that is constantly zero too.
        self.expressions.append(ca.densify(ca.vec(ca.vertcat(*stated) if len(stated) > 1 else stated[0])))
        for side, bounds in ((self.lower, [b.lower for b in blocks]), (self.upper, [b.upper for b in blocks])):
            rows = [np.broadcast_to(b, n) for b, n in zip(bounds, np.diff(edges), strict=True)]
            side.append(np.tile(np.concatenate(rows).astype(float), columns))
        of = [np.broadcast_to(b.of, n) for b, n in zip(blocks, np.diff(edges), strict=True)]
        self.of.append(np.tile(np.concatenate(of).astype(int), columns))
        table = np.full((columns, self.results), NOTHING)
        for block, first, last in zip(blocks, edges, edges[1:], strict=False):
            if block.outputs is not None:
                table[:, block.outputs] = numbers[:, first:last]
            if block.keep:
                self.kept[block.keep].append(numbers[:, first:last])
            if block.keep == "path":
                self.path_blocks.append(block)
        if blocks[0].outputs is not None:
            self.outputs.append(table)
        self.count += numbers.size

    def path_rows(self) -> PathRows:
        """Where the rows of path constraints are, and what each belongs to."""
        columns: list[list[np.ndarray]] = [[np.zeros(0)] for _ in range(4)]
        for numbers, block in zip(self.kept["path"], self.path_blocks, strict=True):
            intervals = np.indices(numbers.shape)[0] + block.first
            expressions = np.broadcast_to(np.array(block.chosen, dtype=int), numbers.shape)
            parts = (numbers, intervals, np.full(numbers.shape, block.fraction), expressions)
            for column, part in zip(columns, parts, strict=True):
                column.append(part.ravel())
        rows, first, fractions, expressions = (np.concatenate(column) for column in columns)
        return PathRows(rows.astype(int), first.astype(int), fractions, expressions.astype(int))
