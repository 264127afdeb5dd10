"""Where a search begins: random weights that keep representations alive through the layers, and given weights."""

from dataclasses import dataclass

import numpy as np

from geodepth.control.geodesics.statement.activations import SMOOTHINGS
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.statement.shapes import Steps, Weights

from .settings import SearchSettings

RANDOM_START = "start "
"""How the origin of a random start begins; given weights are "warm start …", hops "hop …"."""
WHOLE_SEARCH = "search "
"""How the origin of the path begins at which an independent search ended."""
OF_SEARCH = " of search "
"""What stands before the number of the search, from 0, at the end of the origin of each of its starts."""
WARM_SMOOTHINGS = {"": (0.01, 0.003), ", small ε": (0.001,)}
"""ε in units of A, by what the origin adds to its name. Given weights start late in the homotopy, and once more later
still, to end in the minimum that they are close to. Chosen by hand: the last values of the random starts' own schedule,
and one below."""


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """Where to start, and along which ε.

    Attributes
    ----------
    origin : str
        "start 3" for random starts, "warm start 0" for given weights, "hop 5 from start 3" for hops.
    weights : (L, w, c)
        The first weights, one matrix per layer.
    smoothings : tuple of float
        The values of ε, from the largest to the smallest, over the problem's `state_scale`.
    loose : bool
        A child of a population: solved loosely, given up early, and not taken to the exact ReLU.
    """

    origin: str
    weights: Weights
    smoothings: tuple[float, ...] = SMOOTHINGS
    loose: bool = False


def random_starts(settings: SearchSettings) -> list[Start]:
    """The random starts of a search; start i draws from a generator seeded by (seed, i)."""
    geodesic, steps = settings.problem.geodesic, settings.problem.steps
    generators = ((i, np.random.default_rng([settings.seed, i])) for i in range(settings.starts))
    return [Start(f"{RANDOM_START}{i}", initial_weights(geodesic, steps, rng, settings.noise)) for i, rng in generators]


def warm_starts_of(settings: SearchSettings) -> list[Start]:
    """Two starts from each of the given weights, one at an ε that is small already and one at a smaller ε."""
    return [
        Start(f"warm start {i}{word}", weights, smoothings)
        for i, weights in enumerate(settings.warm_starts)
        for word, smoothings in WARM_SMOOTHINGS.items()
    ]


def initial_weights(
    geodesic: RepresentationGeodesic, layer_steps: Steps, rng: np.random.Generator, scale: float = 1.0
) -> Weights:
    """Draw random starting weights W_ℓ = [L̃ I, 0] + `scale` · normal noise.

    Parameters
    ----------
    geodesic : RepresentationGeodesic
        Of width w and c columns.
    layer_steps : (L,)
        The layer steps ρ_ℓ, of which only the number counts.
    rng : numpy.random.Generator
        The stream that the noise is drawn from.
    scale : float
        Standard deviation of the noise; of a bias, which has the unit of A, times the problem's `state_scale`.

    Returns
    -------
    (L, w, c)
        One matrix per layer.

    Notes
    -----
    L̃ I balances the leakage −L̃A of a positive entry, so that representations stay of the size of the data. Zero
    weights would let them decay like e^{−L̃}, where every gradient of the path vanishes.
    """
    shape = (len(layer_steps), int(geodesic.width), geodesic.columns)
    weights = scale * rng.normal(size=shape)
    weights[:, :, geodesic.width :] *= geodesic.state_scale
    weights[:, :, : geodesic.width] += geodesic.effective_depth * np.eye(geodesic.width)
    return np.asarray(weights)
