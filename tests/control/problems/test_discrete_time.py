"""The fish stock against dynamic programming, its closed policy, and SciPy on what is left each season."""

import numpy as np
import pytest
from scipy.optimize import minimize

from geodepth.control.problems import load, names
from geodepth.control.problems.discrete_time.fish_harvest import (
    DISCOUNT,
    FIRST,
    GROWTH,
    SEASONS,
    escapement,
    optimum,
    recruits,
)

from .test_library import solved


def test_dynamic_programming_has_this_optimum() -> None:
    """Backwards on 2000 stocks, joined by lines, over 2000 shares left: each step misses less than h²/8 · max |V''|."""
    stocks, left = np.linspace(0.0, 1.0, 2001), np.linspace(0.0, 1.0, 2001)
    value = stocks
    for _ in range(SEASONS):
        later = DISCOUNT * np.interp(recruits(left), stocks, value) - left
        # The best of what may be left of a stock: all up to it.
        value = stocks + np.maximum.accumulate(later)
    assert float(np.interp(FIRST, stocks, value)) == pytest.approx(optimum(), rel=1e-5)


def test_scipy_finds_no_better_shares() -> None:
    """By L-BFGS-B on the share left in each season, from half of it: another program for the same catch."""

    def lost(shares: np.ndarray) -> float:
        stock, caught = FIRST, 0.0
        for season, share in enumerate(shares):
            caught += DISCOUNT**season * (1 - share) * stock
            stock = recruits(share * stock)
        return -caught - DISCOUNT**SEASONS * stock

    found = minimize(lost, np.full(SEASONS, 0.5), bounds=[(0.0, 1.0)] * SEASONS, tol=1e-14)
    assert -found.fun == pytest.approx(optimum(), rel=1e-6)


def test_what_is_left_and_what_a_fish_is_worth_are_the_closed_forms() -> None:
    """Nothing is caught for five seasons; then λ = −0.95^k, and before it is what a fish left has become by then."""
    solution = solved("fish-harvest")
    stock, kept = solution.state("stock"), escapement()
    left = stock[:-1] - solution.control("catch")
    assert left[:5] == pytest.approx(stock[:5], abs=1e-7)
    assert np.all(stock[:5] < kept)
    assert left[5:] == pytest.approx(kept, abs=1e-6)  # of a flat optimum: the root of the solver's tolerance at most
    worth = [-(DISCOUNT**season) for season in range(5, SEASONS + 1)]
    for season in range(4, -1, -1):
        worth.insert(0, worth[0] * GROWTH * (recruits(stock[season]) / (GROWTH * stock[season])) ** 2)
    assert solution.costate("stock") == pytest.approx(worth, abs=1e-6)


def test_only_problems_in_steps_are_named_so() -> None:
    assert names(in_steps=True) == ("fish-harvest",)
    assert set(names(in_steps=True)) | set(names(in_steps=False)) == set(names())
    for name in names(several_phases=False):
        assert (load(name).build().steps is not None) == (name in names(in_steps=True))
