"""Derivatives of the objective with respect to the weights, in buffers made once.

- adjoint: the gradient.
- gauss_newton: the Gauss-Newton part of the Hessian, and its inverse.
- hessian_products: the whole Hessian times a vector.
- layer_factors: the same part layer by layer, for data that are too large for that inverse.
- sample_sweep: the sweeps behind all of them, for some of the samples.
"""
