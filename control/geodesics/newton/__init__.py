"""The structured Newton method for the smoothed problem: samples couple only through the weights.

smoothing_homotopy.py  the way in: ε from large to small, each solved from the last
solve_structured.py    one solve at one ε: arguments, start, result
newton_loop.py         its iteration
regularization.py        the shifts of the Hessian that it tries
newton_step.py           a step, with a factorized Hessian
filter_line_search.py    the length of the step that is accepted
slope_duals.py           slopes as unknowns of their own, for small ε
shooting_model.py      the problem as this method sees it
path_ends.py             its end: a loss, or held on the targets
linearization.py         its derivatives and residual at an iterate
layer_loops/           the loops behind both, compiled
linear_system/         its linear system, for few and for many samples, and the sweeps around it
structured_result.py   what is reported and returned
"""
