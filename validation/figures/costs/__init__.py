"""Figures of costs: how far they lie above the best known, and above the continuous path.

excess_by_scheme.py  how far every network lies above its truth
cost_of_depth.py     what the best path on L layers costs above the continuous one
"""
