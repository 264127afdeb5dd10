"""One interval of the horizon, as every transcription maps it over its mesh.

scheme.py           how a method discretizes an interval
stage_functions.py  an interval as CasADi functions
slacks.py           slacks in place of the running cost's kinks
"""
