"""What a staged search is asked for."""

from dataclasses import dataclass, replace
from typing import Self

from geodepth.control.geodesics.statement.activations import smoothing_schedule
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.model.errors import CHECKS, ProblemError


@dataclass(frozen=True, slots=True)
class Search:
    """A staged search for the best path: how broad, how patient, how often, and for how long.

    Attributes
    ----------
    searches : int
        Independent searches, which share nothing but the problem: "settled" is judged by where each of them ends.
    islands : int
        Populations of the first level that a search breeds one after the other and apart, each of which then joins
        those before.
    starts : int
        Random starts of each island; 0 begins with the warm starts instead, minima of other layer steps, say, which
        enter at the first level as they are.
    noise : float
        Standard deviation of the random starts around W = [L̃ I, 0].
    levels : tuple of float
        ε of the populations, decreasing, in units of A.
    population : int
        Distinct minima that a population holds.
    patience : tuple of int
        For each level, children in a row without a new best after which it ends; two fifths of that if none is a
        minimum that was not seen before.
    elite : int
        Minima of the last population that are carried to the exact ReLU.
    hops : int
        Fine hops in a row without a new best after which a search ends.
    precision : float
        Relative difference of exact costs up to which two searches ended at the same.
    most_solves : int
        Of each search, after which it ends with what it has.
    seconds : float, optional
        Wall-clock time after which the search ends with what is known: once its first round has ended, no start begins
        later. The starts at work then, and the answer's certificate, take their own time. It makes the answer depend on
        the machine.

    Raises
    ------
    ProblemError
        A number is out of its range.
    """

    searches: int = 3
    islands: int = 2
    starts: int = 6
    noise: float = 3.0
    levels: tuple[float, ...] = (0.03, 0.01, 0.003)
    population: int = 12
    patience: tuple[int, ...] = (34, 40, 20)
    elite: int = 6
    hops: int = 60
    precision: float = 1e-5
    most_solves: int = 1000
    seconds: float | None = None

    def __post_init__(self) -> None:
        for name in ("searches", "islands", "population", "elite", "most_solves"):
            object.__setattr__(self, name, CHECKS.count(name, getattr(self, name)))
        for name in ("starts", "hops"):
            object.__setattr__(self, name, CHECKS.count(name, getattr(self, name), 0))
        for name in ("noise", "precision"):
            CHECKS.number(name, getattr(self, name), above=0.0, wanted="a positive number")
        if self.seconds is not None:
            CHECKS.number("seconds", self.seconds, above=0.0, wanted="a positive number of seconds, or None")
        object.__setattr__(self, "levels", tuple(float(level) for level in self.levels))
        object.__setattr__(self, "patience", tuple(int(count) for count in self.patience))
        falls = all(b < a for a, b in zip(self.levels, self.levels[1:], strict=False))
        if not self.levels or self.levels[-1] <= 0.0 or not falls:
            raise ProblemError(f"levels is {self.levels}; give positive ε, each below the one before")
        if len(self.patience) != len(self.levels) or min(self.patience) < 0:
            raise ProblemError(f"patience is {self.patience}; give one whole number for each of {self.levels}")

    def longer(self, factor: int) -> Self:
        """The same, so many times as patient: at every level, in hops, and in the most solves it may make."""
        factor = CHECKS.count("factor", factor)
        patience = tuple(factor * count for count in self.patience)
        return replace(self, patience=patience, hops=factor * self.hops, most_solves=factor * self.most_solves)

    def fitting(self, geodesic: RepresentationGeodesic) -> Self:
        """The same for a problem's activation: a smoothed ReLU ends at its own ε, what is linear has one level."""
        if geodesic.has_kinks:
            return self
        scale = geodesic.state_scale
        schedule = smoothing_schedule(geodesic.activation_at(), [scale * level for level in self.levels])
        levels = tuple(smoothing / scale for smoothing in schedule)
        patience = (*self.patience, *self.patience[-1:])[: len(levels)]
        return replace(self, levels=levels, patience=patience)
