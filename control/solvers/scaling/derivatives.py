"""Derivatives of a problem's functions in its variables, as CasADi functions that are kept for the last problems."""

from functools import lru_cache
from typing import Any

import casadi as ca

from geodepth.control.model.tracing import ProblemFunctions

KEPT = 16
"""Problems whose derivatives are kept (chosen by hand)."""


@lru_cache(maxsize=KEPT)
def first_derivatives(functions: ProblemFunctions) -> tuple[Any, Any]:
    """(x, u, t, p) -> the dynamics, and the entries of their Jacobian in (x, u, p); and its sparsity."""
    x, u, t, p = _symbols(functions)
    value = functions.dynamics(x, u, t, p)
    jacobian = ca.jacobian(value, ca.vertcat(x, u, p))
    entries = ca.vec(jacobian.nz[:]) if jacobian.nnz() else type(x)(0, 1)
    return ca.Function("rates", [x, u, t, p], [ca.densify(value), entries]), jacobian.sparsity()


@lru_cache(maxsize=KEPT)
def cost_derivatives(functions: ProblemFunctions) -> Any:
    """(x, u, t, p) -> gradients and curvatures of the running and the terminal cost in (x, u, p), one by one."""
    x, u, t, p = _symbols(functions)
    z, found = ca.vertcat(x, u, p), []
    for cost in (functions.running_cost(x, u, t, p), functions.terminal_cost(x, t, p)):
        curvature, slope = ca.hessian(cost, z)
        found += [ca.densify(slope), ca.densify(ca.diag(curvature))]
    return ca.Function("costs", [x, u, t, p], found)


@lru_cache(maxsize=KEPT)
def constraint_derivatives(functions: ProblemFunctions) -> tuple[Any, Any]:
    """(x, u, t, p) and (x0, xf, t0, tf, p) -> the constraints' expressions, and their derivatives in (x, u, p).

    Those of boundary constraints are in x0 and xf, in nothing for u, and in p.
    """
    x, u, t, p = _symbols(functions)
    x0, xf, t0, tf = (
        type(x).sym(name, count) for name, count in (("a", x.numel()), ("b", x.numel()), ("c", 1), ("d", 1))
    )
    path, boundary = functions.path(x, u, t, p), functions.boundary(x0, xf, t0, tf, p)
    first, last, by_p = (ca.densify(ca.jacobian(boundary, symbols)) for symbols in (x0, xf, p))
    by_x = ca.fmax(ca.fabs(first), ca.fabs(last))
    idle = type(x).zeros(boundary.shape[0], u.numel())
    along = [ca.densify(path), ca.densify(ca.jacobian(path, ca.vertcat(x, u, p)))]
    at_ends = [ca.densify(boundary), ca.densify(ca.horzcat(by_x, idle, by_p))]
    return ca.Function("path", [x, u, t, p], along), ca.Function("boundary", [x0, xf, t0, tf, p], at_ends)


def _symbols(functions: ProblemFunctions) -> tuple[Any, Any, Any, Any]:
    kind = ca.SX if functions.dynamics.is_a("SXFunction") else ca.MX
    x, u, t, p = (kind.sym(name, functions.dynamics.size1_in(i)) for i, name in enumerate("xutp"))
    return x, u, t, p
