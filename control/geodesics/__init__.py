"""Representation geodesics of Leaky ResNets: a client of the trajectory optimizer.

solve.py       solve_geodesic, from what is asked to the solution
solution.py    GeodesicSolution: the path that was found, its files and plots
plots.py       singular values along the path, and the waterfall of the starts
statement/     what a geodesic is: data, activation, loss, end, layer steps, and the path of a network
newton/        the structured Newton method on the samples
transcribed/   the geodesic as an OptimalControlProblem, and its smoothed solves
exact_relu/    from the smoothed to the exact ReLU, kinks included
continuum/     the continuous path: its boundary-value problem, its meshes, the limit of networks
certificate/   what is proven of a path
search/        starts, hops, distinct minima, the journal
populations/   the staged search, and whether it settled

geodepth.control hands on the same names.
"""

from .certificate.continuum_certificate import certify_continuous
from .certificate.geodesic_certificate import GeodesicCertificate
from .certificate.lower_bounds.lower_bound import LowerBound, lower_bound
from .certificate.proven import ProvenOptimum, prove_optimum
from .continuum.indirect.collocated_path import Crossing
from .continuum.indirect.extremal import Extremal, IndirectReason
from .continuum.indirect.resolve_kinks import resolve_kinks
from .continuum.indirect.solve_indirect import solve_indirect
from .populations.request import Search
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
    "ProvenOptimum",
    "RepresentationGeodesic",
    "Search",
    "certify_continuous",
    "check_layer_steps",
    "complementarity_problem",
    "initial_weights",
    "lower_bound",
    "merge_minima",
    "prove_optimum",
    "resolve_kinks",
    "smoothed_problem",
    "solve_geodesic",
    "solve_indirect",
    "stationarity_residual",
]
