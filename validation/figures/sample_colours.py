"""Colours of samples by their class, the same in figures and explorer."""

from collections.abc import Sequence

import numpy as np

from geodepth.foundation.shapes import Int
from geodepth.validation.errors import ValidationError

from .style import colour


def class_colours(
    labels: Int[np.ndarray, " N"] | Sequence[int], names: Sequence[str], samples: int
) -> tuple[list[str], list[tuple[str, str]]]:
    """The colour of every sample, and the legend: name and colour of every class that occurs.

    Parameters
    ----------
    labels : (N,) integers
        The class of each sample.
    names : sequence of str
        The classes' names; a class beyond them is called by its number.
    samples : int
        N, which the labels must fit.

    Raises
    ------
    ValidationError
        There is not one label for each sample.
    """
    classes = np.asarray(labels)
    if classes.shape != (samples,):
        raise ValidationError(f"labels have shape {classes.shape}; give one class for each of {samples} samples")
    shades = {int(kind): colour(place) for place, kind in enumerate(np.unique(classes))}
    legend = [(names[kind] if kind < len(names) else f"class {kind}", shade) for kind, shade in shades.items()]
    return [shades[int(kind)] for kind in classes], legend
