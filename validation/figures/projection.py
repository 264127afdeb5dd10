"""One plane for all paths: where figures and the explorer put the samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geodepth.foundation.shapes import Float, Int
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """A plane in the space of neurons.

    Attributes
    ----------
    origin : (w,) array
        Its origin.
    directions : (w, 2) array
        Two orthonormal directions.
    samples : int
        N, the number of samples of the paths that it is for.
    """

    origin: Float[np.ndarray, " w"]
    directions: Float[np.ndarray, "w 2"]
    samples: int


def common_plane(path: RepresentationPath) -> Plane:
    """The plane of the two leading principal directions of a path's representations, over all samples and layers."""
    origin = path.representations.mean(axis=(0, 2))
    flat = (path.representations - origin[:, None]).transpose(1, 0, 2).reshape(path.width, -1)
    directions = np.linalg.svd(flat, full_matrices=False)[0][:, :2]
    if directions.shape[1] < 2:  # a single neuron: the second direction is empty
        directions = np.pad(directions, ((0, 0), (0, 1)))
    return Plane(origin, directions, path.samples)


def project(plane: Plane, path: RepresentationPath, order: Int[np.ndarray, " w"]) -> Float[np.ndarray, "L+1 2 N"]:
    """A path's representations in the plane, its neurons taken in the given order.

    Parameters
    ----------
    plane : Plane
        Where to.
    path : RepresentationPath
        Of the plane's width and number of samples.
    order : (w,) integers
        The neurons, in the order of those of the path that the plane is of.

    Returns
    -------
    (L + 1, 2, N) array
        Coordinates in the plane.

    Raises
    ------
    ValidationError
        Width or number of samples are not the plane's.
    """
    width = len(plane.origin)
    if path.width != width or path.samples != plane.samples:
        raise ValidationError(
            f"paths have shapes {(width, plane.samples)} and {(path.width, path.samples)}; "
            "one projection needs one width and one data set"
        )
    return np.asarray(plane.directions.T @ (path.representations[:, order] - plane.origin[:, None]))
