"""What is told of a solve that stopped short.

why_it_stopped.py    the status that fits better than the solver's own word, and the reason
worst_constraint.py  which constraint is violated most, where and by how much
limits_reached.py    what of the problem stands in the way: controls, times and parameters on their bounds
"""
