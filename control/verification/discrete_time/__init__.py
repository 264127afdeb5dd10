"""What is checked of a map's steps, where continuous time has re-simulation and a Hamiltonian that is constant.

step_checks.py  the costates' recursion, and the minimum in u
"""
