"""From a problem to its solution.

solve.py       the call that does it all
guess.py       where a solve starts: mappings, simulations, earlier solutions
homotopy.py    a sequence of parameter values, each solved from the last
multistart.py  random starts, the distinct minima they find, and pools of workers
"""
