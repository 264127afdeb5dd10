"""What is stated in richer terms, made a matter of states, controls and their rates: all rooms beyond know only these.

integral_constraints.py  integrals over the horizon, each a state of its own
control_rates.py         controls whose rate is bounded or costs something: states, with their rates as controls
algebraic_variables.py   algebraic variables, solved for wherever a function asks for them
index.py                 whether that can be done, and what to do where it cannot
discrete_time.py         a map from step to step, in place of a rate
seen.py                  the arguments of the user's functions, taken from states and controls
"""
