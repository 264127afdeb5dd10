"""The search for the best path: many starts, hops from the best of them, and what they say of each other.

settings.py              what is asked: the problem that every start solves, and how many starts there are
starts.py                random and given starting weights
one_start.py             one start, through the smoothing homotopy to the exact ReLU
finish_by_relaxation.py  the exact stage through IPOPT, for the best starts
continuous_paths.py      the best minima of a continuous scheme, carried to their own meshes
rivals.py                zero and given weights as they are, and a second way to the exact stage
hops.py                  further starts next to the best minimum
outcome.py               where a start ended
journal.py               finished starts on disk, so that a killed run goes on
workers.py               who solves the starts: this process or an executor
minima.py                distinct minima, up to permutations of neurons
coverage.py              what random starts say of the minima that they missed
statistics.py            what a search keeps of its own work
"""
