"""One plane for all paths: where figures and the explorer put the samples."""

from collections.abc import Sequence

import numpy as np

from geodepth.foundation.shapes import Float, Int
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath


def in_one_plane(
    paths: Sequence[RepresentationPath], permutations: Sequence[Int[np.ndarray, " w"]] | None = None
) -> list[Float[np.ndarray, "L+1 2 N"]]:
    """The representations of paths in one plane of the space of neurons.

    It is the plane of the two leading principal directions of the first path, over all its samples and layers.

    Parameters
    ----------
    paths : sequence of RepresentationPath
        Of one width and one number of samples N.
    permutations : sequence of (w,) integers, optional
        For each path its neurons, in the order of those of the first path.

    Returns
    -------
    list of (L + 1, 2, N) arrays
        For each path the coordinates in the plane.

    Raises
    ------
    ValidationError
        Width or number of samples are not those of the first path.
    """
    first = paths[0]
    origin = first.representations.mean(axis=(0, 2))
    flat = (first.representations - origin[:, None]).transpose(1, 0, 2).reshape(first.width, -1)
    directions = np.linalg.svd(flat, full_matrices=False)[0][:, :2]
    if directions.shape[1] < 2:  # a single neuron: the second direction is empty
        directions = np.pad(directions, ((0, 0), (0, 1)))
    orders = [np.arange(path.width) for path in paths] if permutations is None else permutations
    flows = []
    for path, order in zip(paths, orders, strict=True):
        wanted, found = (first.width, first.samples), (path.width, path.samples)
        if found != wanted:
            raise ValidationError(
                f"paths have shapes {wanted} and {found}; one projection needs one width and one data set"
            )
        flows.append(np.asarray(directions.T @ (path.representations[:, order] - origin[:, None])))
    return flows
