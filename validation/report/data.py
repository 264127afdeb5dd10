"""All that a report says, as plain data: truths, networks, losses, and the circumstances of the run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from geodepth.foundation.shapes import Float
from geodepth.validation.comparison.comparison import Comparison
from geodepth.validation.comparison.limit_of_layers import ContinuousTruth
from geodepth.validation.data.dataset import Dataset
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath

FOUND_AGAIN = 3
"""Starts that end at one path before it is taken for the best without a doubt told (chosen by hand, as the number of
independent searches of a staged search)."""


@dataclass(frozen=True, slots=True, eq=False)
class TruthRecord:
    """One ground truth: the best path found on one set of layer steps.

    Attributes
    ----------
    name : str
        The key that networks refer to, such as "equidistant" or "adaptive, seed 3".
    path : RepresentationPath
        The path itself.
    lower, upper : float or None
        They bracket the cost J of this minimum, from the relaxed and the exact problem. None where there is no bracket.
    starts : int
        How many starts were solved.
    minima : tuple of (float, int)
        The distinct minima, best first: the cost J, and how often it was found.
    rounds : int
        How often the truth was solved anew because a network had come out below it.
    seconds : float or None
        The time that the solve took.
    test_error : float or None
        (1/M)‖Y − P A_L‖² on held-out data, None without such data.
    search : mapping or None
        The record of a staged search: whether it settled in "words", the "ends" of its independent searches, the
        "history" of each, pairs of solves and cost, the "times" of both, and the "minima" with who found them. None
        where there was none.
    proven : float or None
        What no path whatever costs less than; None where it was not computed.
    """

    name: str
    path: RepresentationPath
    lower: float | None
    upper: float | None
    starts: int
    minima: tuple[tuple[float, int], ...]
    rounds: int = 0
    seconds: float | None = None
    test_error: float | None = None
    search: Mapping[str, Any] | None = None
    proven: float | None = None

    @property
    def settled(self) -> bool:
        """Whether there is evidence that no cheaper path was missed: searches that agree, or starts that found it."""
        if self.search:
            return str(self.search["words"]).startswith("settled")
        return not (self.minima and self.starts) or self.minima[0][1] >= FOUND_AGAIN

    @property
    def bracket(self) -> float | None:
        """The distance of the bracket's ends relative to the upper, None where there is no bracket."""
        if self.lower is None or not self.upper:
            return None
        return (self.upper - self.lower) / self.upper


@dataclass(frozen=True, slots=True, eq=False)
class NetworkRecord:
    """One trained network, held against its truth.

    Attributes
    ----------
    scheme : str
        Its scheme of layer steps, such as "equidistant".
    seed : int
        Its seed.
    truth : str
        The name of its truth.
    path : RepresentationPath
        The path that it takes.
    comparison : Comparison
        Its comparison with that truth.
    test_error : float or None
        (1/M)‖Y − P A_L‖² on held-out data, None without such data.
    seconds : float or None
        Its share of the time of training.
    label : str
        How the report calls it. Empty for its scheme and seed.
    """

    scheme: str
    seed: int
    truth: str
    path: RepresentationPath
    comparison: Comparison
    test_error: float | None = None
    seconds: float | None = None
    label: str = ""

    @property
    def name(self) -> str:
        """How the report calls it."""
        return self.label or f"{self.scheme}, seed {self.seed}"

    @property
    def excess(self) -> float:
        """The relative excess (J − J*)/J* over the truth."""
        return self.comparison.relative_excess


@dataclass(frozen=True, slots=True, eq=False)
class LossCurves:
    """The cost of a scheme's networks while they trained.

    Attributes
    ----------
    epochs : (E,) array
        When the cost was recorded.
    costs : (E, members) array
        The cost J of every network then, members in the order of the scheme's networks.
    """

    epochs: Float[np.ndarray, " E"]
    costs: Float[np.ndarray, "E members"]


@dataclass(frozen=True, slots=True, eq=False)
class ReportData:
    """All that a report says, as plain data.

    Attributes
    ----------
    title : str
        The page's heading.
    dataset : Dataset
        Where the samples came from.
    truths : tuple of TruthRecord
        At least one, in the order of the tables.
    networks : tuple of NetworkRecord
        In the order of the tables.
    losses : mapping of str to LossCurves
        The curves of training by scheme.
    settings, versions, seeds : mapping
        Names and values, for the section on how to reproduce the run.
    command : str
        What reproduces the run.
    seconds : mapping of str to float
        The times of the run's parts.
    notes : sequence of str
        Sentences for the reader: what failed, what was left out.
    continuous : ContinuousTruth or None
        The continuous path, where it was looked for.

    Raises
    ------
    ValidationError
        No truth is given, two share a name, or a network names a truth that is not there.
    """

    title: str
    dataset: Dataset
    truths: tuple[TruthRecord, ...]
    networks: tuple[NetworkRecord, ...]
    losses: Mapping[str, LossCurves] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    seeds: Mapping[str, Any] = field(default_factory=dict)
    command: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict)
    notes: Sequence[str] = ()
    continuous: ContinuousTruth | None = None

    def __post_init__(self) -> None:
        if not self.truths:
            raise ValidationError("truths is empty; a report needs at least one ground truth")
        names = [truth.name for truth in self.truths]
        if len(set(names)) < len(names):
            raise ValidationError(f"truths repeat a name among {', '.join(names)}; give each its own")
        for network in self.networks:
            if network.truth not in names:
                raise ValidationError(f"network {network.name} refers to truth {network.truth!r}; known are {names}")

    def truth(self, name: str) -> TruthRecord:
        """The truth of that name."""
        return next(truth for truth in self.truths if truth.name == name)

    @property
    def cited(self) -> TruthRecord:
        """The truth of the best network, or the first: the one whose cost is told where one is."""
        return self.truth(self.leaders[0].truth) if self.networks else self.truths[0]

    @property
    def schemes(self) -> tuple[str, ...]:
        """The schemes of the networks, in order of appearance."""
        return tuple(dict.fromkeys(network.scheme for network in self.networks))

    def of_scheme(self, scheme: str) -> tuple[NetworkRecord, ...]:
        """The networks of one scheme."""
        return tuple(network for network in self.networks if network.scheme == scheme)

    @property
    def leaders(self) -> tuple[NetworkRecord, ...]:
        """The network of least excess of every scheme, best first."""
        best = [min(self.of_scheme(scheme), key=lambda network: network.excess) for scheme in self.schemes]
        return tuple(sorted(best, key=lambda network: network.excess))
