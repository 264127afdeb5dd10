"""Derivatives of the objective: adjoint, Hessian products, Gauss-Newton."""
