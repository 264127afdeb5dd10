"""Measures for the tests of sweeps: cheap, importable by other processes, some of them ill-natured."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from geodepth.validation.experiments import Outcome


def draws(parameters: Mapping[str, Any]) -> Outcome:
    """A few draws a seed, with a product of matrices, so that threads of linear algebra could show."""
    rows, arrays = [], []
    for seed in parameters["seeds"]:
        generator = np.random.default_rng([seed, int(parameters["size"])])
        values = generator.standard_normal((parameters["size"], parameters["size"]))
        arrays.append(values @ values.T)
        rows.append({"seed": seed, "mean": float(values.mean()), "trace": np.float64(np.trace(arrays[-1]))})
    time.sleep(parameters.get("sleep", 0.0))
    return Outcome(rows, {"products": np.stack(arrays)}, {"inside": 0.5})


def sometimes_fails(parameters: Mapping[str, Any]) -> Outcome:
    """Raises for odd sizes."""
    if parameters["size"] % 2:
        raise ValueError(f"size {parameters['size']}\nis odd")
    return draws(parameters)


def dies(parameters: Mapping[str, Any]) -> Outcome:
    """Ends its process for size 3: always, or only the first time where it may leave a mark in a folder."""
    if parameters["size"] == 3:
        mark = Path(parameters["folder"]) / "died" if "folder" in parameters else None
        if mark is None or not mark.exists():
            if mark is not None:
                mark.touch()
            os._exit(9)
    return draws(parameters)


def not_an_outcome(parameters: Mapping[str, Any]) -> Any:
    """What a measure must not do."""
    return {"rows": []}
