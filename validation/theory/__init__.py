"""The paper's statements as numerical checks, with both sides shown.

check.py            Check, the outcome, and Statement, which makes one
stable_rank.py      Proposition 1
identity_minima.py  Propositions 2 and 3
growing_depth.py    Proposition 5, and the two time scales
conservation.py     Proposition 9, and the Hamiltonian
symmetries.py       leakage and scaling
theorem_four.py     Theorem 4
one_neuron.py       the one path in closed form
all_statements.py   all that one path can be held to
errata.py           the paper's two errata, on known numbers
"""
