"""The physics of a path: its kernel, energies, ranks, phases and momenta.

kernel.py           norms in the geometry of K = σ(A)ᵀσ(A)
energies.py         the formulas of kinetic energy, potential and cost of identity, in one geometry
path_energies.py    everything that is measured of a path, point by point
ranks.py            smooth notions of rank
phases.py           the bottleneck, its rank and its time scales
momenta.py          momenta where the ReLU has a kink
kink_slopes.py      the residual over the slopes at those kinks
neural_collapse.py  NC1 to NC3 at every layer, of samples with classes
transport.py        how straight samples move, and what it costs beside the Wasserstein geodesic
turnpike.py         how fast a path comes to its slow stretch, and how long it stays
rank_expansion.py   cost against effective depth: bottleneck rank, and the regularity behind it
"""
