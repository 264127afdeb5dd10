"""The geodesic as an OptimalControlProblem, and its smoothed minima through CasADi.

geodesic_problems.py  the problem, smoothed and in complementarity form
schemes.py            the discretizations: Euler (the network itself), RK4, Gauss, Radau
path_problem.py       what is to be solved: a geodesic on its steps, by which scheme and solver
compiled_programs.py  the programs that are compiled once for all starts
smooth_point.py       the record of a smoothed minimum
smoothed_solves.py    the homotopy in ε from weights to such a minimum
"""
