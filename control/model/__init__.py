"""What to solve: optimal-control problems, and their functions traced into CasADi.

problem.py  OptimalControlProblem and its constraints
ends.py     states at the ends of the horizon: numbers, ranges, or free
vector_names.py  "q[3]" and its entries
free_numbers.py    free times and free parameters
tracing.py  a problem's functions as CasADi functions
checked_expressions.py  what one function returns for CasADi's symbols, and what is wrong with it
expression_graph.py  a function's operations: their ranges, and which way they move the output
kinks.py             kinks that slacks, or rows for their cases, replace exactly
kink_symbols.py      names, ranges and freedom of a function's arguments
kinks_of_problem.py  all kinks of a problem, and both sides of each
bounds.py   what is a range, and what stands for no bound
errors.py   ControlError, ProblemError, and the checks of arguments that raise it
reductions/ integrals, algebraic variables and rates of controls, made a matter of states and controls
phases/     problems of several phases
"""
