"""Which move comes next: those that have earned more are chosen more often, and none is given up.

A move earns one for a child that enters its population, and more for a new best. What it cost is counted in matrix
factorizations, which are the same on any machine, so that choices are too.
"""

from dataclasses import dataclass, field

import numpy as np

PRIOR_TRIES, PRIOR_EARNED = 4.0, 1.0
"""What every move is credited with before its first child. Chosen by hand."""
BEST_EARNS = 4.0
"""What a new best of a population counts, where a new member counts one. Chosen by hand."""
FLOOR = 0.3
"""Share of the choices that is spread evenly. Chosen by hand."""


@dataclass(slots=True, eq=False)
class Bandit:
    """Earnings and costs of the moves of one search, by place.

    Attributes
    ----------
    moves : int
        How many there are.
    tries, earned, cost : (moves,)
        Children, what they earned, and factorizations.
    """

    moves: int
    tries: np.ndarray = field(init=False)
    earned: np.ndarray = field(init=False)
    cost: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.tries, self.earned, self.cost = (np.zeros(self.moves) for _ in range(3))

    def choose(self, rng: np.random.Generator, allowed: np.ndarray) -> int:
        """The place of the next move, of those that are allowed, a truth value each (moves,)."""
        usual = self.cost.sum() / max(1.0, self.tries.sum()) or 1.0
        effort = (self.cost + PRIOR_TRIES * usual) / usual
        rate = (self.earned + PRIOR_EARNED) / effort
        rate *= allowed
        share = FLOOR * allowed / allowed.sum() + (1.0 - FLOOR) * rate / rate.sum()
        return int(rng.choice(self.moves, p=share / share.sum()))

    def learn(self, move: int, earned: float, cost: float) -> None:
        """Count a child."""
        self.tries[move] += 1.0
        self.earned[move] += earned
        self.cost[move] += cost
