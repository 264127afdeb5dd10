"""What comes back of several phases: an ordinary Solution of each, and what meets at the links.

multi_phase_solution.py  MultiPhaseSolution and LinkedEnds
read_back_phases.py      from the solved program to a MultiPhaseSolution
"""
