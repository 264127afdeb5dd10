"""Meshes of several phases that follow the estimated error.

arcs_as_phases.py  the arcs of a solution of one phase as phases
refined_phases.py  better and better solutions of several phases
"""
