"""What a function costs in large depth: the bottleneck rank, and the regularity behind it.

For a path of least norm between given ends, (1/L̃)∫‖W‖²dp = kL̃ + R + S/L̃ + …: the slope k is the bottleneck rank, and
the constant R, the next order, measures how irregular the function is. It is at least 2 log|Jf(x)|₊ at every sample
whose Jacobian has rank k, where |·|₊ is the product of the nonzero singular values.
Source: A. Jacot, "Bottleneck structure in learned features: low-dimension vs regularity tradeoff", NeurIPS 2023
(arXiv:2305.19008), for fully-connected networks.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from geodepth.foundation.shapes import Float
from geodepth.validation.argument_checks import check_array, check_count
from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath


@dataclass(frozen=True, slots=True)
class RankExpansion:
    """(1/L̃)∫‖W‖²dp ≈ rank · L̃ + next_order + remainder/L̃, by least squares.

    Attributes
    ----------
    rank : float
        The slope k.
    next_order : float
        The constant R.
    remainder : float
        S.
    misfit : float
        The largest deviation of the given costs from the expansion.
    """

    rank: float
    next_order: float
    remainder: float
    misfit: float


def rank_expansion(effective_depths: Any, parameter_norms: Any, rank: int | None = None) -> RankExpansion:
    """Fit the expansion to the costs of one problem at several effective depths.

    Parameters
    ----------
    effective_depths : (m,)
        L̃ > 0, at least one more distinct ones than coefficients, of which there are three.
    parameter_norms : (m,)
        ∫‖W‖²dp of the best path at each. With penalized ends, 2L̃J/λ at one value of λL̃: what the ends give way then
        costs as much as a part of S.
    rank : int, optional
        k where it is known; only the other two are fitted then, which settles R better.

    Raises
    ------
    ValidationError
        Too few depths, or values that cannot be.
    """
    depths = check_array("effective_depths", effective_depths, (None,), "(m,)")
    norms = check_array("parameter_norms", parameter_norms, depths.shape, "(m,), one per effective depth")
    if (depths <= 0.0).any():
        raise ValidationError(f"effective_depths holds {depths.min():g}; give positive ones")
    known = None if rank is None else check_count("rank", rank, 0)
    columns = np.stack([depths, np.ones_like(depths), 1.0 / depths], axis=1)[:, 0 if known is None else 1 :]
    if len(np.unique(depths)) <= columns.shape[1]:
        raise ValidationError(f"effective_depths has {len(np.unique(depths))} distinct values; give more than "
                              f"{columns.shape[1]}, the number of coefficients")  # fmt: skip
    wanted = norms / depths - (0.0 if known is None else known * depths)
    found = np.linalg.lstsq(columns, wanted, rcond=None)[0]
    misfit = float(np.abs(columns @ found - wanted).max())
    slope, constant, rest = found if known is None else (float(known), *found)
    return RankExpansion(float(slope), float(constant), float(rest), misfit)


def regularity_bound(path: RepresentationPath, rank: int) -> float:
    """The greatest 2 log|Jf(x)|₊ over the samples of a path, a lower bound of the next order R in large depth.

    Parameters
    ----------
    path : RepresentationPath
        f(x) = P A_1 as a function of the sample x.
    rank : int
        k ≥ 1: the k largest singular values of each Jacobian are taken.

    Raises
    ------
    ValidationError
        A rank that no Jacobian can have.
    """
    most = min(path.readout.shape[0], path.width, path.inputs.shape[0])
    k = check_count("rank", rank)
    if k > most:
        raise ValidationError(f"rank is {k}, and Jacobians here have rank {most} at most; give a rank up to that")
    values = np.linalg.svd(jacobians(path), compute_uv=False)[:, :k]
    with np.errstate(divide="ignore"):
        return float(2.0 * np.max(np.sum(np.log(values), axis=1)))


def jacobians(path: RepresentationPath) -> Float[np.ndarray, "N d_out d_in"]:
    """∂(P A_1)/∂x at every sample, with the slopes of σ that backpropagation takes."""
    slopes = path.nonlinearity.slope(path.representations[:-1])  # (L, w, N)
    found = np.broadcast_to(path.embedding, (path.samples, *path.embedding.shape))
    for step, weights, slope in zip(path.layer_steps, path.weights, slopes, strict=True):
        pushed = weights[:, : path.width] @ (slope.T[:, :, None] * found)
        found = (1.0 - step * path.effective_depth) * found + step * pushed
    return np.asarray(path.readout @ found)
