"""Every number of a report, as what JSON can hold."""

import dataclasses
import hashlib
import math
from collections.abc import Mapping
from enum import Enum
from typing import Any

import numpy as np

from geodepth.validation.path.representation_path import RepresentationPath

from .analysis import Analyses, Analysis
from .data import NetworkRecord, ReportData, TruthRecord
from .quotable import advice, quotable

FORMAT_VERSION = 1


def report_numbers(data: ReportData, analyses: Analyses) -> dict[str, Any]:
    """Every number of the report as lists, dictionaries, numbers and text.

    Parameters
    ----------
    data : ReportData
        What the report says.
    analyses : Analyses
        What was measured of its paths.

    Returns
    -------
    dict
        Ready for JSON: infinite numbers are "inf" and "-inf", undefined ones None.
    """
    plain: dict[str, Any] = _plain(
        {
            "format": "geodepth report",
            "format_version": FORMAT_VERSION,
            "summary": quotable(data),
            "advice": advice(data),
            "question": _question(data.truths[0].path),
            **_fields(data, "title", "command", "settings", "versions", "seeds", "seconds", "notes"),
            "dataset": {
                **_fields(data.dataset, "name", "description"),
                "inputs": data.dataset.inputs.shape,
                "targets": data.dataset.targets.shape,
                "test_samples": data.dataset.test_inputs.shape[1],
                "test_error_of_the_mean": data.dataset.error_of_the_mean,
                "teacher_rank": data.dataset.teacher_rank,
            },
            "truths": [_truth(*pair) for pair in zip(data.truths, analyses.truths, strict=True)],
            "networks": [_network(*pair) for pair in zip(data.networks, analyses.networks, strict=True)],
            "continuous": data.continuous
            and {
                **_fields(data.continuous, "cost", "fit", "penalty", "error", "regular", "order", "layers", "costs"),
                "layers_within": {"1 %": data.continuous.layers_for(0.01), "0.1 %": data.continuous.layers_for(0.001)},
                "sentence": data.continuous.sentence,
            },
            "theorem_4_widths": analyses.theorem_4_widths(),
            "losses": data.losses,
        }
    )
    return plain


def _question(path: RepresentationPath) -> str:
    """A digest of what is asked: truths of reports that share it, on the same layer steps, have one least cost."""
    digest = hashlib.sha256(f"{path.width} {path.effective_depth!r} {path.weight_decay!r}".encode())
    for array in (path.inputs, path.targets, path.embedding, path.readout):
        digest.update(f"{array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:12]


def _truth(truth: TruthRecord, analysis: Analysis) -> dict[str, Any]:
    return {
        **_fields(truth, "name", "lower", "upper", "proven", "starts"),
        "minima": [{"cost": cost, "found": count} for cost, count in truth.minima],
        **_fields(truth, "rounds", "seconds", "test_error", "search"),
        **_path(truth, analysis),
    }


def _network(network: NetworkRecord, analysis: Analysis) -> dict[str, Any]:
    return {
        **_fields(network, "name", "scheme", "seed", "truth", "test_error", "seconds"),
        "sentence": network.comparison.sentence,
        "comparison": network.comparison,
        **_path(network, analysis),
    }


def _path(record: TruthRecord | NetworkRecord, analysis: Analysis) -> dict[str, Any]:
    return {
        **_fields(record.path, "label", "origin", "cost", "fit", "parameter_norm", "stationarity"),
        **_fields(record.path, "effective_depth", "weight_decay", "layer_steps"),
        "settled_stationarity": analysis.path.stationarity,
        **_fields(analysis, "energies", "phases", "checks"),
    }


def _fields(record: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(record, name) for name in names}


def _plain(value: Any) -> Any:
    """Records, arrays and NumPy scalars as lists, dictionaries and numbers of JSON."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: _plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, list | tuple | set):
        return [_plain(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value if isinstance(value, float | int | str) or value is None else str(value)
