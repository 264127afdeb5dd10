"""From a smoothed minimum to the exact ReLU's, kinks included, and a bracket around its cost.

The exact network has kinks at A = 0, and at a minimum about one input in twenty rests on one. The way there:

1. solve_exact.py asks for all of it, and puts the answer together.
2. smoothing_descent.py lowers ε, and tries at each value whether the kinks are known.
3. active_set.py is Newton's method with a side for every input: positive, negative, or held on its kink. Where the
   sides settle, its last iterate is a minimum of the exact network to roundoff.
4. choice_of_sides.py says which side an input takes at the start, and after a step.
5. pieces.py is the smooth problem that belongs to given sides.
6. fewer_neurons.py takes out neurons that a minimum can do without, idle ones and clones, and puts the answer back.
7. relaxation_on_pieces.py closes the bracket from below: Scholtes' relaxation S∘T ≤ s in A = S − T, on the same pieces.
8. exact_result.py is the record of the answer.

relaxation_by_ipopt.py is a second way, slower and independent: Scholtes' relaxation of the whole problem by IPOPT.
"""
