"""Representation geodesics of Leaky ResNets: a client of the trajectory optimizer."""

from .certificate.completed import certify_continuous
from .certificate.geodesic_certificate import GeodesicCertificate
from .certificate.lower_bound import LowerBound, lower_bound
from .continuum.boundary_value import Crossing
from .continuum.indirect import Extremal, IndirectReason, resolve_kinks, solve_indirect
from .search.coverage import Coverage
from .search.minima import GeodesicMinimum, merge_minima
from .search.starts import initial_weights
from .solution import GeodesicSolution
from .solve import GeodesicError, solve_geodesic
from .statement.layer_steps import check_layer_steps
from .statement.network_path import stationarity_residual
from .statement.representation_geodesic import RepresentationGeodesic
from .transcribed.geodesic_problems import complementarity_problem, smoothed_problem

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
