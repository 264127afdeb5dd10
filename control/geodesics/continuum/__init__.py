"""The continuous path: what networks of ever more layers tend to, and a second method that knows no layers.

- hamiltonian_system: the differential equations in (A, B), H, and the conditions at both ends.
- indirect/: Pontryagin's boundary-value problem by Gauss collocation, with kinks as nodes.
- continuous_limit: Richardson extrapolation of networks.
- kinks_of_networks: where exact networks cross the kink and rest on it.
- exact_path: the path of the exact ReLU, from there.
- scheme_on_kinks: a scheme's own path, with nodes on the kinks.
- direct_on_pieces: the direct method, on the sides of the kinks.
- closed_forms: what is known exactly.
- direct_mesh: equidistributed meshes of the direct method.
- hermite_path: the cubic path through a direct solution, and its error.
"""
