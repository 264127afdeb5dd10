"""What is claimed of a solution of several phases, computed again: along each phase, and across the links.

certificate_of_phases.py  the quick certificate and the full one
across_links.py           what the ends say: costates and the Hamiltonian across links and at free times
"""
