"""The staged search: populations of minima of the smoothed cost, at smaller and smaller ε, in independent searches.

request.py             what is asked: levels of ε, patience, how many searches, budgets
which_search.py        what the arguments of solve_geodesic mean
staged_search.py       all searches, round by round, over the workers
independent_search.py  one search: its stages, from random starts to fine hops of the exact path
population.py          the best distinct minima of one smoothed cost
moves.py               from minima to new starts
alignment.py           neurons of two minima matched, before their weights are mixed
bandit.py              which move comes next
settlement.py          what the ends of all searches say
"""
