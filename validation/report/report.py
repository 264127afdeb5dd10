"""The report: one self-contained HTML page, and every number of it as JSON next to it."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from geodepth.foundation.shapes import Float
from geodepth.validation.comparison.comparison import Comparison
from geodepth.validation.comparison.limit_of_layers import ContinuousTruth
from geodepth.validation.data.dataset import Dataset
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.theory.theorem_four import theorem_table

from .analysis import Analysis, analyse

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True, eq=False)
class TruthRecord:
    """One ground truth: the best path found on one set of layer steps.

    name is the key that networks refer to, such as "equidistant" or "adaptive, seed 3". lower and upper bracket the
    cost of this minimum (the relaxed and the exact objective J), None where there is no bracket. starts is how many
    starts were solved, minima the distinct ones as (cost, how often it was found), best first. rounds counts how often
    the truth was solved anew because a network had come out below it.
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


@dataclass(frozen=True, slots=True, eq=False)
class NetworkRecord:
    """One trained network: its scheme of layer steps, its seed, its path, and its comparison with the truth so named.

    test_error is (1/M)‖Y − P A_L‖² on held-out data, None without such data; label is how the report calls it, by
    default its scheme and seed.
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


@dataclass(frozen=True, slots=True, eq=False)
class LossCurves:
    """The cost J of a scheme's networks while they trained: costs (E, members) at epochs (E,)."""

    epochs: Float[np.ndarray, " E"]
    costs: Float[np.ndarray, "E members"]


@dataclass(frozen=True, slots=True, eq=False)
class ReportData:
    """All that a report says, as plain data.

    truths and networks in the order of the tables; losses by scheme, members in the order of that scheme's networks;
    settings, versions and seeds as names and values; command is what reproduces the run; seconds are the times of
    its parts; notes are sentences for the reader (what failed, what was left out); continuous is the continuous path,
    where it was looked for.
    Raises ValidationError where a network names a truth that is not there, or no truth is given.
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

    @property
    def paths(self) -> tuple[RepresentationPath, ...]:
        """The paths of all truths, then of all networks."""
        return (*(truth.path for truth in self.truths), *(network.path for network in self.networks))

    def truth(self, name: str) -> TruthRecord:
        """The truth of that name."""
        return next(truth for truth in self.truths if truth.name == name)

    @property
    def schemes(self) -> tuple[str, ...]:
        """The schemes of the networks, in order of appearance."""
        return tuple(dict.fromkeys(network.scheme for network in self.networks))

    def of_scheme(self, scheme: str) -> tuple[NetworkRecord, ...]:
        """The networks of one scheme."""
        return tuple(network for network in self.networks if network.scheme == scheme)

    def truths_of_scheme(self, scheme: str) -> tuple[TruthRecord, ...]:
        """The truths that the scheme's networks refer to, without repetition."""
        return tuple(self.truth(name) for name in dict.fromkeys(n.truth for n in self.of_scheme(scheme)))


def write_report(data: ReportData, path: str | Path) -> Path:
    """Write the page to `path` (.html) and the numbers to the same name with .json; returns the page's path.

    Both files appear whole or not at all. Raises ValidationError where the folder cannot be written.
    """
    from .page import render_page

    page = Path(path)
    if page.suffix.lower() not in (".html", ".htm"):
        raise ValidationError(f"path is {page.name!r}; give a name that ends in .html")
    analyses = [analyse(path) for path in data.paths]
    numbers = json.dumps(report_numbers(data, analyses), indent=1, allow_nan=False, ensure_ascii=False)
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
        _write(page.with_suffix(".json"), numbers)
        _write(page, render_page(data, analyses))
    except OSError as error:
        raise ValidationError(f"{page} cannot be written ({error.strerror}); choose another folder") from None
    return page


def report_numbers(data: ReportData, analyses: Sequence[Analysis]) -> dict[str, Any]:
    """Every number of the report as what JSON can hold; infinite ones are "inf" and "-inf", undefined ones null.

    analyses belong to the truths and then the networks, in their order.
    """
    of_truths, of_networks = analyses[: len(data.truths)], analyses[len(data.truths) :]
    plain: dict[str, Any] = _plain(
        {
            "format": "geodepth report",
            "format_version": FORMAT_VERSION,
            "title": data.title,
            "command": data.command,
            "settings": data.settings,
            "versions": data.versions,
            "seeds": data.seeds,
            "seconds": data.seconds,
            "notes": list(data.notes),
            "dataset": {
                "name": data.dataset.name,
                "description": data.dataset.description,
                "inputs": data.dataset.inputs.shape,
                "targets": data.dataset.targets.shape,
                "test_samples": data.dataset.test_inputs.shape[1],
                "teacher_rank": data.dataset.teacher_rank,
            },
            "truths": [
                {
                    "name": truth.name,
                    "lower": truth.lower,
                    "upper": truth.upper,
                    "starts": truth.starts,
                    "minima": [{"cost": cost, "found": count} for cost, count in truth.minima],
                    "rounds": truth.rounds,
                    "seconds": truth.seconds,
                    "test_error": truth.test_error,
                    **_path_numbers(truth.path, analysis),
                }
                for truth, analysis in zip(data.truths, of_truths, strict=True)
            ],
            "networks": [
                {
                    "name": network.name,
                    "scheme": network.scheme,
                    "seed": network.seed,
                    "truth": network.truth,
                    "test_error": network.test_error,
                    "seconds": network.seconds,
                    "sentence": network.comparison.sentence,
                    "comparison": network.comparison,
                    **_path_numbers(network.path, analysis),
                }
                for network, analysis in zip(data.networks, of_networks, strict=True)
            ],
            "continuous": None if data.continuous is None else _continuous_numbers(data.continuous),
            "theorem_4_widths": theorem_table([a.path for a in of_truths if a.path.effective_depth > 0.0]),
            "losses": data.losses,
        }
    )
    return plain


def _continuous_numbers(continuous: ContinuousTruth) -> dict[str, Any]:
    said = ("cost", "fit", "penalty", "error", "regular", "layers", "costs", "sentence")
    return {name: getattr(continuous, name) for name in said}


def _path_numbers(path: RepresentationPath, analysis: Analysis) -> dict[str, Any]:
    return {
        "label": path.label,
        "origin": path.origin,
        "cost": path.cost,
        "fit": path.fit,
        "parameter_norm": path.parameter_norm,
        "stationarity": path.stationarity,
        "effective_depth": path.effective_depth,
        "weight_decay": path.weight_decay,
        "layer_steps": path.layer_steps,
        "settled_stationarity": analysis.path.stationarity,
        "energies": analysis.energies,
        "phases": analysis.phases,
        "checks": analysis.checks,
    }


def _plain(value: Any) -> Any:
    """Dataclasses, arrays and NumPy scalars as lists, dicts and numbers of JSON."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: _plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, list | tuple | set):
        return [_plain(entry) for entry in value]
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return value if math.isfinite(value) else ("inf" if value > 0 else "-inf")
    return value if isinstance(value, int | str | bool) or value is None else str(value)


def _write(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(name, 0o644)  # a temporary file is private, a report is not
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
