"""Where a path crosses and rests on the kink, read off exact networks of ever more layers.

1. Cut every layer in two, and solve the exact network again, until it has many layers.
2. Inputs that are zero in several layers running rest on the kink; those that change sign in between cross it.
3. Neurons that do nothing are put at zero, so that what rounding leaves of them crosses nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from geodepth.control.geodesics.exact_relu.pieces import ON_KINK, sides_of
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.statement.shapes import Path, Steps, Weights
from geodepth.foundation.shapes import Float

from .indirect.rests import Rest, stretches_of

FEWEST_LAYERS, MANY_LAYERS, MOST_LAYERS = 40, 160, 640
"""Layers of the first network; those from which on its kinks are a start: they lie within 1/160 of the path's, from
where Newton's method found them on 23 of 24 random problems; and those beyond which it is not cut again. Chosen by
hand."""
SMOOTHINGS = (0.003, 0.0003, 0.03)
"""ε from which a network's kinks are resolved, over the problem's `state_scale`, the likeliest first."""


class Reading(NamedTuple):
    """How a network's zeros are read, in layers.

    Attributes
    ----------
    least : int
        For how many running an input is zero, at least, where it rests: a crossing can leave it at zero in one or two.
    gap : int
        Up to how many away from zero between two rests count as one rest: where another input comes to rest, a network
        lets go for a few, whatever their length.
    """

    least: int
    gap: int


READINGS = (Reading(3, 0), Reading(3, 6), Reading(1, 0))
"""The likeliest first; chosen by hand."""
APART = 0.2
"""Share of a layer over which events at one node are spread, so that each input has its own; chosen by hand."""


@dataclass(frozen=True, slots=True, eq=False)
class ExactNetwork:
    """A network with the exact ReLU at a local minimum, kinks resolved; idle neurons are exactly zero.

    Attributes
    ----------
    positions : (L + 1,)
        p_ℓ.
    representations, momenta : (L + 1, w, N)
        A_ℓ and B_ℓ.
    cost : float
        J.
    """

    positions: Float[np.ndarray, " L+1"]
    representations: Path
    momenta: Path
    cost: float

    @property
    def layer(self) -> float:
        """The largest step."""
        return float(np.diff(self.positions).max())

    def rests(self, reading: Reading) -> list[Rest]:
        """Where inputs are zero for several layers running, or from some layer to the end."""
        sides, last = sides_of(self.representations), self.representations[-1]
        at_end = np.abs(last) <= ON_KINK * max(1e-300, float(np.abs(self.representations).max()))
        found = []
        for i, n in np.argwhere(np.any(sides == 0, axis=0) & ~np.all(sides == 0, axis=0)):
            for first, past in _joined(stretches_of(sides[:, i, n] == 0).tolist(), reading.gap):
                to_the_end = past == len(sides) and bool(at_end[i, n])
                if to_the_end or past - first >= max(reading.least, 2 if first == 0 else 1):
                    found.append(self._rest(int(i), int(n), first, len(sides) if to_the_end else past - 1))
        return sorted(found, key=lambda rest: rest.start)

    def _rest(self, neuron: int, sample: int, first: int, last: int) -> Rest:
        """From layer to layer; a third of a layer longer on either side where that is no length at all."""
        start, end = float(self.positions[first]), float(self.positions[last])
        longer = self.layer / 3 if last - first < 2 else 0.0
        # Clones do all together.
        _, width, samples = self.representations.shape
        alike = np.abs(self.representations - self.representations[:, [neuron]]).max(axis=(0, 2)) == 0.0
        apart = APART * self.layer * (int(alike.argmax()) * samples + sample) / (width * samples)
        start = start if first == 0 else start - longer - apart
        end = end if end == 1.0 else min(1.0, end + longer + apart)
        return Rest(neuron, sample, start, end)


def exact_networks(geodesic: RepresentationGeodesic, layer_steps: Steps, weights: Weights) -> Iterator[ExactNetwork]:
    """The exact networks next to given weights, each with twice the layers of the one before.

    Parameters
    ----------
    geodesic : RepresentationGeodesic
        Of a ReLU.
    layer_steps : (L,)
        ρ_ℓ of the weights.
    weights : (L, w, c)
        W_ℓ, of a minimum.

    Yields
    ------
    ExactNetwork
        Those whose kinks settle.
    """
    # SciPy's linear algebra is most of what importing this package would cost, so it comes when it is needed.
    from geodepth.control.geodesics.exact_relu.solve_exact import solve_exact

    pieces = max(1, -(-FEWEST_LAYERS // layer_steps.size))
    while True:
        layer_steps, weights = np.repeat(layer_steps / pieces, pieces), np.repeat(weights, pieces, axis=0)
        for smoothing in SMOOTHINGS:
            exact = solve_exact(geodesic, layer_steps, weights, smoothing=smoothing * geodesic.state_scale)
            if exact.converged:
                weights = exact.weights
                positions = np.concatenate([[0.0], np.cumsum(layer_steps)])
                positions[-1] = 1.0
                yield ExactNetwork(positions, *_idle_at_zero(exact.representations, exact.momenta), exact.cost)
                break
        if layer_steps.size >= MOST_LAYERS:
            return
        pieces = 2


def _joined(runs: list[list[int]], gap: int) -> list[list[int]]:
    """Runs of layers [first, past), those with at most `gap` layers between them as one."""
    found: list[list[int]] = []
    for first, past in runs:
        if found and first - found[-1][1] <= gap:
            found[-1][1] = past
        else:
            found.append([first, past])
    return found


def _idle_at_zero(path: Path, momenta: Path) -> tuple[Path, Path]:
    """The path and its momenta, with neurons at zero that are zero up to rounding."""
    sizes = [np.abs(part).max(axis=(0, 2)) / max(1e-300, float(np.abs(part).max())) for part in (path, momenta)]
    awake = (np.maximum(*sizes) > ON_KINK)[None, :, None]
    return np.where(awake, path, 0.0), np.where(awake, momenta, 0.0)
