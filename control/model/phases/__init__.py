"""Problems of several phases: what each is, and what ties their ends.

multi_phase_problem.py  MultiPhaseProblem, and the checks of what it is given
links.py                Link and LinkConstraint, and what a function of ends receives
kinks_of_links.py       kinks in what stands between phases
link_functions.py       all rows between phases, and their cost, traced into CasADi functions
"""
