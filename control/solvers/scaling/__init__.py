"""How large everything is, so that solvers and certificates see the same numbers in all units.

path_sizes.py              sizes of states, controls, constraints and the cost along a path
natural_sizes.py           sizes at which variables matter to the dynamics
program_sizes.py           the same for all phases of a program, and for the links between them
derivatives.py             derivatives of a problem's functions, which sizes are read off
variable_scaling.py        what a solver's variables, constraints and objective are divided by
kept_scales.py             scales that are kept from one solve to the next
scaled_bounds.py           which bounds are active
first_order_conditions.py  what is left of the conditions of optimality, relative to these sizes
"""
