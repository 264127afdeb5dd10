"""Whether a problem is convex, as far as its functions tell: then a minimum is the least there is."""

from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.problem import OptimalControlProblem

LOCAL_MINIMUM = "local minimum"
"""The certificate's line that says what other minima were looked for."""
ROUNDOFF = 1e-12
"""Relative, of a Hessian's least eigenvalue."""
KINKED = {
    *(ca.OP_FABS, ca.OP_SIGN, ca.OP_FMIN, ca.OP_FMAX, ca.OP_IF_ELSE_ZERO, ca.OP_FLOOR, ca.OP_CEIL, ca.OP_FMOD),
    *(ca.OP_LT, ca.OP_LE, ca.OP_EQ, ca.OP_NE, ca.OP_NOT, ca.OP_AND, ca.OP_OR, ca.OP_COPYSIGN),
}
"""Instructions of CasADi's whose second derivative is zero and that are not affine."""


def is_convex(problem: OptimalControlProblem) -> bool:
    """Whether dynamics and constraints are affine, and costs affine or convex parabolas, over a given time.

    Parameters
    ----------
    problem : OptimalControlProblem
        Whose functions are looked at.

    Notes
    -----
    Sufficient, not necessary: a problem of which this is False may still be convex. One with kinks may be.
    """
    functions = problem.functions
    if any(name not in (problem.parameters or {}) for name in problem.free) or functions.replaced_kinks:
        return False
    affine = ((functions.dynamics, 2), (functions.path, 2), (functions.boundary, 2))
    costs = ((functions.running_cost, 2), (functions.terminal_cost, 1))
    return all(_is_affine(problem, *f) for f in affine) and all(
        _is_affine(problem, *f) or _is_quadratic(problem, *f) for f in costs
    )


def _symbols(problem: OptimalControlProblem, function: Any, count: int) -> tuple[list[Any], Any, Any]:
    """Symbols of the arguments, those that vary as one column (the first few, and free parameters), and the value."""
    kind = ca.SX if function.is_a("SXFunction") else ca.MX
    given = [kind.sym(function.name_in(i), function.size1_in(i)) for i in range(function.n_in())]
    free = given[-1:] * bool(problem.free)
    (value,) = function.call(given, True, False)
    return given, ca.veccat(*given[:count], *free), value


def _is_affine(problem: OptimalControlProblem, function: Any, count: int) -> bool:
    _, varied, value = _symbols(problem, function, count)
    return value.numel() == 0 or not any(np.atleast_1d(ca.which_depends(value, varied, 2, True)))


def _is_quadratic(problem: OptimalControlProblem, function: Any, count: int) -> bool:
    given, varied, value = _symbols(problem, function, count)
    hessian = ca.hessian(value, varied)[0]
    if ca.depends_on(hessian, ca.veccat(*given[:-1], *given[-1:] * bool(problem.free))) or not _smooth(function):
        return False
    fixed = [problem.fixed_parameters.get(name, 0.0) for name in problem.parameters or {}]
    table = np.array(ca.DM(ca.Function("hessian", given, [hessian])(*[0] * (len(given) - 1), fixed)))
    values = np.linalg.eigvalsh(table)
    return bool(values[0] >= -ROUNDOFF * max(abs(float(values[-1])), np.finfo(float).tiny))


def _smooth(function: Any) -> bool:
    """Whether there is no instruction whose Hessian is zero where the function is not affine."""
    try:
        plain = function.expand()
    except RuntimeError:
        return False
    return not any(plain.instruction_id(i) in KINKED for i in range(plain.n_instructions()))
