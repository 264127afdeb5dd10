"""Derivatives of a program from those of one interval, for solvers that take them.

All intervals have one function, whose Jacobian and Hessian are small, and made once in scalars. Mapped over the mesh
they are the numbers of the whole program's, which are put in their places. CasADi's own derivatives of the mapped
function take several times as long to build and to evaluate: they propagate directions through every interval.

1. Differentiate the functions of an interval and of the ends (`Stages`).
2. Find the place of every entry among the program's.
3. Map over the mesh, gather, and undo the scales.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.transcription.nonlinear_program import NonlinearProgram
from geodepth.control.transcription.transcription import Transcription
from geodepth.foundation.shapes import Int

from .solver_call import computed

MOST_OPERATIONS = 2_000_000
"""Elementary operations of an interval times its variables, above which these derivatives are not written out in
scalars (chosen by hand): about what their Hessian would hold."""


@dataclass(frozen=True, slots=True, eq=False)
class _Pattern:
    """Where the entries of a sparse matrix come from.

    Attributes
    ----------
    sparsity : casadi.Sparsity
        Of the matrix, column by column.
    rows, columns : ndarray of int
        Of its entries (nnz,).
    sources : sequence of ndarray of int
        What is summed: which of all numbers goes to every entry (nnz,); one past their end where none does.
    """

    sparsity: Any
    rows: Int[np.ndarray, " nnz"]
    columns: Int[np.ndarray, " nnz"]
    sources: Sequence[Int[np.ndarray, " nnz"]]

    def values(self, *given: Any) -> Any:
        """The entries (nnz,), from the lists of numbers."""
        numbers = [column for column in given if column.numel()]
        count = sum(column.numel() for column in numbers)
        if len(numbers) > 1 or any(np.any(source == count) for source in self.sources):
            numbers = [ca.vertcat(*numbers, 0)]
        return reduce(add, [_chosen(numbers[0], source) for source in self.sources]) if numbers else 0


def _pattern(shape: tuple[int, int], *places: tuple[np.ndarray, np.ndarray]) -> _Pattern:
    """The pattern of a matrix that is the sum of lists of numbers at these (rows, columns); none where a row is −1."""
    rows, columns = (np.concatenate([np.ravel(place[i]) for place in places]).astype(np.int64) for i in (0, 1))
    kept = np.flatnonzero(rows >= 0)
    keys = columns[kept] * shape[0] + rows[kept]
    order = np.argsort(keys, kind="stable")
    every, first, counts = np.unique(keys[order], return_index=True, return_counts=True)
    sparsity = ca.Sparsity(
        *shape, np.searchsorted(every // shape[0], np.arange(shape[1] + 1)).tolist(), (every % shape[0]).tolist()
    )
    sources = []
    for i in range(np.max(counts, initial=0)):
        source = np.full(every.size, rows.size)
        source[counts > i] = kept[order[first[counts > i] + i]]
        sources.append(source)
    return _Pattern(sparsity, every % shape[0], every // shape[0], sources)


class StagewiseDerivatives:
    """First and second derivatives of a program, put together from those of its intervals.

    Parameters
    ----------
    t : Transcription
        Whose `stages` say what it is made of.
    """

    def __init__(self, t: Transcription) -> None:
        assert t.stages is not None
        self._t, self._shared, stages = t, t.stages.ends.numel_in(2), t.stages
        layout, rows = t.layout, stages.rows
        size, count = t.lower.size, t.constraint_lower.size
        used = np.flatnonzero(np.any(rows >= 0, axis=0))
        self._rows = rows[:, used]
        self._interval = _interval_functions(stages.stage, layout.node, used)
        self._ends = _end_functions(stages.ends)
        starts = np.arange(layout.intervals)[:, None] * layout.stage
        at_ends = np.concatenate([np.arange(layout.node), layout.intervals * layout.stage + np.arange(layout.node)])
        own, column = self._interval.slopes
        along = self._rows[:, own]
        next_nodes = starts + layout.stage + np.arange(layout.node)
        last_rows = count - self._ends.rows + np.arange(self._ends.rows)
        own, last = self._ends.slopes
        self._jacobian = _pattern(
            (count, size), (along, starts + column), (t.defects, next_nodes), (last_rows[own], at_ends[last])
        )
        above, right = self._interval.bends
        upper, beside = self._ends.bends
        self._hessian = _pattern((size, size), (starts + above, starts + right), (at_ends[upper], at_ends[beside]))
        # The gradient is stored whole.
        places = (starts + self._interval.gradient, at_ends[self._ends.gradient], np.arange(size))
        self._gradient = _pattern((1, size), *((np.zeros_like(place), place) for place in places))
        self._last_rows = last_rows

    def options(self, x: Any, p: Any, theta: Any, size: Any, rows: Any, cost: Any) -> dict[str, Any]:
        """The functions as options of CasADi's ipopt.

        Parameters
        ----------
        x, p : symbols
            What the solver varies, and all its parameters.
        theta, size, rows, cost : expressions
            Of p: θ, and what variables, constraints and objective are divided by; 1 for nothing.
        """
        t, z = self._t, size * x
        arguments = self._arguments(z, theta)
        ends = [z[: t.layout.node], z[t.layout.intervals * t.layout.stage :], theta[: self._shared]]
        factor = _entries(size, t.lower.size)
        divided = _entries(rows, t.constraint_lower.size)
        count, jacobian = t.layout.intervals, self._jacobian
        slopes, last = _called(self._interval.jacobian, count, *arguments), _called(self._ends.jacobian, 1, *ends)
        values = jacobian.values(slopes, ca.DM.ones(t.defects.size), last)
        values *= _chosen(factor, jacobian.columns) / _chosen(divided, jacobian.rows)
        along, last = _called(self._interval.slope, count, *arguments), _called(self._ends.slope, 1, *ends)
        gradient = self._gradient.values(along, last, ca.DM.zeros(t.lower.size))
        weight, multipliers = ca.MX.sym("lam_f"), ca.MX.sym("lam_g", t.constraint_lower.size)
        scaled = multipliers / divided
        curved = self._curvatures(arguments, ends, weight / cost, scaled)
        bends = self._hessian
        curved = curved * _chosen(factor, bends.rows) * _chosen(factor, bends.columns)
        # CasADi never asks these for the values, which would stand first.
        return {
            "grad_f": ca.Function("grad_f", [x, p], [ca.MX(1, 1), ca.densify(gradient) * factor / cost]),
            "jac_g": ca.Function("jac_g", [x, p], [ca.MX(t.constraint_lower.size, 1), _matrix(jacobian, values)]),
            "hess_lag": ca.Function("hess_lag", [x, p, weight, multipliers], [_matrix(bends, curved)]),
        }

    def _curvatures(self, arguments: Sequence[Any], ends: Sequence[Any], weight: Any, multipliers: Any) -> Any:
        """Entries of the Lagrangian's Hessian."""
        count, results = self._rows.shape
        padded = multipliers if np.all(self._rows >= 0) else ca.vertcat(multipliers, 0)
        chosen = np.where(self._rows >= 0, self._rows, multipliers.numel())
        along = ca.reshape(_chosen(padded, chosen.ravel()), results, count)
        inside = _called(self._interval.hessian, count, *arguments, weight, along)
        beside = _called(self._ends.hessian, 1, *ends, weight, _chosen(multipliers, self._last_rows))
        return self._hessian.values(inside, beside)

    def _arguments(self, z: Any, theta: Any) -> list[Any]:
        """Of the interval's functions, a column for each interval."""
        layout, shared = self._t.layout, self._shared
        table = ca.reshape(z[: layout.intervals * layout.stage], layout.stage, layout.intervals)
        nodes, unknowns = table[: layout.node, :], table[layout.node :, :]
        positions = ca.reshape(theta[shared:], -1, layout.intervals + 1)
        settings = ca.repmat(theta[:shared], 1, layout.intervals)
        return [nodes, unknowns, settings, positions[:, :-1], positions[:, 1:]]


def stagewise(program: NonlinearProgram) -> StagewiseDerivatives | None:
    """Derivatives of this program, or None where its intervals have no function in scalars, or too large a one."""
    stages = getattr(program, "stages", None)
    if stages is None or not isinstance(program, Transcription) or not stages.stage.is_a("SXFunction"):
        return None
    if stages.stage.n_instructions() * program.layout.stage > MOST_OPERATIONS:
        return None
    return StagewiseDerivatives(program)


def derivatives_of(program: NonlinearProgram, x: Any, p: Any, scaled: bool) -> dict[str, Any]:
    """The functions by option of CasADi's ipopt; none where they are left to CasADi.

    Parameters
    ----------
    program : NonlinearProgram
        Whose derivatives they are.
    x, p : symbols
        What the solver varies, and its parameters: θ, and where it is scaled what variables, constraints and objective
        are divided by.
    scaled : bool
        Whether it is.
    """
    found = stagewise(program)
    if found is None:
        return {}
    counts = program.parameters.numel(), program.lower.size, program.constraint_lower.size
    theta, *scales = divided(p, *counts) if scaled else (p, 1.0, 1.0, 1.0)
    return found.options(x, p, theta, *scales)


Gradient = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""(z, θ, multipliers) -> ∇_z of objective + multipliers · constraints (size,)."""


def gradient_of_lagrangian(program: NonlinearProgram, own: Mapping[str, Any]) -> Gradient:
    """The Lagrangian's gradient, by the functions of `derivatives_of` where there are any.

    Parameters
    ----------
    program : NonlinearProgram
        Whose gradient it is.
    own : mapping
        What `derivatives_of` gave, or nothing.
    """
    if not own:
        multipliers = ca.MX.sym("multipliers", program.constraint_lower.size)
        lagrangian = program.objective + ca.dot(multipliers, program.constraints)
        symbols = [program.variables, program.parameters, multipliers]
        whole = ca.Function("gradient", symbols, [ca.gradient(lagrangian, program.variables)])
        return lambda z, theta, weights: computed(whole, z, theta, weights)[0]
    objective, constraints = own["grad_f"], own["jac_g"]
    rows, columns = _triplet(constraints.sparsity_out(1))
    # What they divide by is one.
    scales = np.ones(objective.numel_in(1) - program.parameters.numel())

    def gradient(z: np.ndarray, theta: np.ndarray, weights: np.ndarray) -> np.ndarray:
        given = z, np.append(theta, scales)
        slope = computed(objective, *given)[1]
        if not np.any(weights):
            return slope
        entries = computed(constraints, *given, stored=True)[1]
        return slope + np.bincount(columns, entries * weights[rows], slope.size)

    return gradient


def divided(p: Any, count: int, size: int, rows: int) -> tuple[Any, Any, Any, Any]:
    """A scaled program's parameters taken apart: θ, and what variables, constraints and objective are divided by."""
    return p[:count], p[count : count + size], p[count + size : count + size + rows], p[count + size + rows]


@dataclass(frozen=True, slots=True, eq=False)
class _Derived:
    """Derivatives of one piece in scalars, each as the column of its entries, and their places in it.

    Attributes
    ----------
    jacobian, slope, hessian : casadi.Function, optional
        Of the piece's arguments: of its results, of its cost, and of the Lagrangian; that one of (…, weight of the
        cost, multipliers) too. None where there are no entries.
    slopes, bends : (ndarray, ndarray)
        Rows and columns of the entries; of the Hessian's upper triangle.
    gradient : ndarray
        Which variables the cost's slope has entries for.
    rows : int
        How many results.
    """

    jacobian: Any
    slope: Any
    hessian: Any
    slopes: tuple[np.ndarray, np.ndarray]
    bends: tuple[np.ndarray, np.ndarray]
    gradient: np.ndarray
    rows: int


def _derived(symbols: Sequence[Any], variables: Any, cost: Any, results: Any) -> _Derived:
    weight, multipliers = ca.SX.sym("weight"), ca.SX.sym("multipliers", results.numel())
    if results.numel() or cost.nnz():
        jacobian, slope = ca.jacobian(results, variables), ca.jacobian(cost, variables)
        hessian = ca.triu(ca.hessian(weight * cost + ca.dot(multipliers, results), variables)[0])
    else:
        jacobian, slope, hessian = (ca.SX(*shape) for shape in ((0, 0), (1, 0), (0, 0)))
    given = list(symbols)
    return _Derived(
        _function("jacobian", given, jacobian),
        _function("slope", given, slope),
        _function("hessian", [*given, weight, multipliers], hessian),
        _places(jacobian),
        _places(hessian),
        _places(slope)[1],
        results.numel(),
    )


def _function(name: str, given: list[Any], matrix: Any) -> Any:
    """The entries of a matrix as a function; None where it has none."""
    return ca.Function(name, given, [_upright(matrix.nz[:])]) if matrix.nnz() else None


def _called(function: Any, intervals: int, *arguments: Any) -> Any:
    """What a function of `_function` says of all intervals."""
    return ca.DM(0, 1) if function is None else ca.vec(function.map(intervals)(*arguments))


def _interval_functions(stage: Any, node: int, used: np.ndarray) -> _Derived:
    symbols = [ca.SX.sym(stage.name_in(i), stage.numel_in(i)) for i in range(stage.n_in())]
    end, cost, *more = stage.call(symbols)
    # Rows hold the next node less what comes out of the interval.
    results = ca.vertcat(-end, *more)[used.tolist()]
    return _derived(symbols, ca.vertcat(symbols[0], symbols[1]), cost, results)


def _end_functions(ends: Any) -> _Derived:
    symbols = [ca.SX.sym(ends.name_in(i), ends.numel_in(i)) for i in range(ends.n_in())]
    return _derived(symbols, ca.vertcat(symbols[0], symbols[1]), *ends.call(symbols))


def _places(matrix: Any) -> tuple[np.ndarray, np.ndarray]:
    return _triplet(matrix.sparsity())


def _triplet(sparsity: Any) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the entries."""
    rows, columns = sparsity.get_triplet()
    return np.array(rows, dtype=int), np.array(columns, dtype=int)


def _chosen(column: Any, places: np.ndarray) -> Any:
    """These entries of a column, as a column: CasADi takes them from a single number, or none of them, as a row."""
    return _upright(column[places.tolist()])


def _upright(vector: Any) -> Any:
    return vector if vector.shape[1] == 1 else ca.vec(vector)


def _entries(factor: Any, count: int) -> Any:
    return factor if isinstance(factor, ca.MX) else ca.MX(ca.DM.ones(count))


def _matrix(pattern: _Pattern, values: Any) -> Any:
    return ca.MX(pattern.sparsity, values) if pattern.rows.size else ca.MX(*pattern.sparsity.shape)
