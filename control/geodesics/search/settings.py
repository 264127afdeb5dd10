"""What a search is asked to do: the problem that every start solves, and how many starts of which kind there are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geodepth.control.geodesics.continuum.direct_mesh import MeshGoal
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.transcribed.schemes import SCHEMES
from geodepth.control.model.errors import CHECKS, ProblemError
from geodepth.foundation.shapes import Float

SOLVERS = ("structured", "fatrop", "ipopt")


@dataclass(frozen=True, slots=True, eq=False)
class PathProblem:
    """The problem that every start solves: a geodesic on its layer steps, by one scheme and one solver.

    Attributes
    ----------
    geodesic : RepresentationGeodesic
        Of width w and N samples.
    steps : (L,)
        The layer steps ρ_ℓ, which sum to 1.
    scheme : str
        One of "euler", "rk4", "gauss", "radau".
    solver : str
        One of "structured", "fatrop", "ipopt".
    tolerance : float
        Of the smoothed solves.
    bracket : float
        Relative distance of upper and lower side at which the exact stage through IPOPT may stop.

    Raises
    ------
    ProblemError
        The scheme or the solver is unknown, or the geodesic's fixed end cannot be met.
    """

    geodesic: RepresentationGeodesic
    steps: Float[np.ndarray, " L"]
    scheme: str = "euler"
    solver: str = "structured"
    tolerance: float = 1e-9
    bracket: float = 1e-7

    def __post_init__(self) -> None:
        self.geodesic.check_end()
        for name, known in (("scheme", SCHEMES), ("solver", SOLVERS)):
            if (value := getattr(self, name)) not in known:
                raise ProblemError(f"{name} is {value!r}; choose one of {list(known)}")

    @property
    def has_exact_stage(self) -> bool:
        """Whether kinks are resolved: a linear activation has none, a continuous scheme meets them inside steps."""
        return SCHEMES[self.scheme].is_network and self.geodesic.has_kinks


@dataclass(frozen=True, slots=True, eq=False)
class SearchSettings:
    """The starts of a search, and what is done with the best of them.

    Attributes
    ----------
    problem : PathProblem
        What every start solves.
    starts : int
        How many random starts.
    seed : int
        Of the random starts and of the hops.
    noise : float
        Standard deviation of the random starts' weights.
    warm_starts : tuple of (L, w, c)
        Given weights, as float arrays.
    hops : int
        How many further starts, from changed weights of the best so far.
    exact_candidates : int
        How many of the best starts IPOPT's exact stage or an equidistributed mesh is for.
    mesh : MeshGoal, optional
        The goal of an equidistributed mesh; None keeps the layer steps.

    Raises
    ------
    ProblemError
        A number is out of its range, there is no start at all, or given weights have another shape or are not finite.
    """

    problem: PathProblem
    starts: int
    seed: int
    noise: float
    warm_starts: tuple[Float[np.ndarray, "L w c"], ...]
    hops: int
    exact_candidates: int
    mesh: MeshGoal | None

    def __post_init__(self) -> None:
        CHECKS.count("starts", self.starts, 0)
        if self.starts == 0 and not self.warm_starts:
            raise ProblemError("starts is 0 and warm_starts is empty; give at least one start")
        geodesic = self.problem.geodesic
        shape = (self.problem.steps.size, geodesic.width, geodesic.columns)
        given = tuple(np.array(weights, dtype=float) for weights in self.warm_starts)
        for i, weights in enumerate(given):
            if weights.shape != shape or not np.all(np.isfinite(weights)):
                raise ProblemError(f"warm_starts[{i}] has shape {weights.shape}; give finite weights of shape {shape}")
        object.__setattr__(self, "warm_starts", given)
        object.__setattr__(self, "hops", CHECKS.count("hops", self.hops, 0))
        CHECKS.number("noise", self.noise, above=0.0, wanted="a positive number")
