"""Classic optimal-control problems by name, each with its statement, source and optimum."""

from .library import ClassicProblem, load, names

__all__ = ["ClassicProblem", "load", "names"]
