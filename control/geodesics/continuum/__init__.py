"""The continuous path: what networks of ever more layers tend to, and a second method that knows no layers.

- hamiltonian_system: the differential equations in (A, B), H, and the conditions at both ends.
- indirect/: Pontryagin's boundary-value problem by Gauss collocation, with kinks as nodes.
- continuous_limit: Richardson extrapolation of networks.
- direct_mesh: equidistributed meshes of the direct method.
- hermite_path: the cubic path through a direct solution, and its error.
"""
