"""What the main job and a comparison of files are asked to do, checked before any long work."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BeforeValidator

from geodepth.nets.argument_checks import check_device_name
from geodepth.nets.errors import NetworkError
from geodepth.validation.data.dataset import Dataset
from geodepth.validation.data.named import check_width, load_dataset, width_below
from geodepth.validation.data.principal_components import principal_components
from geodepth.validation.errors import ValidationError
from geodepth.validation.record_checks import Count, NonNegative, Positive, Seed, Whole, checked_record, read_toml

SCHEMES = ("equidistant", "irregular", "adaptive")
QUICK: Mapping[str, int] = MappingProxyType(
    {"layers": 8, "starts": 4, "adaptive_starts": 1, "members": 3, "epochs": 1500}
)
"""The small version of the main job."""
QUICK_INPUTS = 13
"""Inputs of the small version at most, those of wine: the work grows with the fourth power of the width. Of more, as
of the digits, the principal components are taken."""
QUICK_SAMPLES, QUICK_SIZE = (10, 30), 300
"""Training samples that the small version draws at most, of wide and of narrow networks. Between the two, width times
samples is kept at the size of diabetes, 10 times 30, whose quick run takes two processor minutes, without its first
truth; the work grows with its square."""
SAMPLES: Mapping[str, int] = MappingProxyType({"iris": 30, "wine": 30, "diabetes": 30, "digits": 10, "teacher": 16})
"""Training samples where none are asked for: few, so that a start takes seconds, or minutes for the digits' 61 pixels.
All of any other data set."""
LARGE = 450
"""Width times samples above which the main job is as small as with --quick, unless more is asked for: a start takes
seconds below it and minutes above."""
FEW = 4
"""Random starts of truths that are given the best of another besides, where random starts are asked for; chosen by
hand."""
LARGEST_STEP = 1.125
"""Times the mean, of the irregular steps with their default amplitude: the largest ones are in the middle."""


def _schemes(given: Any) -> tuple[str, ...]:
    schemes = tuple(given) if isinstance(given, list | tuple) else ()
    if not schemes or any(scheme not in SCHEMES for scheme in schemes) or len(set(schemes)) < len(schemes):
        raise ValueError(f"give a list of names from {list(SCHEMES)}, each at most once")
    return schemes


def _columns(given: Any) -> tuple[str, ...] | None:
    if given is None:
        return None
    columns = tuple(given) if isinstance(given, list | tuple) else ()
    if not columns or not all(isinstance(column, str) for column in columns):
        raise ValueError("give a list of names of columns")
    return columns


@checked_record
class Settings:
    """Settings of `geodepth validate`; a TOML file has the same names, at its top level.

    Attributes
    ----------
    See the sentences below the fields.

    Raises
    ------
    ValidationError
        For what cannot be used.
    """

    data: str = "iris"
    """iris, teacher, wine, diabetes or digits, or a .npz or .csv file."""
    targets: Annotated[tuple[str, ...] | None, BeforeValidator(_columns)] = None
    """Columns of a .csv file to predict; by default those named target, target_2 and the like, else the last."""
    samples: Whole | None = None
    """Training samples to draw from the data; by default 30 of iris, wine and diabetes, 10 of digits, 16 of
    a teacher, all of any other data, with --quick at most 30 of it."""
    components: Whole | None = None
    """Principal components that replace the inputs; none by default, with --quick 13 of more than 13 inputs."""
    seed: Seed = 0
    """Of the data's split, the solver's starts and the networks."""
    width: Whole = 5
    """Neurons w; as many as the data has inputs or targets, where those are more."""
    layers: Whole = 12
    """Layers L."""
    effective_depth: NonNegative = 3.0
    """Effective depth L̃."""
    weight_decay: Positive = 1e-3
    """Weight decay λ."""
    starts: Whole | None = None
    """Random starts of each ground truth; by default they are searched in stages."""
    searches: Whole | None = None
    """Independent staged searches of each truth, in place of starts; where nothing is said, 3 of the first and 1 of the
    others, which are given its best besides. With --quick of the first alone."""
    adaptive_starts: Count | None = None
    """Random starts of the others in place of a search: of other schemes, and of networks with adaptive steps."""
    schemes: Annotated[tuple[str, ...], BeforeValidator(_schemes)] = SCHEMES
    """Layer steps of the networks: equidistant, irregular, adaptive."""
    members: Whole = 8
    """Networks of each scheme, one seed each."""
    epochs: Whole = 10000
    """Epochs of Adam."""
    learning_rate: Positive = 0.1
    """Of Adam, at the start."""
    stationary: bool = True
    """Whether second-order training then takes the networks to a stationary point."""
    device: str = "auto"
    """Where to train: auto, cpu, cuda, cuda:1, …"""
    workers: Whole = 2
    """Processes of the geodesic solver."""

    def __post_init__(self) -> None:
        if self.starts is not None and self.searches is not None:
            raise ValidationError(
                f"starts is {self.starts} and searches is {self.searches}; give starts for random ones, or searches "
                "for staged ones, not both"
            )
        if self.layers <= self.effective_depth * (LARGEST_STEP if "irregular" in self.schemes else 1.0):
            raise ValidationError(
                f"layers is {self.layers}, too few for effective_depth {self.effective_depth:g}: every starting step "
                f"must leave ρL̃ below 1; give at least {math.floor(LARGEST_STEP * self.effective_depth) + 1} layers"
            )
        try:
            check_device_name(self.device)
        except NetworkError as error:
            raise ValidationError(str(error)) from None

    @property
    def starts_besides(self) -> int | None:
        """Random starts of a truth that is given the first one's best besides; None where it is searched in stages."""
        few = None if self.starts is None else FEW
        return few if self.adaptive_starts is None else self.adaptive_starts

    def searches_of(self, starts: int | None, besides: bool) -> int | None:
        """Staged searches of a truth with so many random starts, given the first one's best besides or not."""
        alone = 1 if besides else None
        return None if starts is not None else self.searches or alone

    @staticmethod
    def from_toml(path: Path, *, quick: bool = False, **besides: Any) -> Settings:
        """Read settings from a TOML file.

        Parameters
        ----------
        path : Path
            A file with names of fields. A data file is looked for beside it, wherever the command is run.
        quick
            As for `fitted`.
        besides
            Fields that are said elsewhere, in place of what the file says.

        Raises
        ------
        ValidationError
            There is no such file, it is not TOML, a name is no setting, or a value cannot be used.
        """
        table = read_toml(path, Settings)
        data = table.get("data", "iris")
        if isinstance(data, str) and data.endswith((".npz", ".csv")):
            table["data"] = str(path.parent / data)
        return Settings.fitted(quick=quick, **{**table, **besides})

    @staticmethod
    def fitted(*, quick: bool = False, **given: Any) -> Settings:
        """Settings whose defaults fit the data set.

        Parameters
        ----------
        quick
            Whether so few inputs and samples are taken, where their number is not given, that the small version takes
            minutes.
        given
            Fields, which stay as they are. Of the others, the width is at least the number of inputs and of targets,
            and where width times samples is above `LARGE`, the others of `QUICK` are as there.

        Raises
        ------
        ValidationError
            As for settings, and for data that cannot be used.
        """
        asked = Settings(**given)
        if "width" in given and asked.components is None:
            check_width(asked.width, asked.data)
        dataset = asked.load_data()
        few = _few(asked, dataset) if quick else {}
        if few:
            return Settings.fitted(**{**given, **few})
        width = max(asked.width, len(dataset.inputs), len(dataset.targets))
        large = given.get("width", width) * dataset.samples > LARGE
        small = quick_sizes(given) if large else {}
        if asked.effective_depth * LARGEST_STEP >= QUICK["layers"]:
            small.pop("layers", None)  # too few for this depth
        settings = Settings(**{"width": width, **small, **given})
        settings.check_width(dataset)
        return settings

    def load_data(self) -> Dataset:
        """Load the data set, of whatever dimensions. Raises ValidationError where there is none."""
        samples = SAMPLES.get(self.data) if self.samples is None else self.samples
        dataset = load_dataset(self.data, samples=samples, seed=self.seed, targets=self.targets)
        return dataset if self.components is None else principal_components(dataset, self.components)

    def load(self) -> Dataset:
        """Load the data set.

        Raises
        ------
        ValidationError
            There is no such data, or the width is below one of its dimensions.
        """
        dataset = self.load_data()
        self.check_width(dataset)
        return dataset

    def check_width(self, dataset: Dataset) -> None:
        """Raise ValidationError where the width is below one of the data's dimensions."""
        for name, rows in (("inputs", dataset.inputs.shape[0]), ("targets", dataset.targets.shape[0])):
            if self.width < rows:
                raise ValidationError(width_below(self.width, rows, name, dataset.name))

    def public(self) -> dict[str, Any]:
        """Names and values, for the report."""
        return dataclasses.asdict(self)


def quick_sizes(given: Mapping[str, Any]) -> dict[str, Any]:
    """The sizes of the small version; without its random starts where staged searches are asked for."""
    return {name: size for name, size in QUICK.items() if name != "starts" or given.get("searches") is None}


def _few(asked: Settings, dataset: Dataset) -> dict[str, int]:
    """The samples and components that make the small version one of minutes; nothing where it is without them."""
    found, inputs = dict[str, int](), len(dataset.inputs)
    available = dataset.samples + dataset.test_inputs.shape[1]
    many = asked.components is None and inputs > QUICK_INPUTS
    width = max(asked.width, min(inputs, QUICK_INPUTS) if many else inputs, len(dataset.targets))
    samples = min(max(QUICK_SIZE // width, QUICK_SAMPLES[0]), QUICK_SAMPLES[1], available)
    if asked.samples is None and (many or dataset.samples > samples):
        found["samples"] = samples
    if many:
        found["components"] = min(QUICK_INPUTS, found.get("samples", dataset.samples) - 1)
    return found


@checked_record
class FileSettings:
    """Settings of `geodepth compare`, the same for all files.

    Attributes
    ----------
    See the sentences below the fields.
    """

    starts: Count = 4
    """Random starts where a network's layer steps ask for a truth of their own."""
    as_given: bool = False
    """Solve nothing: hold every network against the truth in the file."""
    workers: Whole = 2
    """Processes of the solver."""
    seed: Seed = 0
    """Of the solver's starts, and of the draw of samples."""
