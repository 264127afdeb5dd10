"""Algebraic variables: z of 0 = h(x, z, u, t, p), as a function of the others wherever a function asks for it.

1. Part h and z into the blocks that can be solved one after another.
2. Solve a small block that is affine in its own variables by a formula, and any other by Newton's method.

So z is consistent with states and controls at every stage of every integrator, and in every step of discrete time, at
the first node too, and what comes after sees an ordinary differential equation, or a map. That needs ∂h/∂z to be
regular: index 1, which index.py looks after.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.bounds import without_far
from geodepth.control.model.checked_expressions import Bounds, checked_function, expression_of
from geodepth.control.model.errors import CHECKS, ProblemError
from geodepth.foundation.shapes import Float

from .discrete_time import stated_dynamics
from .index import check_index
from .seen import seen_along

LARGEST_BY_FORMULA = 3
"""Unknowns of a block that is solved by Cramer's rule (chosen by hand): its terms grow as the factorial."""
QUIET = {"error_on_fail": False, "show_eval_warnings": False, "abstol": 0.0}
"""Of Newton's method: that it found nothing is told by NaN, and not by lines on standard error. Small equations say
nothing of how far their root is, as exp(z) = 1e-20 does not; steps do."""
MOST_STEPS, NEAR, LAST_STEPS = 30, 1e-6, 2
"""How many steps Newton's method searches along, at most, and how many whole ones it then takes, until they are this
small beside the variables' sizes; and how many more in the end (chosen by hand): to rounding, from there."""
FLOOR = 1e-9
"""Below this share of where it starts, or of 1, nobody asks how near a variable is (chosen by hand): rounding may not
let it come nearer."""
NOT_DERIVED = {"is_diff_out": [False] * 4, "never_inline": True}
"""Of the search: where it ends has no slopes."""
FOUND = 1e-4
"""By how much the last steps may move a root, relative to its size (chosen by hand): far less, or it is none."""
ROUNDED = 1e-15
"""By how much the rounding of the first step may move a variable, relative to all that it moves (chosen by hand): a
root that is zero among others is no nearer to zero."""


class NeedsMXError(Exception):
    """What is asked for cannot be said in SX symbols; see `with_symbols`."""


@dataclass(frozen=True, slots=True, eq=False)
class Algebraic:
    """The algebraic part of a problem as CasADi functions.

    Attributes
    ----------
    values : casadi.Function
        (x, u, t, p) -> z (nz,), where the equations hold.
    residual : casadi.Function
        (x, z, u, t, p) -> h (nz,), as the user states it.
    by_newton : bool
        Whether some of them need Newton's method, which C code lacks.
    """

    values: Any
    residual: Any
    by_newton: bool


def algebraic_part(problem: Any, kind: Any, along: list[Any], order: str) -> tuple[Any, Algebraic | None]:
    """What takes the place of z in other functions, and the functions themselves; None where there is no z.

    Parameters
    ----------
    problem : OptimalControlProblem
        After its names were checked.
    kind : type
        casadi.SX or casadi.MX.
    along : list
        The symbols x (nx,), u (nu,), t and p.
    order : str
        As in `expression_of`.

    Raises
    ------
    ProblemError
        The equations are not as many as the variables, or the index is not 1.
    NeedsMXError
        Newton's method is needed, and kind is SX.
    """
    if not problem.algebraic:
        return kind(0, 1), None
    x, u, t, p = along
    z = kind.sym("z", len(problem.algebraic))
    arguments = seen_along(problem, x, z, u, t, p)
    h = expression_of(kind, "algebraic_equations", problem.algebraic_equations, arguments, order)
    if h.shape[0] != z.shape[0]:
        raise ProblemError(
            f"algebraic_equations returns {h.shape[0]} values for the {z.shape[0]} names of algebraic; it must return "
            "one for each of them"
        )
    residual = checked_function("algebraic_equations", [x, z, u, t, p], h)
    rates = expression_of(kind, *stated_dynamics(problem), arguments, order)
    check_index(problem, residual, ca.Function("rates", [x, z, u, t, p], [rates], {"allow_free": True}))
    values, by_newton = _solved(problem, kind, residual, along)
    return values, Algebraic(ca.Function("algebraic", along, [values]), residual, by_newton)


def algebraic_starts(problem: Any) -> np.ndarray:
    """Where Newton's method starts (nz,): as given, else in the middle of bounds, on the finite one, or at zero."""
    given = problem.algebraic_guess or {}
    starts = []
    for name in problem.algebraic:
        lower, upper = (float(b) for b in without_far(*(problem.algebraic_bounds or {}).get(name, (-np.inf, np.inf))))
        finite = [b for b in (lower, upper) if np.isfinite(b)]
        starts.append(float(given.get(name, sum(finite) / len(finite) if finite else 0.0)))
    return np.array(starts)


def bounded_algebraic(problem: Any, z: Any) -> Iterator[tuple[str, Any, Bounds]]:
    """A name, an expression and its bounds for every algebraic variable that has some."""
    for name, pair in (problem.algebraic_bounds or {}).items():
        lower, upper = without_far(*pair)
        if np.isfinite(lower) or np.isfinite(upper):
            limits = np.atleast_1d(lower), np.atleast_1d(upper)
            yield f"algebraic_bounds[{name!r}]", z[list(problem.algebraic).index(name)], limits


def check_algebraic(problem: Any) -> None:
    """Raise ProblemError unless names, equations and starts go together; `algebraic` holds names that were checked."""
    if bool(problem.algebraic) != (problem.algebraic_equations is not None):
        missing, given = (
            ("algebraic_equations", "algebraic") if problem.algebraic else ("algebraic", "algebraic_equations")
        )
        raise ProblemError(f"{given} is given without {missing}; give the names and 0 = h(x, z, u, t, p), or neither")
    for name, start in (problem.algebraic_guess or {}).items():
        CHECKS.number(f"algebraic_guess[{name!r}]", start)


def _solved(problem: Any, kind: Any, residual: Any, along: list[Any]) -> tuple[Any, bool]:
    """z as expressions of the symbols x, u, t and p, and whether Newton's method is in them."""
    x, u, t, p = along
    starts = algebraic_starts(problem)
    known: dict[int, Any] = {}
    by_newton = False
    for rows, columns in _blocks(residual.jac_sparsity(0, 1)):
        own = kind.sym("own", len(columns))
        entries = [
            known.get(i, own[columns.index(i)] if i in columns else kind(float(starts[i]))) for i in range(starts.size)
        ]
        h = residual(x, ca.vertcat(*entries), u, t, p)[rows]
        by_own = ca.jacobian(h, own)
        if len(columns) <= LARGEST_BY_FORMULA and not _depends(by_own, own, along):
            block = ca.Function("block", [own, *along], [h, by_own])
            rest, matrix = block(np.zeros(len(columns)), *along)
            found = -_by_formula(len(columns))(ca.densify(matrix), rest)
        else:
            if kind is ca.SX:
                raise NeedsMXError
            found, by_newton = _newton(h, own, along, starts[columns]), True
        known |= {column: found[i] for i, column in enumerate(columns)}
    return ca.vertcat(*(known[i] for i in range(starts.size))), by_newton


@cache
def _by_formula(size: int) -> Any:
    """(A, b) -> A⁻¹ b, without a choice of pivots, so that it holds for every A."""
    matrix, right = ca.SX.sym("A", size, size), ca.SX.sym("b", size)
    return ca.Function("formula", [matrix, right], [ca.mtimes(ca.inv_minor(matrix), right)])


def _depends(value: Any, own: Any, along: list[Any]) -> bool:
    function = ca.Function("slope", [own, *along], [value])
    return bool(function.jac_sparsity(0, 0).nnz() > 0)


def _blocks(sparsity: Any) -> list[tuple[list[int], list[int]]]:
    """Rows and columns of the blocks, so ordered that each depends on its own and earlier variables only."""
    count, rows, columns, by_row, by_column, *_ = sparsity.btf()
    parts = [
        (list(rows[by_row[i] : by_row[i + 1]]), list(columns[by_column[i] : by_column[i + 1]])) for i in range(count)
    ]
    table = np.array(ca.DM(sparsity, 1.0)) != 0
    ordered: list[tuple[list[int], list[int]]] = []
    done: set[int] = set()
    while parts:
        ready = next(i for i, (r, c) in enumerate(parts) if set(np.flatnonzero(table[r].any(axis=0))) <= done | set(c))
        ordered.append(parts.pop(ready))
        done |= set(ordered[-1][1])
    return ordered


def _newton(h: Any, own: Any, along: list[Any], starts: Float[np.ndarray, " n"]) -> Any:
    """The variables of a block by Newton's method, the same in all units of theirs and of the equations.

    1. A variable is as large as its start and the first step from there.
    2. Search along steps until they are small beside that. Where many are not enough, whole ones lead on at less cost.
    3. Take the last steps in units of the slopes there. Slopes of the root come from here alone.
    """
    count, known = own.numel(), ca.vertcat(*along)
    packed, sizes, rows = (ca.MX.sym(n, c) for n, c in (("packed", known.numel()), ("sizes", count), ("rows", count)))
    edges = np.cumsum([0, *(a.numel() for a in along)]).tolist()
    given = ca.Function("given", [own, *along], [h])
    equations = ca.Function("equations", [own, packed], [given(own, *ca.vertsplit(packed, edges))])
    slopes = ca.Function("slopes", [own, packed], [ca.jacobian(equations(own, packed), own)])
    scaled = equations(sizes * own, packed) / rows
    in_units = ca.Function("in_units", [own, ca.vertcat(packed, sizes, rows)], [scaled])
    with suppress(RuntimeError):
        # In scalars where tables and the like do not forbid it: a reactor's derivatives take a third of the time.
        in_units, slopes = in_units.expand(), slopes.expand()

    def steps(plugin: str, most: int, start: Any, given: Any, units: Any, least: float = 0.0) -> Any:
        finder = ca.rootfinder(plugin, plugin, in_units, QUIET | {"abstolStep": least, "max_iter": most})
        return units[0] * finder(start / units[0], ca.vertcat(given, *units))

    start, one = ca.DM(starts), ca.DM.ones(count)
    natural = start**2 + (steps("fast_newton", 1, start, packed, (one, one)) - start) ** 2
    natural += ROUNDED**2 * ca.sum1(natural)
    size = ca.sqrt(natural + (FLOOR * np.where(starts == 0.0, 1.0, starts)) ** 2)
    along_steps = steps("newton", MOST_STEPS, start, packed, (size, one), NEAR)
    near = steps("fast_newton", MOST_STEPS, along_steps, packed, (size, one), NEAR)
    row = ca.sqrt(ca.mtimes(slopes(near, packed) ** 2, size**2))
    search = ca.Function("search", [packed], [natural, size, near, row], NOT_DERIVED)
    natural, size, near, row = search(known)
    found = steps("fast_newton", LAST_STEPS, near, known, (size, row))
    # No root is not a number, which solvers step back from; an exception they do not always outlive.
    # In squares: what is no kink of the user's is not to look like one.
    settled = (found - near) ** 2 <= FOUND**2 * (natural + near**2)
    return found + ca.if_else(ca.sum1(settled) == count, 0.0, np.nan)


def residual_slopes(part: Algebraic) -> Any:
    """(x, z, u, t, p) -> h (nz,), and ∂h/∂z (nz, nz) in a column of its columns."""
    symbols = [ca.MX.sym(name, part.residual.size1_in(i)) for i, name in enumerate("xzutp")]
    h = part.residual(*symbols)
    return ca.Function("slopes", symbols, [ca.densify(h), ca.vec(ca.densify(ca.jacobian(h, symbols[1])))])
