"""From a problem to its solution.

solve.py       the call that does it all
discretized.py the program by the method and mesh that are asked for
phases/        what solve does for several phases
guess.py       where a solve starts: mappings, simulations, earlier solutions
homotopy.py    a sequence of parameter values, each solved from the last
multistart.py  random starts, the distinct minima they find, and pools of workers
"""
