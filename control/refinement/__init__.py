"""Meshes that follow the estimated error, arcs of the control, and switch times as variables.

refine.py           refine: solve, estimate, refine, until the error is certified
first_solve.py      the first solve, and others where it fails or may have found too little
reached.py          what was reached, and why it ended there
tight_solver.py     one solve of a refinement
error_estimates.py  the error of every interval
mesh_changes.py     intervals split and merged, nodes put on switches
detours.py          a guess around what a path went through between its nodes
arcs.py             find_structure: the arcs of a control, and its switches
held_intervals.py   the intervals in which path constraints push
switch_times.py     the nodes between the arcs as variables
phases/             refine for several phases
"""
