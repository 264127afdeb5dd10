"""The structure of an optimal control: arcs on bounds, between bounds, singular ones, and the switches between them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.solution import Solution, check_belongs
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.verification.pontryagin import hamiltonian_functions, sample_along
from geodepth.control.verification.resimulation import ordered_parameters, state_scale
from geodepth.foundation.shapes import Float

AT_BOUND = 1e-3
"""How near to a bound a control counts as on it, relative to its range: interior-point methods stay a little off."""


@dataclass(frozen=True, slots=True)
class Arc:
    """A stretch of time on which nothing enters or leaves a bound.

    controls: for each control "lower", "upper", "interior", or "singular" (inside, where H is linear in it);
    states: names of the states on a bound.
    """

    start: float
    end: float
    controls: tuple[str, ...]
    states: tuple[str, ...]


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
            bounded = f"; on a bound: {', '.join(arc.states)}" if arc.states else ""
            lines.append(f"{arc.start:14.9g} to {arc.end:<14.9g} {', '.join(arc.controls)}{bounded}")
        return "\n".join(lines)


def find_structure(problem: OptimalControlProblem, solution: Solution) -> Structure:
    """Read the arcs off a solution: to the length of an interval, and exactly where its mesh's nodes could move.

    An interval in which a control goes straight from one bound to the other holds the switch where its mean says.
    """
    check_belongs(problem, solution)
    labels = _labels(problem, solution)
    keys = [tuple(row) for row in labels]
    times, mesh = solution.times, solution.mesh
    exact = set() if mesh is None else set(mesh.movable)
    starts, kinds = [times[0]], [keys[0]]
    k = 1
    while k < len(keys):
        if keys[k] == kinds[-1] and k not in exact:
            k += 1
            continue
        width = _width_of_jump(keys, k, exact)
        starts.append(_crossing(solution, k, width, len(problem.controls)) if width else times[k])
        kinds.append(keys[k + width])
        k += width + 1
    ends = [*starts[1:], times[-1]]
    count = len(problem.controls)
    arcs = [
        Arc(
            float(s), float(e), kind[:count], tuple(n for n, on in zip(problem.states, kind[count:], strict=True) if on)
        )
        for s, e, kind in zip(starts, ends, kinds, strict=True)
    ]
    return Structure(tuple(_named_singular(problem, solution, arc) for arc in _joined(arcs)))


def _labels(problem: OptimalControlProblem, solution: Solution) -> list[list[str]]:
    """For every interval, a word for each control, and "on" or "" for each state."""
    count = solution.times.size - 1
    table: list[list[str]] = [[] for _ in range(count)]
    lower, upper = problem.bounds("controls")
    for i in range(len(problem.controls)):
        values = solution.control_values[:, :, i]
        size = upper[i] - lower[i] if np.isfinite(upper[i] - lower[i]) else max(1.0, float(np.abs(values).max()))
        low = np.all(values <= lower[i] + AT_BOUND * size, axis=1)
        high = np.all(values >= upper[i] - AT_BOUND * size, axis=1)
        for k in range(count):
            table[k].append("lower" if low[k] else "upper" if high[k] else "interior")
    lower, upper = problem.bounds("states")
    near = 1e-5 * state_scale(solution.states)
    for i in range(len(problem.states)):
        x = solution.states[:, i]
        for side in (x <= lower[i] + near[i], x >= upper[i] - near[i]):
            both = side[:-1] & side[1:]
            for k in range(count):
                if len(table[k]) <= len(problem.controls) + i:
                    table[k].append("")
                # With all controls on their bounds, no control holds the state where it is.
                table[k][-1] = "on" if both[k] and "interior" in table[k] else table[k][-1]
    return table


def _width_of_jump(keys: list[tuple[str, ...]], k: int, exact: set[int]) -> int:
    """How many intervals from k on (0, 1 or 2) only hold a jump from one bound to the other."""
    for width in (1, 2):
        if k + width >= len(keys) or exact & set(range(k, k + width + 1)):
            return 0
        before, after = keys[k - 1], keys[k + width]
        jumps = any({b, a} == {"lower", "upper"} for b, a in zip(before, after, strict=True))
        if jumps and all("interior" in key for key in keys[k : k + width]):
            return width
    return 0


def _crossing(solution: Solution, k: int, width: int, count: int) -> float:
    """Where in the intervals from k on a control that jumps between its neighbours' values has their mean."""
    first, last = solution.times[k], solution.times[k + width]
    left, right = solution.controls[k - 1], solution.controls[k + width]
    lengths = np.diff(solution.times)[k : k + width]
    mean = lengths @ solution.controls[k : k + width] / lengths.sum()
    i = int(np.argmax(np.abs(left - right)))
    return float(first + (last - first) * np.clip((mean[i] - right[i]) / (left[i] - right[i]), 0.02, 0.98))


def _joined(arcs: list[Arc]) -> list[Arc]:
    """Neighbours of the same kind are one arc."""
    joined = arcs[:1]
    for arc in arcs[1:]:
        last = joined[-1]
        if (arc.controls, arc.states) == (last.controls, last.states):
            joined[-1] = Arc(last.start, arc.end, arc.controls, arc.states)
        else:
            joined.append(arc)
    return joined


def _named_singular(problem: OptimalControlProblem, solution: Solution, arc: Arc) -> Arc:
    if "interior" not in arc.controls:
        return arc
    along = sample_along(problem, solution, points=1)
    inside = np.flatnonzero((along.times[:, 0] > arc.start) & (along.times[:, 0] < arc.end))
    if inside.size == 0:
        return arc
    functions = hamiltonian_functions(problem)[1](*along.arguments(ordered_parameters(problem, solution)))
    count = len(problem.controls)
    curvature = np.array(functions[4]).reshape(count, -1, count)
    linear = [np.all(np.abs(curvature[i, inside, i]) < 1e-12) for i in range(count)]
    words = ("singular" if w == "interior" and linear[i] else w for i, w in enumerate(arc.controls))
    return Arc(arc.start, arc.end, tuple(words), arc.states)


def mesh_on_switches(mesh: Mesh, times: Float[np.ndarray, " K+1"], switches: tuple[float, ...], least: int = 3) -> Mesh:
    """The mesh with a movable node at every switch and at least `least` intervals between two of them."""
    span = times[-1] - times[0]
    positions = [(t - times[0]) / span for t in switches]
    anchors = [0.0, *positions, 1.0]
    nodes: list[float] = [0.0]
    movable = []
    for left, right in itertools.pairwise(anchors):
        length = right - left
        inside = mesh.breakpoints[(mesh.breakpoints > left) & (mesh.breakpoints < right)]
        # A node next to a switch would leave a sliver between them.
        near = 0.3 * min(float(np.diff(mesh.breakpoints).mean()), length / least)
        inside = inside[(inside - left > near) & (right - inside > near)]
        arc = np.array([left, *inside, right])
        while arc.size - 1 < least:
            widest = int(np.argmax(np.diff(arc)))
            arc = np.insert(arc, widest + 1, (arc[widest] + arc[widest + 1]) / 2)
        nodes.extend(arc[1:].tolist())
        movable.append(len(nodes) - 1)
    return Mesh(np.array(nodes), tuple(movable[:-1]))
