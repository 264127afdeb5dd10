"""What is asked for: the parameters of the measures, as records."""

import dataclasses
from collections.abc import Mapping
from dataclasses import KW_ONLY, field, replace
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator

from geodepth.validation.data.dataset import Dataset
from geodepth.validation.data.named import load_dataset
from geodepth.validation.errors import ValidationError
from geodepth.validation.record_checks import Count, NonNegative, Positive, Whole, checked_record


@checked_record
class Problem:
    """A data set, a network's shape and its objective.

    Attributes
    ----------
    See the sentences below the fields.

    Raises
    ------
    ValidationError
        For what cannot be used, and unless exactly one of weight_decay and rank_cost is given.
    """

    data: Mapping[str, Any]
    """"name", and the arguments of `load_dataset`. With the seed "member" every seed draws data of its own."""
    width: Whole
    """Neurons w."""
    layers: Whole
    """Layers L."""
    effective_depth: NonNegative
    """Effective depth L̃."""
    seeds: Annotated[tuple[Count, ...], BeforeValidator(tuple)]
    """Of the data, the networks or the starts."""
    _: KW_ONLY
    weight_decay: Positive | None = None
    """λ."""
    rank_cost: Positive | None = None
    """λL̃/2 in place of λ: what one rank of the bottleneck costs.

    A bottleneck of rank k has ‖W‖² ≈ kL̃² and so costs λL̃k/2: with a fixed λ a deeper network would be asked for fewer
    ranks.
    """

    def __post_init__(self) -> None:
        if (self.weight_decay is None) == (self.rank_cost is None):
            raise ValidationError("give either weight_decay or rank_cost")

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Self:
        """The record of those parameters that it knows; others are for somebody else.

        Raises
        ------
        ValidationError
            For what cannot be used.
        """
        return cls(**{name: parameters[name] for name in cls.names() if name in parameters})

    @classmethod
    def names(cls) -> list[str]:
        """Names of all parameters, sorted."""
        return sorted(field.name for field in dataclasses.fields(cls))

    @property
    def decay(self) -> float:
        """λ, a pure number."""
        if self.rank_cost is not None:
            return 2.0 * float(self.rank_cost) / float(self.effective_depth)
        assert self.weight_decay is not None
        return float(self.weight_decay)

    @property
    def own_data(self) -> bool:
        """Whether every seed draws data of its own."""
        return self.data.get("seed") == "member"

    def dataset(self, seed: int) -> Dataset:
        """The data set of a seed."""
        given = {**self.data, "seed": seed} if self.own_data else dict(self.data)
        return load_dataset(str(given.pop("name")), **given)

    def at(self, effective_depth: float) -> Self:
        """The same problem at another L̃."""
        return replace(self, effective_depth=effective_depth)


@checked_record
class TruthProblem(Problem):
    """A geodesic to solve for every seed.

    Attributes
    ----------
    See `Problem`, and the sentences below the fields.
    """

    _: KW_ONLY
    starts: Count
    """Random starts."""
    scheme: str = "euler"
    """Of the discretization."""
    steps: str = "equidistant"
    """Layer steps: equidistant, irregular or adaptive."""
    continued: bool = False
    """Solve the starts at a small L̃, and continue the best minima to the one asked for."""
    doublings: Count = 0
    """How often the layers are doubled then, each truth from the one before."""


@checked_record
class BesideProblem(TruthProblem):
    """Networks to train beside the geodesic of every seed.

    Attributes
    ----------
    See `TruthProblem`, and the sentences below the fields.
    """

    _: KW_ONLY
    members: Whole
    """Networks of a seed."""
    epochs: Whole
    """Epochs of Adam."""
    learning_rate: Positive = 0.1
    """Of Adam, at the start."""
    newton: bool = False
    """Whether Newton-CG goes on from where Adam and the descent end."""
    device: str = "cpu"
    """Where to train."""


@checked_record
class SettledProblem(Problem):
    """A geodesic to search in stages for every seed, and networks of the same problem beside it.

    Attributes
    ----------
    See `Problem`, and the sentences below the fields.
    """

    _: KW_ONLY
    search: Mapping[str, Any] = field(default_factory=dict)
    """Arguments of geodepth.control.Search."""
    solved: bool = True
    """Whether there is a geodesic at all; some data are too large for one."""
    loss: Literal["squared", "cross-entropy"] = "squared"
    """Data term of the geodesic; networks are trained with the squared error alone."""
    members: Count = 0
    """Networks of a seed."""
    epochs: Count = 0
    """Epochs of Adam; a fifth of that of gradient descent follows."""
    learning_rate: Positive = 0.1
    """Of Adam, at the start."""
    batch_size: Whole | None = None
    """Samples per update; all by default."""
    device: str = "cpu"
    """Where to train."""
    trainings: Annotated[tuple[Mapping[str, Any], ...], BeforeValidator(tuple)] = ()
    """Other epochs, rates and batch sizes by name, each to train the same members with."""

    def __post_init__(self) -> None:
        Problem.__post_init__(self)
        known = ("epochs", "learning_rate", "batch_size")
        unknown = sorted({name for training in self.trainings for name in training if name not in known})
        if unknown:
            raise ValidationError(f"trainings name {unknown[0]!r}; change {', '.join(known)}")
        if self.loss != "squared" and self.members:
            raise ValidationError(f"loss is {self.loss!r}, with which no network is trained here; give members = 0")


@checked_record
class NetworksProblem(Problem):
    """An ensemble to train, one member per seed.

    Attributes
    ----------
    See `Problem`, and the sentences below the fields.
    """

    _: KW_ONLY
    epochs: Count
    """Epochs of Adam."""
    sgd_epochs: Count | None = None
    """Epochs of gradient descent afterwards; a fifth of the epochs by default."""
    learning_rate: Positive = 0.1
    """Of Adam, at the start."""
    projections: str = "fixed"
    """fixed, orthogonal, learned or penalized."""
    layer_steps: str = "adaptive"
    """equidistant, irregular or adaptive."""
    dtype: Literal["float32", "float64"] = "float32"
    """Of the training."""
    device: str = "cpu"
    """Where to train."""
    newton: bool = False
    """Newton-CG at the end of every rung."""
    smoothings: Annotated[tuple[Positive, ...], BeforeValidator(tuple)] | None = None
    """Its values of ε, falling, in units of A."""
    continued: bool = False
    """Train at a small L̃, and continue to the one asked for (depth_ladder.py)."""
    levels: Annotated[tuple[float, ...], BeforeValidator(tuple)] = ()
    """Costs J whose first crossing is recorded."""
    keep_weights: bool = False
    """Whether weights go into the result."""
