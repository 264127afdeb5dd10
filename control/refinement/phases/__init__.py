"""Meshes of several phases that follow the estimated error.

refined_phases.py  better and better solutions of several phases
"""
