"""Optimal control, and representation geodesics as one such problem: CasADi, NumPy and SciPy; never PyTorch.

model/          what to solve: OptimalControlProblem, its constraints and free numbers
transcription/  how to discretize it: meshes, integrators, shooting and collocation
solvers/        who solves it: the nonlinear program, and ipopt, fatrop and SQP
solution/       what comes out: Solution, certificates, files, plots
verification/   what is claimed of a solution, computed again by other means
solving/        solve, guesses, homotopy, many starts
refinement/     meshes that follow the estimated error, arcs and switch times
problems/       classic problems by name, in folders by what they teach
geodesics/      representation geodesics of Leaky ResNets, a client of all the above

Each room uses those above it.
"""

from geodepth.foundation.worker_processes import run_all

from .geodesics.certificate.continuum_certificate import certify_continuous
from .geodesics.certificate.geodesic_certificate import GeodesicCertificate
from .geodesics.certificate.lower_bounds.lower_bound import LowerBound, lower_bound
from .geodesics.certificate.proven import ProvenOptimum, prove_optimum
from .geodesics.continuum.indirect.collocated_path import Crossing
from .geodesics.continuum.indirect.extremal import Extremal, IndirectReason
from .geodesics.continuum.indirect.resolve_kinks import resolve_kinks
from .geodesics.continuum.indirect.solve_indirect import solve_indirect
from .geodesics.populations.request import Search
from .geodesics.search.coverage import Coverage
from .geodesics.search.minima import GeodesicMinimum, merge_minima
from .geodesics.search.starts import initial_weights
from .geodesics.solution import GeodesicSolution
from .geodesics.solve import GeodesicError, solve_geodesic
from .geodesics.statement.layer_steps import check_layer_steps
from .geodesics.statement.network_path import stationarity_residual
from .geodesics.statement.representation_geodesic import RepresentationGeodesic
from .geodesics.transcribed.geodesic_problems import complementarity_problem, smoothed_problem
from .model.errors import ControlError, ProblemError
from .model.phases.links import Link, LinkConstraint, PhaseEnds
from .model.phases.multi_phase_problem import MultiPhaseProblem
from .model.problem import BoundaryConstraint, FreeParameter, FreeTime, OptimalControlProblem, PathConstraint
from .model.reductions.integral_constraints import IntegralConstraint
from .refinement.arcs import Arc, Structure, find_structure
from .refinement.phases.arcs_as_phases import arcs_as_phases
from .refinement.refine import refine
from .solution.certificate import Certificate, Check
from .solution.npz_files import versions
from .solution.phases.multi_phase_solution import LinkedEnds, MultiPhaseSolution
from .solution.sampling import Sample
from .solution.solution import Solution, SolveError
from .solvers.iteration_callback import Progress
from .solvers.program import SOLVERS
from .solvers.status import Status
from .solving.estimation import Estimate, Measurement, estimate
from .solving.guess import Rollout
from .solving.homotopy import homotopy
from .solving.multistart import Minimum, multistart, process_pool
from .solving.phases.prepared_phases import PreparedPhases
from .solving.prepare import Prepared, prepare
from .solving.robust.random_guess import random_guess
from .solving.sensitivity import MultiPhaseSensitivity, Sensitivity, sensitivity
from .solving.solve import solve
from .solving.sparsity import plot_sparsity
from .transcription.cvodes import Cvodes
from .transcription.direct_collocation import DirectCollocation
from .transcription.explicit_integrators import ExplicitRungeKutta, euler, rk4
from .transcription.implicit_integrators import ImplicitRungeKutta, gauss_legendre, radau_iia
from .transcription.mesh import Mesh
from .transcription.multiple_shooting import MultipleShooting
from .verification.verify import verify

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
    "Estimate",
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
    "IntegralConstraint",
    "Link",
    "LinkConstraint",
    "LinkedEnds",
    "LowerBound",
    "Measurement",
    "Mesh",
    "Minimum",
    "MultiPhaseProblem",
    "MultiPhaseSensitivity",
    "MultiPhaseSolution",
    "MultipleShooting",
    "OptimalControlProblem",
    "PathConstraint",
    "PhaseEnds",
    "Prepared",
    "PreparedPhases",
    "ProblemError",
    "Progress",
    "ProvenOptimum",
    "RepresentationGeodesic",
    "Rollout",
    "Sample",
    "Search",
    "Sensitivity",
    "Solution",
    "SolveError",
    "Status",
    "Structure",
    "arcs_as_phases",
    "certify_continuous",
    "check_layer_steps",
    "complementarity_problem",
    "estimate",
    "euler",
    "find_structure",
    "gauss_legendre",
    "homotopy",
    "initial_weights",
    "lower_bound",
    "merge_minima",
    "multistart",
    "plot_sparsity",
    "prepare",
    "process_pool",
    "prove_optimum",
    "radau_iia",
    "random_guess",
    "refine",
    "resolve_kinks",
    "rk4",
    "run_all",
    "sensitivity",
    "smoothed_problem",
    "solve",
    "solve_geodesic",
    "solve_indirect",
    "stationarity_residual",
    "verify",
    "versions",
]
