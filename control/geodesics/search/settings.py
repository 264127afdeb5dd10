"""What a search is asked to do: how many starts of which kind there are, and what is done with the best."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geodepth.control.geodesics.continuum.direct_mesh import MeshGoal
from geodepth.control.geodesics.statement.representation_geodesic import BYTES
from geodepth.control.geodesics.statement.shapes import Weights
from geodepth.control.geodesics.transcribed.path_problem import PathProblem
from geodepth.control.model.errors import CHECKS, ProblemError
from geodepth.foundation.argument_checks import shown
from geodepth.foundation.machine_limits import refuse_absurd_size

KEPT_COPIES = 3
"""Of its weights that a start leaves behind: before its search, after it, and at the last smoothing."""
STARTS_PER_SECOND = 1000
"""More than were ever seen."""


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
    searched : bool
        Whether there is a staged search too, so that no start is needed.

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
    searched: bool = False

    def __post_init__(self) -> None:
        geodesic = self.problem.geodesic
        shape = (self.problem.steps.size, geodesic.width, geodesic.columns)
        listed = isinstance(self.warm_starts, Sequence) or np.ndim(self.warm_starts) > 0
        if not listed or isinstance(self.warm_starts, str | bytes):
            raise CHECKS.refusal("warm_starts", self.warm_starts, f"a sequence of weights of shape {shape}")
        names = [f"warm_starts[{i}]" for i in range(len(self.warm_starts))]
        layout = f"finite weights of shape {shape}"
        given = [CHECKS.array(n, w, shape, layout) for n, w in zip(names, self.warm_starts, strict=True)]
        plain: dict[str, Any] = {
            "starts": CHECKS.count("starts", self.starts, 0),
            "seed": CHECKS.count("seed", self.seed, 0),
            "noise": CHECKS.number("noise", self.noise, above=0.0, most=1e6, wanted="a positive number up to 1e6"),
            "warm_starts": tuple(given),
            "hops": CHECKS.count("hops", self.hops, 0),
            "exact_candidates": CHECKS.count("exact_candidates", self.exact_candidates, 0),
        }
        for name, value in plain.items():
            object.__setattr__(self, name, value)
        if self.starts == 0 and not self.warm_starts and not self.searched:
            raise ProblemError("starts is 0 and warm_starts is empty; give at least one start")
        runs, size = self.starts + self.hops, BYTES * math.prod(shape)
        refuse_absurd_size(
            f"a search of {shown(runs)} starts",
            KEPT_COPIES * runs * size,
            runs // STARTS_PER_SECOND,
            error=ProblemError,
        )
