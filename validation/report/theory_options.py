"""Which option of the commands makes a statement of the theory apply, or sharpens it."""

import math
from collections.abc import Sequence

import numpy as np

from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.theory.all_statements import COARSE
from geodepth.validation.theory.check import Check, Status
from geodepth.validation.theory.theorem_four import STATIONARY

from .data import ReportData

TIMES = 2
"""Times as many layers, epochs or as much depth are advised (chosen by hand)."""
_WITHOUT_BIAS = ("Proposition 1", "Proposition 2", "Proposition 3", "Output scaling")
_OF_MANY_LAYERS = ("Proposition 9", "Conservation")


def options(checks: Sequence[Check], paths: Sequence[RepresentationPath], data: ReportData) -> list[str]:
    """The options that make a statement apply to more of these paths, or say more of them.

    Parameters
    ----------
    checks : sequence of Check
        One statement, held against every path.
    paths : sequence of RepresentationPath
        The paths.
    data : ReportData
        What the report says: its settings hold what was asked for.

    Returns
    -------
    list of str
        Options with their values; none where the statement is told of all paths already.

    Notes
    -----
    `geodepth validate`, `geodepth geodesic` and `geodepth train` call these options by the same names.
    """
    name, found = checks[0].name, list[str]()
    if name.startswith(_WITHOUT_BIAS):
        return ["geodepth geodesic --no-bias"] if any(path.bias for path in paths) else []
    layers, depth = max(path.layers for path in paths), max(path.effective_depth for path in paths)
    if name.startswith(_OF_MANY_LAYERS):
        step = max(2.0 * float(np.max(path.layer_steps)) * max(path.effective_depth, 1.0) for path in paths)
        found.append(f"--layers {layers * max(TIMES, math.ceil(step / COARSE))}")
    else:
        found += [f"--effective-depth {TIMES * depth or 1.0:g}", f"--layers {TIMES * layers}"]
    apart = [check.status is Status.NOT_APPLICABLE for check in checks]
    if any(path.stationarity > STATIONARY and other for path, other in zip(paths, apart, strict=True)):
        epochs = data.settings.get("epochs")
        found.append(f"--epochs {TIMES * epochs}" if epochs else "--epochs")
    return found
