"""What is to be minimized, before anything is solved.

representation_geodesic.py  the problem: data, width, depth, objective and adjoint
activations.py              σ of a geodesic: which are allowed, the ε of a homotopy, CasADi expressions
losses.py                   the data terms: squared error, cross-entropy
endpoints.py                how a path ends: penalized, or held on the targets
layer_steps.py              the steps ρ_ℓ of a network, checked
array_layouts.py, shapes.py  reordering of arrays, and names of their shapes
network_path.py             the path of given weights, with cost, momenta and residual of stationarity
"""
