"""The turnpike: how fast a path comes to its slow stretch, and how long it stays.

Optimal paths over a long horizon hurry to an arc where staying is cheap, stay, and leave late. They come to it like
e^{−κp} and leave it like e^{−κ(1−p)}. The horizon of a representation geodesic is L̃, in the time τ = L̃p, so κ is of the
order of L̃, and the time off the arc of the order of 1/L̃.
"""

from dataclasses import dataclass

import numpy as np

from geodepth.foundation.shapes import Float
from geodepth.validation.argument_checks import check_array, check_number
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath

LEVEL = 0.1
"""Share of the greatest speed below which a path is on its arc: its logarithm falls by 2.3 (chosen by hand)."""


@dataclass(frozen=True, slots=True)
class Turnpike:
    """The slow stretch of a path.

    Attributes
    ----------
    slowest : float
        p of the least speed.
    start, end : float
        p between which the speed stays below the level, around the slowest place; equal where it is nowhere below.
        0 and 1 where the path starts or ends on its arc.
    entry_rate, exit_rate : float
        κ on the way in and out: the logarithm of how much the speed falls (rises) between its greatest value on that
        side and the arc, per unit of p. nan where the path starts or ends on its arc, or has none.
    """

    slowest: float
    start: float
    end: float
    entry_rate: float
    exit_rate: float

    @property
    def time(self) -> float:
        """Share of depth that is spent on the arc, from 0 to 1."""
        return self.end - self.start


def find_turnpike(path: RepresentationPath, level: float = LEVEL) -> Turnpike:
    """Find the slow stretch of a path, by its speed ‖∂_pA‖_F.

    Parameters
    ----------
    path : RepresentationPath
    level : float
        Share of the greatest speed below which the path is on its arc, in (0, 1).

    Raises
    ------
    ValidationError
        A level out of range.
    """
    middles = 0.5 * (path.positions[1:] + path.positions[:-1])
    return turnpike_of_speeds(middles, speeds(path), level)


def speeds(path: RepresentationPath) -> Float[np.ndarray, " L"]:
    """‖A_ℓ − A_{ℓ−1}‖_F/ρ_ℓ, which is ‖∂_pA‖_F in the middle of layer ℓ up to the second order of its step."""
    steps = np.linalg.norm(np.diff(path.representations, axis=0), axis=(1, 2))
    return np.asarray(steps / path.layer_steps)


def turnpike_of_speeds(
    positions: Float[np.ndarray, " Q"], speed: Float[np.ndarray, " Q"], level: float = LEVEL
) -> Turnpike:
    """Find the slow stretch of any motion whose speed is known at some places.

    Parameters
    ----------
    positions : (Q,)
        p, ascending, from 0 to 1.
    speed : (Q,)
        At these places, not negative. Its logarithm is taken to be linear in between.
    level : float
        See `find_turnpike`.

    Raises
    ------
    ValidationError
        Arrays that do not fit, a negative speed, or a level out of range.
    """
    p = check_array("positions", positions, (None,), "(Q,), ascending")
    v = check_array("speed", speed, p.shape, "(Q,), one per position")
    share = check_number("level", level, positive=True)
    if share >= 1.0:
        raise ValidationError(f"level is {share:g}; give a share of the greatest speed below 1")
    if (v < 0.0).any():
        raise ValidationError(f"speed holds {v.min():g}; give norms, which are not negative")
    bottom, greatest = int(np.argmin(v)), float(v.max())
    if v[bottom] >= share * greatest:
        return Turnpike(float(p[bottom]), float(p[bottom]), float(p[bottom]), float("nan"), float("nan"))
    # A place at rest counts as slower than anything else that a number can hold.
    logarithms = np.log(np.maximum(v / greatest, np.finfo(float).tiny))
    entry, entry_rate = _way_in(p[: bottom + 1], logarithms[: bottom + 1], np.log(share))
    exit_, exit_rate = _way_in(1.0 - p[bottom:][::-1], logarithms[bottom:][::-1], np.log(share))
    return Turnpike(float(p[bottom]), entry, 1.0 - exit_, entry_rate, exit_rate)


def _way_in(p: Float[np.ndarray, " q"], logarithms: Float[np.ndarray, " q"], level: float) -> tuple[float, float]:
    """Where the arc begins that holds the last place, and the rate at which it is reached from the greatest speed."""
    above = np.flatnonzero(logarithms > level)
    if len(above) == 0:
        return 0.0, float("nan")
    last, peak = int(above[-1]), int(np.argmax(logarithms))
    fall = (logarithms[last] - level) / (logarithms[last] - logarithms[last + 1])
    place = float(p[last] + fall * (p[last + 1] - p[last]))
    return place, float((logarithms[peak] - level) / (place - p[peak]))
