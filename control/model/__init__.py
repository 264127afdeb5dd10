"""What to solve: optimal-control problems, and their functions traced into CasADi.

problem.py  OptimalControlProblem, constraints, free times and free parameters
tracing.py  a problem's functions as CasADi functions, and what is wrong with them
bounds.py   what is a range, and what stands for no bound
errors.py   ControlError, ProblemError, and the checks of arguments that raise it
"""
