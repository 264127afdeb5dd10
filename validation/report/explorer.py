"""The explorer in the report: a slider over p that moves truth and networks side by side. Its script is explorer.js.

The template "explorer" makes a fragment of HTML of these data: panels, a slider from p = 0 to 1, the data, the script.
Every panel shows the samples in the plane of the first path, as `paths_2d` draws them, and the singular values of A_p.
It tells kinetic energy, cost of identity and −(2/L̃)H at p, linear between layers. The address' #p=0.5 sets the slider.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from geodepth.foundation.shapes import Float, Int
from geodepth.validation.figures.projection import in_one_plane
from geodepth.validation.figures.sample_colours import class_colours
from geodepth.validation.figures.style import colour, path_title
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.path_energies import compute_energies

# More points than this neither show more nor move smoothly; chosen by eye.
_MOST_SAMPLES = 200


def explorer_data(
    paths: Sequence[RepresentationPath],
    labels: Int[np.ndarray, " N"] | Sequence[int] | None = None,
    class_names: Sequence[str] = (),
    permutations: Sequence[Int[np.ndarray, " w"]] | None = None,
) -> dict[str, Any]:
    """What the explorer shows, as numbers of JSON to four digits.

    Parameters
    ----------
    paths : sequence of RepresentationPath
        Paths of one width on the same N samples; of many samples, 200 are shown.
    labels : (N,) integers, optional
        They colour the samples by class.
    class_names : sequence of str
        The names of the classes, for the legend.
    permutations : sequence of (w,) integers, optional
        For each path the order that matches its neurons with the first path's.

    Returns
    -------
    dict
        paths (each with name, positions, points, spectrum, kinetic, identity, hamiltonian), colours, legend, the
        corners low and high of all points, and the largest singular value top.
    """
    first = paths[0]
    chosen = np.unique(np.linspace(0, first.samples - 1, min(first.samples, _MOST_SAMPLES)).astype(int))
    colours, legend = [colour(0)] * first.samples, list[tuple[str, str]]()
    if labels is not None:
        colours, legend = class_colours(labels, class_names, first.samples)
    entries = []
    for path, flow in zip(paths, in_one_plane(paths, permutations), strict=True):
        energy = compute_energies(path)
        entries.append(
            {
                "name": path_title(path),
                "positions": _short(path.positions),
                "points": _short(flow[:, :, chosen].transpose(0, 2, 1)),
                "spectrum": _short(np.linalg.svd(path.representations, compute_uv=False)),
                "kinetic": _short(energy.relative.kinetic),
                "identity": _short(energy.relative.cost_of_identity),
                "hamiltonian": _short(energy.scaled_hamiltonian),
            }
        )
    every = np.concatenate([np.asarray(entry["points"]).reshape(-1, 2) for entry in entries])
    return {
        "paths": entries,
        "colours": [colours[sample] for sample in chosen],
        "legend": [{"name": name, "colour": shade} for name, shade in legend],
        "low": _short(every.min(axis=0)),
        "high": _short(every.max(axis=0)),
        "top": max(float(np.max(entry["spectrum"])) for entry in entries),
    }


def _short(values: Float[np.ndarray, "*shape"]) -> Any:
    """Four significant digits are more than a screen shows."""
    array = np.asarray(values, dtype=float)
    return [_short(entry) for entry in array] if array.ndim else float(f"{float(array):.4g}")
