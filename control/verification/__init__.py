"""What is claimed of a solution, computed again by other means than those that found it.

verify.py             the full certificate, with a solve on a finer mesh
finer_mesh.py         what the cost changes by there
belonging.py          whether a solution is one of a problem at all
given_numbers.py      what a problem gives as numbers, and where it lies in a program
quick_certificate.py  what can be checked for less than a solve
kkt.py                the program's second-order conditions
resimulation.py       the controls simulated again by a tight integrator
algebraic_residual.py  algebraic equations where their variables are not kept
attained.py           free times and parameters that run off while the cost falls
pontryagin.py         the Hamiltonian, its drift, and better controls
convexity.py          whether a minimum is the least there is
kinks_at_rest.py      whether a path rests on a kink
error_scales.py       what errors of states and costs are divided by
between_nodes/  bounds and path constraints where the program does not hold them, and what mending that would cost
discrete_time/  the steps of a map: the recursion of the costates
phases/    the same for several phases, and across their links
"""
