"""Representation geodesics of Leaky ResNets: a client of the trajectory optimizer.

solve.py       solve_geodesic, from what is asked to the solution
solution.py    GeodesicSolution: the path that was found, its files and plots
plots.py       singular values along the path, and the waterfall of the starts
statement/     what a geodesic is: data, activation, loss, end, layer steps, and the path of a network
newton/        the structured Newton method on the samples
transcribed/   the geodesic as an OptimalControlProblem, and its smoothed solves
exact_relu/    from the smoothed to the exact ReLU, kinks included
continuum/     the continuous path: its boundary-value problem, its meshes, the limit of networks
certificate/   what is proven of a path
search/        starts, hops, distinct minima

The public names are handed on by geodepth.control.
"""
