"""Where algebraic equations have no root, or none is found: the words for it, and whether another start may help."""

from collections.abc import Sequence

import numpy as np

from geodepth.control.model.bounds import drawn
from geodepth.control.model.ends import fixed_ends
from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.model.reductions.algebraic_variables import Algebraic, algebraic_starts, residual_slopes
from geodepth.control.solvers.solver_call import computed
from geodepth.foundation.shapes import Float

DRAWN = 12
"""Places at which algebraic equations are looked at, to tell whether they have roots anywhere (chosen by hand): where
half of all have one, all are without once in four thousand problems."""
MOST_NAMED = 4
"""Variables whose guess is told (chosen by hand)."""

Place = Sequence[np.ndarray | Sequence[float] | float]
"""x (nx,), u (nu,), t and p (np,) at one time."""


def no_root(problem: OptimalControlProblem, place: Place, where: str = "") -> str:
    """Why the algebraic variables, or their slopes, are undefined at a place, with what to change, or "".

    Parameters
    ----------
    problem : OptimalControlProblem
        Which may have no algebraic variables.
    place : Place
        Where to look.
    where : str, optional
        What place it is, in words.
    """
    part, given = problem.functions.algebraic, _rows(place)
    if part is None or not all(np.all(np.isfinite(row)) for row in given):
        return ""
    (z,) = computed(part.values, *given)
    found, slope = bool(np.all(np.isfinite(z))), part.values.jacobian()
    # Where slopes do not depend on the values they do not take them.
    known = z[: slope.nnz_in(len(given))]
    if found and all(np.all(np.isfinite(each)) for each in computed(slope, *given, known, stored=True)):
        return ""
    h, matrix, at = _where_it_begins(problem, part, given, z)
    if found and not _singular(matrix):
        # It is another slope that is undefined.
        return ""
    words, cure, of = _reason(h, matrix), "∂h/∂z must be regular along the path", ""
    if part.by_newton and not found:
        cure, of = "give another algebraic_guess, or equations that have a root there", "algebraic_guess "
    values = {name: float(value) for name, value in zip(problem.algebraic[:MOST_NAMED], at, strict=False)}
    return f"{words} at t = {given[2][0]:.6g}{where}, from {of}{values}: {cure}"


def _rows(place: Place) -> list[np.ndarray]:
    return [np.asarray(value, dtype=float).ravel() for value in place]


def _where_it_begins(
    problem: OptimalControlProblem, part: Algebraic, given: Sequence[np.ndarray], z: np.ndarray
) -> tuple[Float[np.ndarray, " nz"], Float[np.ndarray, "nz nz"], Float[np.ndarray, " nz"]]:
    """h, ∂h/∂z and z where those that are not found are at their guess."""
    x, u, t, p = given
    at = np.where(np.isfinite(z), z, algebraic_starts(problem))
    h, slopes = computed(residual_slopes(part), x, at, u, t, p)
    return h, slopes.reshape(z.size, z.size).T, at


def _reason(h: np.ndarray, matrix: np.ndarray) -> str:
    if not np.all(np.isfinite(h)):
        return "algebraic_equations is NaN or infinite"
    if not np.all(np.isfinite(matrix)):
        return "the slope of algebraic_equations is NaN or infinite"
    if _singular(matrix):
        return "∂h/∂z of algebraic_equations is singular"
    return "Newton's method finds no root of algebraic_equations"


def _singular(matrix: np.ndarray) -> bool:
    return bool(np.linalg.matrix_rank(matrix) < matrix.shape[1])


def nowhere_solved(problem: OptimalControlProblem) -> bool:
    """Whether algebraic equations are not solved on any path: not at its start, or nowhere that starts are drawn from.

    Notes
    -----
    Where the state at the start is given, and the equations hold no control, all paths have the same there. Where it
    returns False there may be roots, or not.
    """
    part = problem.functions.algebraic
    if part is None:
        return False
    start = _given_start(problem, part)
    if start is not None and not np.all(np.isfinite(computed(part.values, *start)[0])):
        return True
    return part.by_newton and _found_nowhere(problem, part)


def _given_start(problem: OptimalControlProblem, part: Algebraic) -> list[np.ndarray] | None:
    """The place (x, u, t, p) where every path starts, as far as equations see it; None where it is not given."""
    numbers, times = problem.initial_state or {}, problem.fixed_times
    given = all(np.ndim(numbers.get(name, (0, 0))) == 0 for name in problem.own_states)
    free = any(name in problem.free for name in problem.parameters or {}) or "initial_time" not in times
    if free or not given or part.values.jac_sparsity(0, 1).nnz():
        return None
    states = [float(numbers.get(name, 0.0)) for name in problem.states]
    controls = np.zeros(len(problem.controls))
    return _rows((states, controls, times["initial_time"], list(problem.fixed_parameters.values())))


def _found_nowhere(problem: OptimalControlProblem, part: Algebraic) -> bool:
    """Whether no root is found at any place that is drawn from the bounds, or around the start where there are none."""
    generator, seen = np.random.default_rng(0), 0
    start = fixed_ends(problem, "initial_state")
    centers = np.array([start.get(name, 0.0) for name in problem.states]), np.zeros(len(problem.controls))
    sides = [(*problem.bounds(kind), center) for kind, center in zip(("states", "controls"), centers, strict=True)]
    free = {name: number.guess for name, number in problem.free.items()}
    values = [(problem.fixed_parameters | free)[name] for name in problem.parameters or {}]
    first, last = problem.horizon(free)
    for _ in range(DRAWN):
        x, u = (np.array(drawn(generator, *side)) for side in sides)
        given = _rows((x, u, generator.uniform(first, last), values))
        (z,) = computed(part.values, *given)
        if np.all(np.isfinite(z)):
            return False
        seen += bool(np.all(np.isfinite(_where_it_begins(problem, part, given, z)[0])))
    return seen > 0
