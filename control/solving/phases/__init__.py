"""What solve does for problems of several phases, where it differs from one.

one_for_each.py       method, mesh and guess: one for all phases, or a mapping by name
discretized_phases.py  the program by their methods and meshes
guess_of_phases.py    where the phases start
prepared_phases.py    phases built once, solved for many values
"""
