"""Programs of a geodesic, compiled once and kept for all starts: the layer steps are parameters of them."""

from dataclasses import dataclass, field
from functools import lru_cache

from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.solvers.back_end import SolverSettings
from geodepth.control.solvers.program import Program
from geodepth.control.transcription.mesh import Mesh

from .geodesic_problems import complementarity_problem, smoothed_problem
from .schemes import SCHEMES

KEPT = 4  # compiled programs of each kind: a run works on one or two problems at a time (chosen by hand)
SMOOTHED_ITERATIONS, RELAXED_ITERATIONS = 1000, 500  # far above the 10 to 40 that a solve takes (chosen by hand)


def smoothed_program(
    geodesic: RepresentationGeodesic, layers: int, scheme: str, solver: str, tolerance: float
) -> Program:
    """The smoothed problem, whose parameter "smoothing" is ε.

    Parameters
    ----------
    geodesic : RepresentationGeodesic
        The problem; equal digests share a program.
    layers : int
        L, of any steps.
    scheme : str
        One of `SCHEMES`.
    solver : str
        "fatrop" or "ipopt".
    tolerance : float
        Of the solver, in J/λ.
    """
    return _smoothed(_Key(geodesic.digest(), geodesic), layers, scheme, solver, tolerance)


def complementarity_program(geodesic: RepresentationGeodesic, layers: int, tolerance: float) -> Program:
    """The complementarity form of the L-layer network, for IPOPT, whose parameter "relaxation" is s."""
    return _complementarity(_Key(geodesic.digest(), geodesic), layers, tolerance)


@dataclass(frozen=True, slots=True)
class _Key:
    digest: str
    geodesic: RepresentationGeodesic = field(compare=False)


@lru_cache(maxsize=KEPT)
def _smoothed(key: _Key, layers: int, scheme: str, solver: str, tolerance: float) -> Program:
    transcription = SCHEMES[scheme].method.transcribe(smoothed_problem(key.geodesic), Mesh.uniform(layers))
    return Program(transcription, SolverSettings(solver, tolerance, SMOOTHED_ITERATIONS))


@lru_cache(maxsize=KEPT)
def _complementarity(key: _Key, layers: int, tolerance: float) -> Program:
    transcription = SCHEMES["euler"].method.transcribe(complementarity_problem(key.geodesic), Mesh.uniform(layers))
    return Program(transcription, SolverSettings("ipopt", tolerance, RELAXED_ITERATIONS))
