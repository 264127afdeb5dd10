"""What a search is asked to do: how many starts of which kind there are, and what is done with the best."""

from dataclasses import dataclass

import numpy as np

from geodepth.control.geodesics.continuum.direct_mesh import MeshGoal
from geodepth.control.geodesics.statement.shapes import Weights
from geodepth.control.geodesics.transcribed.path_problem import PathProblem
from geodepth.control.model.errors import CHECKS, ProblemError


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
    warm_starts: tuple[Weights, ...]
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
