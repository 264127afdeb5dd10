"""The index of a differential-algebraic equation: 1 where ∂h/∂z is regular; what to do where it is not."""

from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.errors import ProblemError
from geodepth.foundation.shapes import Int

DRAWS, SEED = 9, 0
"""Points at which ∂h/∂z is looked at, and where their draw starts (chosen by hand)."""
SINGULAR = 1e-12
"""The smallest singular value of ∂h/∂z over the largest, rows and columns scaled, up to which it is singular (chosen by
hand)."""
_SINGULAR = "algebraic_equations cannot be solved for {}: their Jacobian in them is singular everywhere"
HIGHEST = 4
"""The index up to which it is told (chosen by hand): mechanical systems held at positions have 3."""


def check_index(problem: Any, residual: Any, rates: Any) -> None:
    """Raise ProblemError where ∂h/∂z is singular by its structure, or at every point that is tried.

    Parameters
    ----------
    problem : OptimalControlProblem
        For names, bounds and values of parameters.
    residual, rates : casadi.Function
        h and f of (x, z, u, t, p).
    """
    sparsity = residual.jac_sparsity(0, 1)
    if ca.sprank(sparsity) == sparsity.size1() and not _always_singular(problem, residual):
        return
    idle = np.setdiff1d(np.arange(sparsity.size1()), sparsity.row())
    names = ", ".join(repr(name) for name in problem.algebraic[:4])
    if problem.steps is not None:
        what = f"algebraic_equations[{idle[0]}] holds none of {names}" if idle.size else _SINGULAR.format(names)
        raise ProblemError(f"{what}: a step asks for each of them; state what binds the others as a PathConstraint")
    if idle.size == 0:
        raise ProblemError(
            f"{_SINGULAR.format(names)}, so the index is above 1; replace an equation by its derivative in time, which "
            "holds more of them, and ask for the equation itself in a BoundaryConstraint at the start"
        )
    raise ProblemError(f"algebraic_equations[{idle[0]}] holds none of {names}: {_advice(idle, residual, rates)}")


def _advice(idle: Int[np.ndarray, " n"], residual: Any, rates: Any) -> str:
    """What to do about an equation without algebraic variables."""
    kind = ca.SX if residual.is_a("SXFunction") and rates.is_a("SXFunction") else ca.MX
    symbols = [kind.sym(name, residual.size1_in(i)) for i, name in enumerate("xzutp")]
    x, _, _, t, _ = symbols
    h, f = residual(*symbols)[int(idle[0])], rates(*symbols)
    unknown = "the index is above 1; replace it by a derivative in time that holds one"
    if f.shape[0] > x.shape[0]:
        return unknown
    for times in range(1, HIGHEST):
        holds = [np.array(ca.Function("h", symbols, [h]).jac_sparsity(0, i).get_col()) for i in (0, 2)]
        # A control whose rate matters is a state behind those of the dynamics.
        if holds[1].size or np.any(holds[0] >= f.shape[0]):
            return (
                f"the index is above 1, and its derivative number {times} holds that of a control; state that control "
                "as a state and its rate as the control, then replace the equation by a derivative with one of them"
            )
        h = ca.mtimes(ca.jacobian(h, x)[:, : f.shape[0]], f) + ca.jacobian(h, t)
        if ca.Function("h", symbols, [h]).jac_sparsity(0, 1).nnz():
            first = "itself" if times == 1 else "and its lower derivatives"
            return (
                f"the index is {times + 1}, and 1 can be solved. Put its derivative number {times} in its place, "
                f"jacobian(h, x) f + ∂h/∂t each time, and ask for the equation {first} in a BoundaryConstraint at the "
                "start"
            )
    return unknown


def _always_singular(problem: Any, residual: Any) -> bool:
    """Whether ∂h/∂z is singular wherever it can be evaluated; a point where that cannot be said does not count."""
    symbols = [ca.MX.sym(name, residual.size1_in(i)) for i, name in enumerate("xzutp")]
    slope = ca.Function("slope", symbols, [ca.densify(ca.jacobian(residual(*symbols), symbols[1]))])
    random, seen = np.random.default_rng(SEED), 0
    values = [float(getattr(value, "guess", value)) for value in (problem.parameters or {}).values()]
    for _ in range(DRAWS):
        x, u = (
            np.clip(random.normal(size=lower.size), lower, upper)
            for lower, upper in (problem.bounds("states"), problem.bounds("controls"))
        )
        # Integrals come behind the states later, and no equation holds them.
        x = np.resize(x, residual.size1_in(0))
        try:
            matrix = np.array(slope(x, random.normal(size=residual.size1_in(1)), u, random.uniform(), values))
        except RuntimeError:
            continue
        if not np.all(np.isfinite(matrix)):
            continue
        for axis in (1, 0):
            # Units of the equations, then those of the variables.
            size = np.max(np.abs(matrix), axis=axis, keepdims=True)
            matrix = matrix / np.where(size > 0, size, 1.0)
        sizes = np.linalg.svd(matrix, compute_uv=False)
        seen += 1
        if sizes[-1] > SINGULAR * sizes[0]:
            return False
    return seen > 0
