"""How to discretize: from a problem on a mesh to a nonlinear program.

mesh.py                  breakpoints of the horizon, some of which may move
multiple_shooting.py     the method with a state at every node; condensed: single shooting
direct_collocation.py    the method with states at collocation points
integrators_by_name.py   "euler", "rk4", "gauss", "radau", "cvodes"
explicit_integrators.py  Euler, RK4, and any explicit tableau
implicit_integrators.py  Gauss–Legendre and Radau IIA, whose stages are variables
cvodes.py                SUNDIALS' integrator for stiff dynamics
interpolation.py         polynomials on a few points, Hermite's cubic, means of controls
interval/                one interval as CasADi functions
assembly.py              all intervals as a program, and the bounds of its variables
defects_and_constraints.py  the constraints in order: defects, paths, what ties the ends
layout.py                the order of a program's variables
transcription.py         the program, and the protocol of a method
nonlinear_program.py     what a solver sees of one phase or of several
phases/                  several phases as one program
"""
