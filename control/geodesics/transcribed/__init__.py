"""The geodesic as an OptimalControlProblem, and its smoothed solves through CasADi."""
