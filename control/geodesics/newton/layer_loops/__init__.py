"""Loops over layers and samples, compiled, for what NumPy would need many small calls.

compiled.py      how loops are compiled, and kept on disk
derivatives.py   defects, and the Lagrangian's derivatives layer by layer
"""
