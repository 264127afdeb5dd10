"""Neural collapse along a path: do samples of a class meet, do class means form a simplex, do weights see only these?

Papyan, Han and Donoho (PNAS 117, 2020) found three things in the last layer of classifiers at the end of training. They
are measured here at every layer:

NC1  The scatter Σ_W within classes vanishes beside the scatter Σ_B between them.
NC2  The centred class means have equal norms and equal angles, of cosine −1/(C − 1): a simplex.
NC3  The classifier's rows are the class means, up to one factor. Of a layer: its weights see nothing but the span of
     the class means of its features.

The overall mean is that of the class means, which are so centred in classes of unequal size, too.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from geodepth.foundation.shapes import Float, Int
from geodepth.validation.data.classes import class_numbers
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath

RANK_TOLERANCE = 1e-10
"""Singular values of class means below this share of the largest count as zero (rounding is 1e-16 of the largest)."""


@dataclass(frozen=True, slots=True, eq=False)
class NeuralCollapse:
    """What is measured at every layer, without units. All but `weight_share` are zero where collapse is complete.

    Attributes
    ----------
    positions : (L+1,)
        p.
    variability : (L+1,)
        NC1 of Papyan and others, Tr[Σ_W Σ_B⁺]/C. It does not see scatter outside the span of the class means.
    scatter_ratio : (L+1,)
        NC1 that sees all of it, Tr Σ_W / Tr Σ_B. Both are infinite where the class means are one, and nan where all
        samples are.
    norm_spread : (L+1,)
        NC2: the standard deviation of the centred class means' norms over their mean.
    angle_error : (L+1,)
        NC2: the mean of |cos + 1/(C − 1)| over pairs of centred class means.
    readout_gap : (L+1,)
        NC3: ‖P̃/‖P̃‖ − Mᵀ/‖M‖‖_F, from 0 to 2, with M (w, C) the centred class means and P̃ the readout less its mean
        row; nan unless the readout has a row for each class.
    weight_share : (L,)
        NC3 of a layer: the share of ‖W_ℓ‖² without its bias column that lies in the span of the class means of
        σ(A_{ℓ−1}), from 0 to 1; nan where these weights are zero.
    """

    positions: Float[np.ndarray, " L+1"]
    variability: Float[np.ndarray, " L+1"]
    scatter_ratio: Float[np.ndarray, " L+1"]
    norm_spread: Float[np.ndarray, " L+1"]
    angle_error: Float[np.ndarray, " L+1"]
    readout_gap: Float[np.ndarray, " L+1"]
    weight_share: Float[np.ndarray, " L"]


def neural_collapse(path: RepresentationPath, labels: Any) -> NeuralCollapse:
    """Measure neural collapse at every layer of a path.

    Parameters
    ----------
    path : RepresentationPath
        L layers, width w, N samples.
    labels : (N,)
        The class of each sample, whole numbers from 0 to C − 1.

    Raises
    ------
    ValidationError
        Labels that are no whole numbers from 0 on, a class without a sample, or a single class.

    Notes
    -----
    At a stationary point W_ℓ = L̃B_ℓσ(A_{ℓ−1})ᵀ, so a path whose classes have collapsed has a weight share of 1.
    Source: V. Papyan, X. Y. Han and D. L. Donoho, "Prevalence of neural collapse during the terminal phase of deep
    learning training", PNAS 117 (2020).
    """
    members = _members(class_numbers(labels, path.samples))
    means = path.representations @ members  # (L+1, w, C)
    centred = means - means.mean(axis=2, keepdims=True)
    deviations = path.representations - means @ (members > 0.0).T
    within = np.sum(deviations**2, axis=(1, 2)) / path.samples
    between = np.mean(np.sum(centred**2, axis=1), axis=1)
    norms = np.linalg.norm(centred, axis=1)
    return NeuralCollapse(
        positions=path.positions,
        variability=_variability(deviations, centred, within),
        scatter_ratio=_over(within, between),
        norm_spread=_over(norms.std(axis=1), norms.mean(axis=1)),
        angle_error=_angle_error(centred, norms),
        readout_gap=_readout_gap(path.readout, centred),
        weight_share=_weight_share(path, members),
    )


def _members(classes: Int[np.ndarray, " N"]) -> Float[np.ndarray, "N C"]:
    """Averages over classes as a matrix: 1/N_c where a sample is of class c."""
    sizes = np.bincount(classes)
    if len(sizes) < 2 or (sizes == 0).any():
        empty = int(np.argmin(sizes))
        found = "a single class" if len(sizes) < 2 else f"no sample of class {empty}"
        raise ValidationError(f"labels hold {found}; number at least two classes from 0, each with a sample")
    return np.asarray(np.eye(len(sizes))[classes] / sizes)


def _variability(
    deviations: Float[np.ndarray, "Q w N"], centred: Float[np.ndarray, "Q w C"], within: Float[np.ndarray, " Q"]
) -> Float[np.ndarray, " Q"]:
    directions, values, kept = _span(centred)
    seen = np.sum((directions.transpose(0, 2, 1) @ deviations) ** 2, axis=2) / deviations.shape[2]
    # Σ_B = M Mᵀ/C, so the C of its inverse and the 1/C in front cancel.
    inverse = np.where(kept, 1.0 / np.where(kept, values, 1.0) ** 2, 0.0)
    apart = kept.any(axis=1)
    return np.where(apart, np.sum(inverse * seen, axis=1), _over(within, np.zeros_like(within)))


def _span(matrices: Float[np.ndarray, "Q w C"]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Left singular vectors (Q, w, m), singular values (Q, m), and which of them are more than zero."""
    directions, values, _ = np.linalg.svd(matrices, full_matrices=False)
    return directions, values, values > RANK_TOLERANCE * np.maximum(values[:, :1], np.finfo(float).tiny)


def _angle_error(centred: Float[np.ndarray, "Q w C"], norms: Float[np.ndarray, "Q C"]) -> Float[np.ndarray, " Q"]:
    classes = centred.shape[2]
    products = centred.transpose(0, 2, 1) @ centred
    cosines = _over(products, norms[:, :, None] * norms[:, None, :])
    pairs = np.triu_indices(classes, 1)
    return np.asarray(np.mean(np.abs(cosines[:, pairs[0], pairs[1]] + 1.0 / (classes - 1)), axis=1))


def _readout_gap(readout: Float[np.ndarray, "d_out w"], centred: Float[np.ndarray, "Q w C"]) -> np.ndarray:
    if readout.shape[0] != centred.shape[2]:
        return np.full(len(centred), np.nan)
    rows = readout - readout.mean(axis=0)
    size = np.linalg.norm(centred, axis=(1, 2))[:, None, None]
    gap = _over(rows, np.array(np.linalg.norm(rows))) - _over(centred, size).transpose(0, 2, 1)
    return np.asarray(np.linalg.norm(gap, axis=(1, 2)))


def _weight_share(path: RepresentationPath, members: Float[np.ndarray, "N C"]) -> Float[np.ndarray, " L"]:
    active, weights = path.features[:-1, : path.width], path.weights[:, :, : path.width]
    directions, _, kept = _span(active @ members)
    seen = np.sum((weights @ directions) ** 2, axis=1)
    return _over(np.sum(seen * kept, axis=1), np.sum(weights**2, axis=(1, 2)))


def _over(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """A quotient that is infinite or nan where the divisor is zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(above / below)
