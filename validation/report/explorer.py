"""The explorer in the report: a slider over p that moves truth and networks side by side, in vanilla JavaScript."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from geodepth.foundation.shapes import Float
from geodepth.validation.figures.projection import common_plane, project
from geodepth.validation.figures.style import PALETTE
from geodepth.validation.physics.energies import compute_energies

from .explorer_script import SCRIPT

if TYPE_CHECKING:
    from geodepth.validation.path.representation_path import RepresentationPath

# More points than this neither show more nor move smoothly.
_MOST_SAMPLES = 200


def explorer_html(
    paths: Sequence[RepresentationPath], labels: Any = None, class_names: Sequence[str] = (),
    permutations: Sequence[Any] | None = None,
) -> str:  # fmt: skip
    """The explorer of these paths as a fragment of HTML: panels, a slider from p = 0 to 1, the data, the script.

    Every panel shows the samples in the plane of the first path (as figures.paths_2d draws them), the singular values
    of A_p, and kinetic energy, cost of identity and −(2/L̃)H at p, linear between layers. labels and class_names
    colour the samples; permutations match the neurons with the first path's. The address' #p=0.5 sets the slider.
    """
    data = json.dumps(explorer_data(paths, labels, class_names, permutations), allow_nan=False, separators=(",", ":"))
    # "</" would end the script element wherever it stood; JSON may write it as "<\/".
    safe = data.replace("</", "<\\/").replace("<!--", "<\\u0021--")
    return (
        '<div class="interactive" id="explorer"><div id="explorer-bar">'
        '<label for="explorer-p">position p</label>'
        '<input type="range" id="explorer-p" min="0" max="1" step="0.005" value="0">'
        '<output id="explorer-where" for="explorer-p"></output></div>'
        '<div id="explorer-panels"></div><div id="explorer-legend"></div></div>'
        f'<script type="application/json" id="explorer-data">{safe}</script><script>{SCRIPT}</script>'
    )


def explorer_data(
    paths: Sequence[RepresentationPath], labels: Any = None, class_names: Sequence[str] = (),
    permutations: Sequence[Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """What the explorer shows, as numbers of JSON to four digits."""
    first = paths[0]
    plane = common_plane(first)
    chosen = np.unique(np.linspace(0, first.samples - 1, min(first.samples, _MOST_SAMPLES)).astype(int))
    if labels is None:
        colours, legend = ["#0072B2"] * len(chosen), []
    else:
        kinds = [int(kind) for kind in np.unique(labels)]
        place = {kind: PALETTE[number % len(PALETTE)] for number, kind in enumerate(kinds)}
        colours = [place[int(np.asarray(labels)[sample])] for sample in chosen]
        legend = [
            {"name": class_names[kind] if kind < len(class_names) else f"class {kind}", "colour": place[kind]}
            for kind in kinds
        ]
    entries = []
    for number, path in enumerate(paths):
        order = np.arange(path.width) if permutations is None else np.asarray(permutations[number])
        flow = project(plane, path, order)[:, :, chosen]
        energy = compute_energies(path)
        entries.append({
            "name": path.label or path.origin or "path",
            "positions": _short(path.positions),
            "points": _short(flow.transpose(0, 2, 1)),
            "spectrum": _short(np.linalg.svd(path.representations, compute_uv=False)),
            "kinetic": _short(energy.relative.kinetic),
            "identity": _short(energy.relative.cost_of_identity),
            "hamiltonian": _short(energy.scaled_hamiltonian),
        })  # fmt: skip
    every = np.concatenate([np.asarray(entry["points"]).reshape(-1, 2) for entry in entries])
    return {
        "paths": entries,
        "colours": colours,
        "legend": legend,
        "low": _short(every.min(axis=0)),
        "high": _short(every.max(axis=0)),
        "top": max(float(np.max(entry["spectrum"])) for entry in entries),
    }


def _short(values: Float[np.ndarray, "*shape"]) -> Any:
    """Four significant digits are more than a screen shows."""
    array = np.asarray(values, dtype=float)
    return [_short(entry) for entry in array] if array.ndim else float(f"{float(array):.4g}")
