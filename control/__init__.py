"""Optimal control, and representation geodesics as one such problem: CasADi, NumPy and SciPy; never PyTorch."""

from .errors import ControlError, ProblemError, SolveError
from .geodesics import (
    GeodesicCertificate,
    GeodesicError,
    GeodesicMinimum,
    GeodesicSolution,
    RepresentationGeodesic,
    check_layer_steps,
    complementarity_problem,
    initial_weights,
    smoothed_problem,
    solve_geodesic,
    stationarity_residual,
)
from .homotopy import homotopy
from .integrators import ExplicitRungeKutta, euler, rk4
from .mesh import Mesh
from .multiple_shooting import MultipleShooting
from .multistart import Minimum, multistart, process_pool, random_guess
from .problem import BoundaryConstraint, FreeParameter, FreeTime, OptimalControlProblem, PathConstraint
from .solution import Sample, Solution, Status
from .solve import solve
from .solvers import SOLVERS
from .storage import versions

__all__ = [
    "SOLVERS",
    "BoundaryConstraint",
    "ControlError",
    "ExplicitRungeKutta",
    "FreeParameter",
    "FreeTime",
    "GeodesicCertificate",
    "GeodesicError",
    "GeodesicMinimum",
    "GeodesicSolution",
    "Mesh",
    "Minimum",
    "MultipleShooting",
    "OptimalControlProblem",
    "PathConstraint",
    "ProblemError",
    "RepresentationGeodesic",
    "Sample",
    "Solution",
    "SolveError",
    "Status",
    "check_layer_steps",
    "complementarity_problem",
    "euler",
    "homotopy",
    "initial_weights",
    "multistart",
    "process_pool",
    "random_guess",
    "rk4",
    "smoothed_problem",
    "solve",
    "solve_geodesic",
    "stationarity_residual",
    "versions",
]
