"""How long the main job will take, roughly, and whether this machine can do it at all: said before any work."""

from geodepth.control.geodesics.populations.request import Search
from geodepth.foundation.argument_checks import shown
from geodepth.foundation.machine_limits import refuse_absurd_size
from geodepth.validation.bridge.truths import ELITE
from geodepth.validation.data.dataset import Dataset
from geodepth.validation.errors import ValidationError

from .settings import Settings

SECONDS_PER_START = 5e-6
"""Processor seconds of one start, per layer and (w N)², for width w and N samples: a fit, to a factor of two, of
measurements with w from 5 to 20, N from 20 to 60, and 8 or 12 layers. Above w = 20 a factor (w/20)² is a guess: one
start with w = 53, N = 10 and 6 layers took more than the 54 s that were watched."""
SEARCH_IN_STARTS = 36
"""Starts, of the seconds that SECONDS_PER_START gives them, that take as long as a staged search: on iris with 30
samples its three independent searches took 46 processor seconds together (median of 20 seeds), where that says 1.35 a
start."""
SEARCHES = Search().searches
AGAIN = 4
"""Starts of each truth on a network's own steps besides: the network, and what is solved again where it lies below."""
REPORT = 10.0
"""Processor seconds of loading and of the report's measurements and figures, measured on 9 networks of width 5."""
SECONDS_PER_LAYER, SECONDS_PER_PRODUCT = 2e-4, 1e-9
"""Of an epoch of training, for all members at once, and of each multiplication in it; chosen by hand."""
CHEAPEST = 1e-3
"""The share of the estimate below which no machine comes (chosen by hand)."""


def expected_seconds(settings: Settings, dataset: Dataset) -> float:
    """Estimate the main job's duration on two idle cores or more, to a factor of three.

    Parameters
    ----------
    settings : Settings
        What to do; `workers` share the starts.
    dataset : Dataset
        Gives N.

    Raises
    ------
    ValidationError
        The weights do not fit into memory, or no machine ends within a year.
    """
    s, samples = settings, dataset.samples
    given = [scheme for scheme in s.schemes if scheme != "adaptive"]
    each = SEARCH_IN_STARTS * (s.searches or SEARCHES) // SEARCHES if s.starts is None else s.starts
    besides = s.starts_besides
    besides = SEARCH_IN_STARTS * (s.searches or 1) // SEARCHES if besides is None else besides
    others = besides if s.starts is None else each  # of a scheme that is given the first one's best besides
    starts = each + max(0, len(given) - 1) * (others + ELITE) + len(given) * s.members
    starts += 6  # the limit of many layers: one start of twice, one of four times
    if "adaptive" in s.schemes:
        own = besides + ELITE if given else each
        starts += s.members * (own + AGAIN) - (0 if given else each)
    weights = s.members * s.layers * s.width * (s.width + 1)
    solving = starts * s.layers * (s.width * samples) ** 2 * max(20, s.width) ** 2
    epochs = len(s.schemes) * s.epochs
    seconds = (
        REPORT
        + SECONDS_PER_START * _float(solving) / 400.0 / s.workers
        + SECONDS_PER_LAYER * _float(epochs * s.layers)
        + SECONDS_PER_PRODUCT * _float(6 * epochs * weights * samples)
    )
    sizes = ("width", "layers", "members", "starts", "searches", "adaptive_starts", "epochs")
    what = ", ".join(f"{name} {shown(getattr(s, name))}" for name in sizes if getattr(s, name) is not None)
    refuse_absurd_size(f"validate with {what},", 16 * weights, CHEAPEST * seconds, error=ValidationError)
    return seconds


def _float(number: int) -> float:
    return float(min(number, 10**250))


def in_words(seconds: float) -> str:
    """A duration for people: "about 40 seconds", "about 3 hours"."""
    for unit, length in (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 2 * length:
            return f"about {seconds / length:.0f} {unit}"
    return f"about {max(seconds, 1.0):.0f} seconds"
