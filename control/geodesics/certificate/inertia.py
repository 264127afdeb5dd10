"""What kind of point a path is: the Hessian in the weights, reduced onto the tangent space of its constraints.

1. Eliminate the states by the network's recursion; inputs of the ReLU on a kink stay there, and a fixed end stays met.
2. With C the Jacobian of these constraints, take Z, a basis of its null space.
3. With H the Lagrangian's Hessian on the pieces, the reduced Hessian is ZᵀHZ; count the signs of its eigenvalues.
4. Where these are too many: the smallest by Lanczos on the inverse, with the constraints by a stiff penalty.

Weights are in units in which the penalty alone has the identity as its Hessian.
Source: Nocedal and Wright, Numerical Optimization, 2nd ed., section 12.5.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geodepth.control.geodesics.exact_relu.pieces import Pieces, piecewise_model, sides_of
from geodepth.control.geodesics.newton.linearization import Iterate, Linearization, linearize
from geodepth.control.geodesics.newton.shooting_model import shooting_model
from geodepth.control.geodesics.statement.array_layouts import swapped
from geodepth.control.geodesics.statement.network_path import NetworkPath
from geodepth.control.geodesics.statement.shapes import LayersRows
from geodepth.foundation.shapes import Float

if TYPE_CHECKING:
    from geodepth.control.geodesics.newton.linear_system.block_cholesky import Condensed

LARGEST_DENSE = 1500
"""Weights up to which all eigenvalues are computed: a second or two."""
LARGEST_HESSIAN = 4500
"""Weights up to which the dense Hessian is factorized."""
SHIFTS = (0.0, 1.0, 10.0, 100.0, 1e4, 1e6)
"""Multiples of the penalty that are added until the Hessian is definite; chosen by hand."""
ZERO_CURVATURE = 1e-6
"""Eigenvalues of less than this, against the penalty's 1, are zero: a thousand times what roundoff of a Hessian of norm
1e4 to 1e6 leaves."""
DEPENDENT = 1e-10
"""Singular values of C below this fraction of the largest are those of dependent constraints."""
LANCZOS_TOLERANCE = 1e-6
"""Of the smallest eigenvalue, relative; chosen by hand."""


@dataclass(frozen=True, slots=True)
class Curvature:
    """The reduced Hessian's spectrum, as far as it is known.

    Attributes
    ----------
    smallest : float or None
        The smallest eigenvalue, in units of the penalty's; None: not known.
    inertia : tuple of int or None
        How many eigenvalues are negative, zero and positive; None: not known.
    """

    smallest: float | None
    inertia: tuple[int, int, int] | None


def curvature_of(path: NetworkPath) -> Curvature:
    """The curvature of a network's path; a smallest eigenvalue above zero and right signs on kinks: a strict minimum.

    Notes
    -----
    Up to 1500 weights by all eigenvalues. Beyond, up to 4500, the smallest by Lanczos, and the inertia only where a
    Cholesky factorization shows that nothing is negative.
    """
    if path.weights.size > LARGEST_HESSIAN:
        return Curvature(None, None)
    if path.weights.size > LARGEST_DENSE:
        return _by_lanczos(path)
    try:
        reduced, _ = reduced_hessian(path)
    except ArithmeticError:
        return Curvature(None, None)
    values = np.linalg.eigvalsh(reduced) if reduced.size else np.zeros(0)
    negative, positive = int((values < -ZERO_CURVATURE).sum()), int((values > ZERO_CURVATURE).sum())
    smallest = float(values[0]) if values.size else None
    return Curvature(smallest, (negative, values.size - negative - positive, positive))


def reduced_hessian(path: NetworkPath) -> tuple[Float[np.ndarray, "r r"], Float[np.ndarray, "n r"]]:
    """ZᵀHZ, and Z as directions dW.

    Returns
    -------
    tuple
        The reduced Hessian (r, r), and its directions (n, r), each with its entries in the order of the path's weights
        and of unit length in the penalty's norm.

    Raises
    ------
    ArithmeticError
        The Hessian is not finite, or so far from definite that no shift of it has a Cholesky factor.
    """
    point = _linearized(path, stiff=False)
    shape = point.iterate.weights.shape
    scale = 1.0 / np.sqrt(np.broadcast_to(point.model.penalties, shape)).ravel()
    tangent = _null_space(_constraint_jacobian(path, point) * scale)
    hessian = _hessian(point) * scale * scale[:, None]
    directions = (scale[:, None] * tangent).reshape(*shape, -1)
    in_order = np.swapaxes(directions, 1, 2).reshape(path.weights.size, -1)
    return tangent.T @ hessian @ tangent, in_order


def _sides(path: NetworkPath) -> LayersRows:
    """Sides of the inputs, samples first; without kinks in the activation none is on one."""
    inner = swapped(sides_of(path.representations))
    return inner if path.geodesic.has_kinks else np.ones_like(inner)


def _linearized(path: NetworkPath, stiff: bool) -> Linearization:
    """The model on the path's pieces, around the path; constraints by a stiff penalty, or left out."""
    geodesic = path.geodesic
    model = shooting_model(geodesic, path.steps, geodesic.smoothing or 1.0)
    if geodesic.has_kinks:
        sides = _sides(path)
        model = piecewise_model(model, Pieces.exact(sides if stiff else np.where(sides == 0, np.int8(-1), sides)))
    if model.end.fixed and not stiff:
        model = replace(model, end=model.end.softened(0.0))
    states, weights = model.states(path.representations), swapped(path.weights)
    iterate = Iterate(states, weights, model.multipliers(path.momenta), np.zeros_like(model.end.targets))
    return linearize(model, iterate, model.evaluate(iterate.states, iterate.weights))


def _factored(point: Linearization) -> tuple[Condensed, float] | None:
    """A solver with the Hessian's Cholesky factor, under the least of SHIFTS of the penalty that it has one for."""
    # SciPy's linear algebra is most of what importing this package would cost, so it comes when it is needed.
    from geodepth.control.geodesics.newton.linear_system.block_cholesky import Condensed

    solver = Condensed(point.model)
    for shift in SHIFTS:
        stiffer = replace(point, model=replace(point.model, penalties=(1.0 + shift) * point.model.penalties))
        if solver.factor(stiffer.shifted(0.0)):
            return solver, shift
    return None


def _hessian(point: Linearization) -> Float[np.ndarray, "n n"]:
    """H in the weights (layer, column, row), from its Cholesky factor under a stronger penalty."""
    factored = _factored(point)
    if factored is None:
        raise ArithmeticError(f"the Hessian is not finite, or has eigenvalues below -{SHIFTS[-1]:g}")
    solver, shift = factored
    hessian = solver.hessian()
    penalties = np.repeat(point.model.penalties.ravel(), point.iterate.weights[0].size)
    hessian[np.diag_indices_from(hessian)] -= shift * penalties
    return hessian


def _constraint_jacobian(path: NetworkPath, point: Linearization) -> Float[np.ndarray, "k n"]:
    """C: derivatives in the weights of the inputs on kinks and of a fixed end, one backward sweep for all of them."""
    model = point.model
    layers, samples, width = model.layers, model.samples, model.width
    kinks = np.argwhere(_sides(path)[1:] == 0) + np.array([1, 0, 0])
    ends = model.end.readout.shape[0] * samples if path.geodesic.end.fixed else 0
    owner = np.concatenate([kinks[:, 1], np.tile(np.arange(samples), ends // samples)]).astype(int)
    forces = np.zeros((owner.size, width))
    jacobian = np.zeros((owner.size, layers, model.columns, width))
    if ends:
        forces[len(kinks) :] = np.repeat(model.end.readout, samples, axis=0)
    for layer in range(layers - 1, -1, -1):
        here = np.flatnonzero(kinks[:, 0] == layer + 1)
        forces[here, kinks[here, 2]] = 1.0
        features = model.steps[layer] * point.evaluation.features[layer][owner]
        jacobian[:, layer] = features[:, :, None] * forces[:, None, :]
        if layer > 0:
            pulled = point.gates[layer][owner] * (forces @ point.transfer[layer].T)
            forces = model.leaks[layer] * forces + pulled
    return jacobian.reshape(owner.size, point.iterate.weights.size)


def _null_space(jacobian: Float[np.ndarray, "k n"]) -> Float[np.ndarray, "n r"]:
    """An orthonormal basis of the directions that C leaves alone."""
    from scipy.linalg import qr

    count, unknowns = jacobian.shape
    if count == 0:
        return np.eye(unknowns)
    basis, triangle, _ = qr(jacobian.T, pivoting=True, check_finite=False)
    diagonal = np.abs(np.diagonal(triangle))
    rank = int((diagonal > DEPENDENT * diagonal[0]).sum()) if diagonal[0] > 0 else 0
    return np.asarray(basis[:, rank:])


def _by_lanczos(path: NetworkPath) -> Curvature:
    from scipy.sparse.linalg import LinearOperator, eigsh

    point = _linearized(path, stiff=True)
    factored = _factored(point)
    if factored is None:
        return Curvature(None, None)
    solver, shift = factored
    roots = np.sqrt(np.broadcast_to(point.model.penalties, point.iterate.weights.shape))

    def inverse(vector: np.ndarray) -> np.ndarray:
        return np.asarray(roots * solver.apply_inverse(roots * vector.reshape(roots.shape))).ravel()

    operator = LinearOperator((roots.size, roots.size), matvec=inverse)
    start = np.random.default_rng(0).normal(size=roots.size)
    largest = eigsh(operator, k=1, which="LA", v0=start, tol=LANCZOS_TOLERANCE, return_eigenvectors=False)[0]
    smallest = float(1.0 / largest - shift)
    if smallest <= ZERO_CURVATURE:
        return Curvature(smallest, None)
    jacobian = _constraint_jacobian(path, point) / roots.ravel()
    return Curvature(smallest, (0, 0, _null_dimension(jacobian)))


def _null_dimension(jacobian: Float[np.ndarray, "k n"]) -> int:
    if jacobian.shape[0] == 0:
        return int(jacobian.shape[1])
    values = np.linalg.svd(jacobian, compute_uv=False)
    return int(jacobian.shape[1]) - int((values > DEPENDENT * values[0]).sum())
