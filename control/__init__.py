"""Optimal control, and representation geodesics as one such problem: CasADi, NumPy and SciPy; never PyTorch."""

from .certificate import Certificate, Check
from .collocation import DirectCollocation
from .errors import ControlError, ProblemError, SolveError
from .geodesics import (
    Coverage,
    Crossing,
    Extremal,
    GeodesicCertificate,
    GeodesicError,
    GeodesicMinimum,
    GeodesicSolution,
    IndirectReason,
    LowerBound,
    RepresentationGeodesic,
    certify_continuous,
    check_layer_steps,
    complementarity_problem,
    initial_weights,
    lower_bound,
    merge_minima,
    resolve_kinks,
    smoothed_problem,
    solve_geodesic,
    solve_indirect,
    stationarity_residual,
)
from .guess import Rollout
from .homotopy import homotopy
from .implicit import ImplicitRungeKutta, gauss_legendre, radau_iia
from .integrators import ExplicitRungeKutta, euler, rk4
from .mesh import Mesh
from .multiple_shooting import MultipleShooting
from .multistart import Minimum, multistart, process_pool, random_guess, run_all
from .problem import BoundaryConstraint, FreeParameter, FreeTime, OptimalControlProblem, PathConstraint
from .refinement import refine
from .solution import Sample, Solution, Status
from .solve import solve
from .solvers import SOLVERS
from .storage import versions
from .structure import Arc, Structure, find_structure
from .sundials import Cvodes
from .verification import verify
from .watching import Progress

__all__ = [
    "SOLVERS",
    "Arc",
    "BoundaryConstraint",
    "Certificate",
    "Check",
    "ControlError",
    "Coverage",
    "Crossing",
    "Cvodes",
    "DirectCollocation",
    "ExplicitRungeKutta",
    "Extremal",
    "FreeParameter",
    "FreeTime",
    "GeodesicCertificate",
    "GeodesicError",
    "GeodesicMinimum",
    "GeodesicSolution",
    "ImplicitRungeKutta",
    "IndirectReason",
    "LowerBound",
    "Mesh",
    "Minimum",
    "MultipleShooting",
    "OptimalControlProblem",
    "PathConstraint",
    "ProblemError",
    "Progress",
    "RepresentationGeodesic",
    "Rollout",
    "Sample",
    "Solution",
    "SolveError",
    "Status",
    "Structure",
    "certify_continuous",
    "check_layer_steps",
    "complementarity_problem",
    "euler",
    "find_structure",
    "gauss_legendre",
    "homotopy",
    "initial_weights",
    "lower_bound",
    "merge_minima",
    "multistart",
    "process_pool",
    "radau_iia",
    "random_guess",
    "refine",
    "resolve_kinks",
    "rk4",
    "run_all",
    "smoothed_problem",
    "solve",
    "solve_geodesic",
    "solve_indirect",
    "stationarity_residual",
    "verify",
    "versions",
]
