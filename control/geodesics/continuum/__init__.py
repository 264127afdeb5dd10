"""The continuous path: Hamiltonian boundary-value problem, kinks as nodes, limits of networks."""
