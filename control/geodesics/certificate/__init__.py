"""What is proven of a path: bracket, stationarity, inertia, drift, lower bounds.

- geodesic_certificate: the record of all that is known.
- network_certificate: completes it with what is measured of a network's path.
- kkt_residual: by CasADi's derivatives.
- inertia: the reduced Hessian and its eigenvalues.
- lower_bounds/: what no path whatever can cost less than.
- exact_continuum: what is known of the continuous path of the exact ReLU.
- proven: the global optimum of a tiny network, by branch-and-bound.
- continuum_certificate: the drift of H along the continuous path, and a second method's agreement.
"""
