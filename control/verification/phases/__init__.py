"""What is claimed of a solution of several phases, computed again: along each phase, and across the links.

verify_phases.py          the full certificate
certificate_of_phases.py  the quick one
attained_by_phases.py     whether the least cost is attained
across_links.py           what the ends say: costates and the Hamiltonian across links and at free times
"""
