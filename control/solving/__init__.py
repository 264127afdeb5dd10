"""From a problem to its solution.

solve.py       one solve of a problem, and what follows where that is not enough
robust/        other starts on a coarse mesh, and other transcriptions
prepare.py     a problem built once, solved for many values
one_solve.py   solves of a compiled program, warm or cold, once or again and again
receding_horizon.py  a solution moved on along its mesh
sensitivity.py  how the optimum and its cost change with these numbers
estimation/    parameters and initial states from measured data, by least squares
optimum_function.py  the optimum as a differentiable casadi.Function
discretized.py the program by the method and mesh that are asked for
phases/        what solve does for several phases
guess.py       where a solve starts: mappings, simulations, earlier solutions
homotopy.py    a sequence of parameter values, each solved from the last
multistart.py  random starts, the distinct minima they find, and pools of workers
"""
