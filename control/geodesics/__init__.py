"""Representation geodesics of Leaky ResNets: a client of the trajectory optimizer."""

from .certificate import GeodesicCertificate, stationarity_residual
from .landscape import Coverage, GeodesicMinimum, merge_minima
from .problem import RepresentationGeodesic, check_layer_steps
from .solution import GeodesicSolution
from .solve import GeodesicError, solve_geodesic
from .structured_starts import initial_weights
from .transcribe import complementarity_problem, smoothed_problem

__all__ = [
    "Coverage",
    "GeodesicCertificate",
    "GeodesicError",
    "GeodesicMinimum",
    "GeodesicSolution",
    "RepresentationGeodesic",
    "check_layer_steps",
    "complementarity_problem",
    "initial_weights",
    "merge_minima",
    "smoothed_problem",
    "solve_geodesic",
    "stationarity_residual",
]
