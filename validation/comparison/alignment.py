"""Distances between two paths modulo what no network can tell apart: the order of its free neurons.

A permutation Π of the neurons is a symmetry where ΠE = E and PΠᵀ = P for the fixed embedding E and readout P: a
neuron may only be matched with one that reads the same inputs (equal rows of E) and writes the same outputs (equal
columns of P). So neurons tied to data keep their place, and the free ones (zero rows and columns) are matched among
themselves. Two networks whose projections differ (learned ones) share no such tie, and all neurons are then free.
For a linear activation every orthogonal map of the free directions is a symmetry as well.
Source: Jacot and Kaiser, arXiv:2405.17573, the symmetries of Leaky ResNets.
"""

from dataclasses import dataclass

import numpy as np

from geodepth.foundation.shapes import Float, Int
from geodepth.validation.path.network import features
from geodepth.validation.path.representation_path import RepresentationPath

_SIGNATURE_TOLERANCE = 1e-6
"""Relative gap up to which projections are equal: through single precision they agree to about 1e-7 of their size."""


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """How a path lies beside the truth, neurons matched; distances are relative to the larger of the two norms.

    Attributes
    ----------
    permutation : (w,)
        Neuron permutation[i] of the path plays the part of the truth's neuron i.
    tied : bool
        Whether the projections restricted the permutation.
    representation_distance : float
        √∫‖A − ΠA'‖²dp over √∫‖A‖²dp.
    weight_distance : float
        The same for W.
    kernel_distance, gram_distance : float
        For K = σ(A)ᵀσ(A) and for AᵀA, which need no matching.
    representation_spectrum, weight_spectrum : float
        For the singular values of A and of W, which need none either.
    orthogonal_distance : float or None
        Modulo orthogonal maps of the free directions; None unless the activation is linear.
    """

    permutation: Int[np.ndarray, " w"]
    tied: bool
    representation_distance: float
    weight_distance: float
    kernel_distance: float
    gram_distance: float
    representation_spectrum: float
    weight_spectrum: float
    orthogonal_distance: float | None


@dataclass(frozen=True, slots=True, eq=False)
class _Sampled:
    """A path on a common grid, padded with silent neurons to a common width."""

    representations: Float[np.ndarray, "Q w N"]
    features: Float[np.ndarray, "Q c N"]
    weights: Float[np.ndarray, "I w c"]
    signatures: Float[np.ndarray, "w s"]


def align(truth: RepresentationPath, path: RepresentationPath) -> Alignment:
    """Match the path's neurons to the truth's over the whole path at once, and measure the distances after it.

    Parameters
    ----------
    truth, path : RepresentationPath
        Of the same samples in the same order. On different steps A is interpolated linearly in p, and W is constant on
        each step.

    Notes
    -----
    Matching is a linear assignment: ∫‖A − ΠA'‖²dp is a sum over matched pairs, so the least one is found exactly.
    """
    grid = _common_grid(truth.positions, path.positions)
    width = max(truth.width, path.width)
    left, right = _sample(truth, grid, width), _sample(path, grid, width)
    steps = np.diff(grid)
    measure = 0.5 * (np.append(steps, 0.0) + np.insert(steps, 0, 0.0))
    permutation, tied = _assign(left, right, measure)
    order = np.append(permutation, width) if truth.bias else permutation
    return Alignment(
        permutation=permutation,
        tied=tied,
        representation_distance=_distance(left.representations, right.representations[:, permutation], measure),
        weight_distance=_distance(left.weights, right.weights[:, permutation][:, :, order], steps),
        kernel_distance=_distance(_gram(left.features), _gram(right.features), measure),
        gram_distance=_distance(_gram(left.representations), _gram(right.representations), measure),
        representation_spectrum=_distance(_spectrum(left.representations), _spectrum(right.representations), measure),
        weight_spectrum=_distance(_spectrum(left.weights), _spectrum(right.weights), steps),
        orthogonal_distance=_procrustes(left, right, measure, tied) if truth.nonlinearity.is_linear else None,
    )


def _assign(left: _Sampled, right: _Sampled, measure: Float[np.ndarray, " Q"]) -> tuple[Int[np.ndarray, " w"], bool]:
    from scipy.optimize import linear_sum_assignment

    overlap = np.einsum("q,qin,qjn->ij", measure, left.representations, right.representations, optimize=True)
    sizes = np.einsum("q,qin->i", measure, left.representations**2)[:, None]
    cost = sizes + np.einsum("q,qjn->j", measure, right.representations**2)[None] - 2.0 * overlap
    tied = left.signatures.shape == right.signatures.shape
    if tied:
        gap = np.abs(left.signatures[:, None] - right.signatures[None]).max(axis=2)
        forbidden = gap > _SIGNATURE_TOLERANCE * max(1.0, float(np.abs(left.signatures).max()))
        try:
            return linear_sum_assignment(np.where(forbidden, np.inf, cost))[1], True
        except ValueError:  # no matching respects the projections: they are not the same
            pass
    return linear_sum_assignment(cost)[1], False


def _procrustes(left: _Sampled, right: _Sampled, measure: Float[np.ndarray, " Q"], tied: bool) -> float:
    """The least √∫‖A − QA'‖² over orthogonal Q that leave every direction of E and P in place."""
    fixed = left.signatures if tied else np.zeros((left.signatures.shape[0], 1))
    basis, values, _ = np.linalg.svd(fixed, full_matrices=True)
    rank = int(np.sum(values > 1e-12 * max(values[0], np.finfo(float).tiny)))
    free = basis[:, rank:]
    overlap = np.einsum(
        "q,qin,qjn->ij", measure, free.T @ left.representations, free.T @ right.representations, optimize=True
    )
    u, _, v = np.linalg.svd(overlap)
    turned = basis[:, :rank] @ basis[:, :rank].T + free @ u @ v @ free.T
    return _distance(left.representations, turned @ right.representations, measure)


def _common_grid(left: Float[np.ndarray, " L"], right: Float[np.ndarray, " M"]) -> Float[np.ndarray, " Q"]:
    if len(left) == len(right) and np.allclose(left, right, rtol=0.0, atol=1e-6):
        return left
    grid = np.unique(np.concatenate([left / left[-1], right / right[-1]]))
    return np.asarray(grid[np.append(True, np.diff(grid) > 1e-12)])


def _sample(path: RepresentationPath, grid: Float[np.ndarray, " Q"], width: int) -> _Sampled:
    positions, A, W = path.positions, path.representations, path.weights
    if len(grid) == len(positions) and np.allclose(grid, positions, rtol=0.0, atol=1e-6):
        on_grid, constant = A, W
    else:
        scaled = positions / positions[-1]
        layer = np.clip(np.searchsorted(scaled, grid, side="right") - 1, 0, path.layers - 1)
        share = ((grid - scaled[layer]) / (scaled[layer + 1] - scaled[layer]))[:, None, None]
        on_grid = (1.0 - share) * A[layer] + share * A[layer + 1]
        middle = 0.5 * (grid[1:] + grid[:-1])
        constant = W[np.clip(np.searchsorted(scaled, middle, side="right") - 1, 0, path.layers - 1)]
    extra = width - path.width
    # Silent neurons go between the neurons and the bias column.
    matrices = np.pad(constant[:, :, : path.width], ((0, 0), (0, extra), (0, extra)))
    if path.bias:
        matrices = np.concatenate([matrices, np.pad(constant[:, :, -1:], ((0, 0), (0, extra), (0, 0)))], axis=2)
    active = features(on_grid, path.nonlinearity, path.bias)
    signatures = np.pad(np.concatenate([path.embedding, path.readout.T], axis=1), ((0, extra), (0, 0)))
    return _Sampled(np.pad(on_grid, ((0, 0), (0, extra), (0, 0))), active, matrices, signatures)


def _spectrum(stack: Float[np.ndarray, "Q r s"]) -> Float[np.ndarray, "Q m 1"]:
    return np.asarray(np.linalg.svd(stack, compute_uv=False))[:, :, None]


def _gram(stack: Float[np.ndarray, "Q r N"]) -> Float[np.ndarray, "Q N N"]:
    return np.asarray(stack.transpose(0, 2, 1) @ stack)


def _distance(
    left: Float[np.ndarray, "Q r s"], right: Float[np.ndarray, "Q r s"], measure: Float[np.ndarray, " Q"]
) -> float:
    def norm(stack: Float[np.ndarray, "Q r s"]) -> float:
        return float(np.sqrt(measure @ np.sum(stack**2, axis=(1, 2))))

    size = max(norm(left), norm(right))
    return norm(left - right) / size if size > 0.0 else 0.0
