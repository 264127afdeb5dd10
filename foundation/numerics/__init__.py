"""Formulas that several rooms need.

- equidistribution: nodes with equal shares of a density.
- extrapolation: the weights of Richardson's extrapolation.
- one_neuron_geodesic: the path of one neuron in closed form.
"""
