"""The constraints of a transcription, in stage order, with their bounds.

1. Interval by interval: the defects x_{k+1} − F(x_k, U_k) = 0, the stage equations, the path constraints.
2. Path constraints at the end of the horizon, where no interval asks for them.
3. What keeps the end after the beginning, and movable nodes in order.
4. The boundary constraints.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.problem import OptimalControlProblem

from .interval_function import Scheme, Unpacked
from .mesh import Mesh

SMALLEST_ARC = 1e-6
"""The least distance of two movable breakpoints, as a share of the horizon (chosen by hand): an arc that vanishes
stays an arc."""

SMALLEST_HORIZON = 1e-9
"""The least final_time − initial_time, in the problem's unit of time, where their bounds do not keep them apart (chosen
by hand)."""


@dataclass(frozen=True, slots=True)
class Chain:
    """The whole horizon in symbols: the variables, θ, and what the interval's function makes of them."""

    variables: Any
    parameters: Any
    first_state: Any
    last_state: Any
    final: Unpacked
    gaps: Any
    costs: Any
    equations: Any
    path: Any
    path_end: Any
    stage: Any


def constraint_rows(problem: OptimalControlProblem, mesh: Mesh, scheme: Scheme, chain: Chain) -> Rows:
    """Collect all constraints of the problem on this mesh, defects first in each interval."""
    functions, final, rows = problem.functions, chain.final, Rows()
    for k in range(mesh.intervals):
        rows.add(chain.gaps[:, k], 0.0, 0.0, "gaps")
        rows.add(chain.equations[:, k], 0.0, 0.0, "equations")
        _add_path(rows, problem, scheme, chain.path[:, k], chain.path_end[:, k], last=k == mesh.intervals - 1)
    if not functions.path_uses_control and 1.0 not in scheme.path_points:
        keep, idle = functions.path_at_end, ca.DM.zeros(len(problem.controls))
        at_end = functions.path(chain.last_state, idle, final.final_time, final.parameters)
        rows.add(at_end[keep.tolist()], *(bound[keep] for bound in functions.path_bounds))
    if _may_cross(problem):
        rows.add(final.final_time - final.initial_time, SMALLEST_HORIZON, np.inf)
    for i in range(len(mesh.movable) - 1):
        rows.add(final.moves[i + 1] - final.moves[i], SMALLEST_ARC, np.inf)
    ends = (chain.first_state, chain.last_state, final.initial_time, final.final_time, final.parameters)
    rows.add(functions.boundary(*ends), *functions.boundary_bounds)
    return rows


def _add_path(rows: Rows, problem: OptimalControlProblem, scheme: Scheme, path: Any, path_end: Any, last: bool) -> None:
    """Path rows of one interval.

    At the end of the horizon they are asked for on the last interval's own map where a control is in them, which keeps
    the stages apart; include_last=False leaves its rows out there.
    """
    functions = problem.functions
    count, keep = functions.path.numel_out(0), functions.path_at_end.tolist()
    lower, upper = functions.path_bounds
    for i, fraction in enumerate(scheme.path_points):
        chosen = keep if last and fraction == 1.0 else list(range(count))
        rows.add(path[[i * count + j for j in chosen]], lower[chosen], upper[chosen])
    # A control that is given only inside an interval says nothing at its end.
    if last and functions.path_uses_control and 1.0 not in scheme.path_points and scheme.path_points[:1] == (0.0,):
        rows.add(path_end[keep], lower[keep], upper[keep])


def _may_cross(problem: OptimalControlProblem) -> bool:
    """Whether the bounds of the times let the horizon end before it begins."""
    latest = problem.horizon({name: time.upper for name, time in problem.free.items()})[0]
    earliest = problem.horizon({name: time.lower for name, time in problem.free.items()})[1]
    return latest >= earliest


class Rows:
    """Collects constraint rows in stage order, with their bounds.

    Attributes
    ----------
    expressions, lower, upper : list
        Of each block of rows.
    kept : mapping
        Numbers of the rows that were added under a name: "gaps" and "equations".
    count : int
        Rows so far.
    """

    def __init__(self) -> None:
        self.expressions: list[Any] = []
        self.lower: list[np.ndarray] = []
        self.upper: list[np.ndarray] = []
        self.kept: Mapping[str, list[np.ndarray]] = {"gaps": [], "equations": []}
        self.count = 0

    def add(self, expression: Any, lower: Any, upper: Any, keep: str = "") -> None:
        """Add a column `expression` with its `lower` and `upper` bounds, numbered under the name `keep`."""
        size = expression.shape[0]
        if size == 0:
            return
        self.expressions.append(expression)
        self.lower.append(np.array(np.broadcast_to(lower, size), dtype=float))
        self.upper.append(np.array(np.broadcast_to(upper, size), dtype=float))
        if keep:
            self.kept[keep].append(np.arange(self.count, self.count + size))
        self.count += size
