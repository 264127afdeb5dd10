"""Whether two paths answer one question: the same samples, in any order, and the same constants."""

from dataclasses import replace

import numpy as np

from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath


def check_comparable(truth: RepresentationPath, path: RepresentationPath) -> RepresentationPath:
    """Put the samples of a path into the truth's order.

    Raises
    ------
    ValidationError
        The two differ in samples, L̃, λ, activation, smoothing or bias.
    """
    for name in ("effective_depth", "weight_decay", "smoothing", "activation", "bias"):
        ours, theirs = getattr(truth, name), getattr(path, name)
        if ours != theirs and not (isinstance(ours, float) and np.isclose(ours, theirs, rtol=1e-6, atol=0.0)):
            raise ValidationError(f"{name} of the path is {theirs}, of the truth {ours}; compare one objective")
    return _same_samples(truth, path)


def _same_samples(truth: RepresentationPath, path: RepresentationPath) -> RepresentationPath:
    """The path with its samples in the truth's order. Raises ValidationError where they are other samples."""
    ours = np.concatenate([truth.inputs, truth.targets])
    theirs = np.concatenate([path.inputs, path.targets])
    if truth.inputs.shape != path.inputs.shape or ours.shape != theirs.shape:
        raise ValidationError(
            f"the path belongs to data of shapes {path.inputs.shape} and {path.targets.shape}, the truth to "
            f"{truth.inputs.shape} and {truth.targets.shape}; compare one data set"
        )
    # Data that went through single precision agree to about 1e-7 of their size.
    slack = 1e-5 * float(np.abs(ours).max()) if ours.any() else 1e-12
    if np.abs(ours - theirs).max() <= slack:
        return path
    from scipy.optimize import linear_sum_assignment

    order = linear_sum_assignment(np.sum((ours[:, :, None] - theirs[:, None, :]) ** 2, axis=0))[1]
    gap = float(np.abs(ours - theirs[:, order]).max())
    if gap > slack:
        raise ValidationError(
            f"the path belongs to other samples than the truth (they differ by {gap:.3g}); compare one data set"
        )
    return replace(
        path,
        inputs=path.inputs[:, order],
        targets=path.targets[:, order],
        representations=path.representations[:, :, order],
        momenta=path.momenta[:, :, order],
    )
