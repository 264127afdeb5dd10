"""What solve does for problems of several phases, where it differs from one.

one_for_each.py       method, mesh and guess: one for all phases, or a mapping by name
guess_of_phases.py    where the phases start
"""
