"""What the main job is asked to do, checked before any long work: from defaults, a TOML file, or the command line."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geodepth.validation.data.dataset import Dataset
from geodepth.validation.data.named import load_dataset
from geodepth.validation.errors import ValidationError

SCHEMES = ("equidistant", "irregular", "adaptive")


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of `geodepth validate`; a TOML file has the same names, at its top level.

    data: "iris", "teacher", or a .npz or .csv file; samples: how many of them to train on (None: the default of the
    data set); width w, layers L, effective_depth L̃, weight_decay λ; starts: random starts of each ground truth;
    adaptive_starts: of each network's own one; schemes and members: networks of each scheme, one seed each; epochs of
    Adam and learning_rate; stationary: whether second-order training then takes the networks to a stationary point;
    device of the training; workers: processes of the geodesic solver.
    """

    data: str = "iris"
    samples: int | None = None
    seed: int = 0
    width: int = 5
    layers: int = 12
    effective_depth: float = 3.0
    weight_decay: float = 1e-3
    starts: int = 48
    adaptive_starts: int = 4
    schemes: tuple[str, ...] = SCHEMES
    members: int = 8
    epochs: int = 10000
    learning_rate: float = 0.1
    stationary: bool = True
    device: str = "auto"
    workers: int = 2

    def __post_init__(self) -> None:
        for name, least in (("seed", 0), ("width", 1), ("layers", 1), ("starts", 1), ("adaptive_starts", 0)):
            _check_whole(name, getattr(self, name), least)
        for name, least in (("members", 1), ("epochs", 1), ("workers", 1)):
            _check_whole(name, getattr(self, name), least)
        if self.samples is not None:
            _check_whole("samples", self.samples, 1)
        for name in ("effective_depth", "weight_decay", "learning_rate"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise ValidationError(f"{name} is {value!r}; give a finite number")
            if value < 0 or (value == 0 and name != "effective_depth"):
                raise ValidationError(f"{name} is {value}; give a number {'of at least' if value == 0 else 'above'} 0")
        if not isinstance(self.stationary, bool):
            raise ValidationError(f"stationary is {self.stationary!r}; give true or false")
        object.__setattr__(self, "schemes", tuple(self.schemes))
        unknown = [s for s in self.schemes if s not in SCHEMES]
        if unknown or not self.schemes or len(set(self.schemes)) < len(self.schemes):
            raise ValidationError(f"schemes is {list(self.schemes)}; choose from {list(SCHEMES)}, each at most once")
        # The irregular steps are largest in the middle, 1 + 1/8 times the mean for their default amplitude.
        if self.layers <= self.effective_depth * (1.125 if "irregular" in self.schemes else 1.0):
            raise ValidationError(
                f"layers is {self.layers}, too few for effective_depth {self.effective_depth:g}: every starting step "
                f"must leave ρL̃ below 1; give at least {math.floor(1.125 * self.effective_depth) + 1} layers"
            )

    @staticmethod
    def from_toml(path: Path) -> Settings:
        """Settings of a TOML file. Raises ValidationError: no such file, not TOML, a name that is not a setting."""
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise ValidationError(f"{path} cannot be read ({type(error).__name__}); give a TOML file") from None
        except tomllib.TOMLDecodeError as error:
            raise ValidationError(f"{path} is not TOML: {error}") from None
        known = [field.name for field in dataclasses.fields(Settings)]
        unknown = [name for name in table if name not in known]
        if unknown:
            raise ValidationError(f"{path} sets {unknown[0]!r}; the settings are {', '.join(known)}")
        if "schemes" in table and not isinstance(table["schemes"], list):
            raise ValidationError(f"{path}: schemes is {table['schemes']!r}; give a list of names")
        data = table.get("data", "iris")
        if isinstance(data, str) and data.endswith((".npz", ".csv")):
            # Relative to the file that names it, wherever the command is run.
            table["data"] = str(path.parent / data)
        return Settings(**table)

    def load(self) -> Dataset:
        """The data set, checked against the width. Raises ValidationError."""
        samples = self.samples
        if samples is None:
            samples = {"iris": 30, "teacher": 16}.get(self.data)
        dataset = load_dataset(self.data, samples=samples, seed=self.seed)
        for name, rows in (("inputs", dataset.inputs.shape[0]), ("targets", dataset.targets.shape[0])):
            if self.width < rows:
                raise ValidationError(
                    f"width is {self.width}, smaller than the {rows} rows of the {name} of {dataset.name}; "
                    f"give a width of at least {rows}"
                )
        return dataset

    def public(self) -> dict[str, Any]:
        """Names and values, for the report."""
        return dataclasses.asdict(self)


def key(*parts: Any) -> str:
    """A short name for a part of the work: equal when all that it depends on is equal."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:12]


def _check_whole(name: str, value: Any, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValidationError(f"{name} is {value!r}; give a whole number of at least {least}")
