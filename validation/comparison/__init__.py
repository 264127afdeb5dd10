"""A network's path beside the true one, and the verdict.

same_question.py    whether both answer one question
alignment.py        distances modulo the order of neurons
landscape.py        the minima of a truth, and the one next to a path
limit_of_layers.py  the continuous path, and the excess over it
physics_gap.py      what a path's physics lacks
verdicts.py         the verdicts, and how they are decided
comparison.py       compare, and what it says
"""
