"""Classic optimal-control problems by name, each with its statement, source and optimum, in folders by what they teach.

smooth/             controls without corners, over a fixed time: the first problems to try a method on
free_time/          the end time is sought too
stiff/              two time scales: boundary layers at both ends, and rest between them
bang_bang/          controls that jump from bound to bound, at switch times that are sought
singular/           arcs on which H is linear in the control
state_constrained/  bounds on states, and on states and controls together
algebraic/          algebraic variables beside states
discrete_time/      x_next and steps in place of dynamics
phases/             several phases: stages that drop off, arcs as phases, a path with a corner
library.py          load and names: from a name to its file
classic_problem.py  the record that every file of a folder ends with
costs.py            costs that several statements share
drawing.py          what the plots share
"""

from .classic_problem import ClassicProblem
from .library import load, names

__all__ = ["ClassicProblem", "load", "names"]
