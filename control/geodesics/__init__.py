"""Representation geodesics of Leaky ResNets: a client of the trajectory optimizer."""

from .boundary_value import Crossing
from .certificate import GeodesicCertificate, stationarity_residual
from .certify import certify_continuous
from .indirect import Extremal, IndirectReason, resolve_kinks, solve_indirect
from .landscape import Coverage, GeodesicMinimum, merge_minima
from .lower_bound import LowerBound, lower_bound
from .problem import RepresentationGeodesic, check_layer_steps
from .solution import GeodesicSolution
from .solve import GeodesicError, solve_geodesic
from .structured_starts import initial_weights
from .transcribe import complementarity_problem, smoothed_problem

__all__ = [
    "Coverage",
    "Crossing",
    "Extremal",
    "GeodesicCertificate",
    "GeodesicError",
    "GeodesicMinimum",
    "GeodesicSolution",
    "IndirectReason",
    "LowerBound",
    "RepresentationGeodesic",
    "certify_continuous",
    "check_layer_steps",
    "complementarity_problem",
    "initial_weights",
    "lower_bound",
    "merge_minima",
    "resolve_kinks",
    "smoothed_problem",
    "solve_geodesic",
    "solve_indirect",
    "stationarity_residual",
]
