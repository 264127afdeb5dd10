"""What kind of point a path is: the Hessian in the weights, reduced onto the tangent space of its constraints.

States are eliminated by the network's recursion; inputs of the ReLU on a kink stay there, and a fixed end stays met.
With C their Jacobian, Z a basis of its null space and H the Lagrangian's Hessian on the pieces, the reduced Hessian is
ZᵀHZ (Nocedal and Wright, Numerical Optimization, 2nd ed., section 12.5). Weights are in units in which the penalty
alone has the identity as its Hessian.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geodepth.control.geodesics.exact_relu.pieces import Pieces, piecewise_model, sides_of
from geodepth.control.geodesics.newton.linearization import Iterate, Linearization, linearize
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.foundation.shapes import Float

if TYPE_CHECKING:
    from geodepth.control.geodesics.newton.block_cholesky import Condensed
    from geodepth.control.geodesics.newton.shooting_model import ShootingModel

LARGEST_DENSE = 1500  # weights up to which all eigenvalues are computed: a second or two
LARGEST_HESSIAN = 4500  # weights up to which the dense Hessian is factorized
SHIFTS = (0.0, 1.0, 10.0, 100.0, 1e4, 1e6)  # of the penalty, until the Hessian is definite
# Eigenvalues of less than this, against the penalty's 1, are zero: a thousand times what roundoff of a Hessian of
# norm 1e4 to 1e6 leaves. Singular values of C below a fraction of the largest are those of dependent constraints.
ZERO_CURVATURE, DEPENDENT = 1e-6, 1e-10


@dataclass(frozen=True, slots=True)
class Curvature:
    """The smallest eigenvalue of the reduced Hessian, and how many are (negative, zero, positive); None: not known."""

    smallest: float | None
    inertia: tuple[int, int, int] | None


def curvature_of(
    geodesic: RepresentationGeodesic,
    layer_steps: Float[np.ndarray, " L"],
    weights: Float[np.ndarray, "L w c"],
    path: Float[np.ndarray, "L+1 w N"],
    momenta: Float[np.ndarray, "L+1 w N"],
) -> Curvature:
    """The curvature of a network's path; a smallest eigenvalue above zero and right signs on kinks: a strict minimum.

    Up to 1500 weights by all eigenvalues. Beyond, up to 4500, the smallest by Lanczos on the inverse, with constraints
    by a stiff penalty, and the inertia only where a Cholesky factorization shows that nothing is negative.
    """
    if weights.size > LARGEST_HESSIAN:
        return Curvature(None, None)
    if weights.size > LARGEST_DENSE:
        model, iterate = _on_pieces(geodesic, layer_steps, weights, path, momenta, stiff=True)
        return _by_lanczos(geodesic, model, iterate, sides(geodesic, path))
    reduced, _ = reduced_hessian(geodesic, layer_steps, weights, path, momenta)
    values = np.linalg.eigvalsh(reduced) if reduced.size else np.zeros(0)
    negative, positive = int((values < -ZERO_CURVATURE).sum()), int((values > ZERO_CURVATURE).sum())
    smallest = float(values[0]) if values.size else None
    return Curvature(smallest, (negative, values.size - negative - positive, positive))


def reduced_hessian(
    geodesic: RepresentationGeodesic,
    layer_steps: Float[np.ndarray, " L"],
    weights: Float[np.ndarray, "L w c"],
    path: Float[np.ndarray, "L+1 w N"],
    momenta: Float[np.ndarray, "L+1 w N"],
) -> tuple[Float[np.ndarray, "r r"], Float[np.ndarray, "n r"]]:
    """ZᵀHZ, and Z as directions dW: their entries in the order of `weights`, of unit length in the penalty's norm."""
    model, iterate = _on_pieces(geodesic, layer_steps, weights, path, momenta, stiff=False)
    point = linearize(model, iterate, model.evaluate(iterate.states, iterate.weights))
    scale = 1.0 / np.sqrt(np.broadcast_to(model.penalties, iterate.weights.shape)).ravel()
    tangent = _null_space(_constraint_jacobian(geodesic, point, sides(geodesic, path)) * scale)
    hessian = _hessian(point) * scale * scale[:, None]
    directions = (scale[:, None] * tangent).reshape(*iterate.weights.shape, -1)
    in_order = np.swapaxes(directions, 1, 2).reshape(weights.size, -1)
    return tangent.T @ hessian @ tangent, in_order


def sides(geodesic: RepresentationGeodesic, path: Float[np.ndarray, "L+1 w N"]) -> Float[np.ndarray, "L N w"]:
    """Sides of the inputs, samples first; without kinks in the activation none is on one."""
    inner = np.ascontiguousarray(np.swapaxes(sides_of(path), 1, 2))
    return inner if geodesic.has_kinks else np.ones_like(inner)


def _on_pieces(
    geodesic: RepresentationGeodesic,
    layer_steps: Float[np.ndarray, " L"],
    weights: Float[np.ndarray, "L w c"],
    path: Float[np.ndarray, "L+1 w N"],
    momenta: Float[np.ndarray, "L+1 w N"],
    stiff: bool,
) -> tuple[ShootingModel, Iterate]:
    """The model on the path's pieces; constraints by a stiff penalty, or left out."""
    from geodepth.control.geodesics.newton.shooting_model import shooting_model

    model = shooting_model(geodesic, layer_steps, geodesic.smoothing or 1.0)
    if geodesic.has_kinks:
        found = sides(geodesic, path)
        model = piecewise_model(model, Pieces.exact(found if stiff else np.where(found == 0, np.int8(-1), found)))
    if model.end.fixed and not stiff:
        model = replace(model, end=model.end.softened(0.0))
    states, matrices, multipliers = (
        np.ascontiguousarray(np.swapaxes(array, 1, 2)) for array in (path, weights, -momenta[1:])
    )
    return model, Iterate(states, matrices, multipliers, np.zeros_like(model.end.targets))


def _hessian(point: Linearization) -> Float[np.ndarray, "n n"]:
    """H in the weights (layer, column, row), from its Cholesky factor under a stronger penalty."""
    from geodepth.control.geodesics.newton.block_cholesky import Condensed

    solver = Condensed(point.model)
    shift = _made_definite(solver, point)
    if shift is None:
        raise ArithmeticError("the Hessian is not finite")
    block = point.iterate.weights[0].size
    hessian = solver.hessian()
    penalties = np.repeat(point.model.penalties.ravel(), block)
    hessian[np.diag_indices_from(hessian)] -= shift * penalties
    return hessian


def _made_definite(solver: Condensed, point: Linearization) -> float | None:
    """The least of SHIFTS of the penalty under which the Hessian has a Cholesky factor, left in the solver, or None."""
    for shift in SHIFTS:
        stiffer = replace(point, model=replace(point.model, penalties=(1.0 + shift) * point.model.penalties))
        if solver.factor(stiffer, 0.0):
            return shift
    return None


def _constraint_jacobian(
    geodesic: RepresentationGeodesic, point: Linearization, found: Float[np.ndarray, "L N w"]
) -> Float[np.ndarray, "k n"]:
    """C: derivatives in the weights of the inputs on kinks and of a fixed end, one backward sweep for all of them."""
    model = point.model
    layers, samples, width = model.layers, model.samples, model.width
    kinks = np.argwhere(found[1:] == 0) + np.array([1, 0, 0])
    ends = model.end.readout.shape[0] * samples if geodesic.end.fixed else 0
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


def _by_lanczos(
    geodesic: RepresentationGeodesic, model: ShootingModel, iterate: Iterate, found: Float[np.ndarray, "L N w"]
) -> Curvature:
    from scipy.sparse.linalg import LinearOperator, eigsh

    from geodepth.control.geodesics.newton.block_cholesky import Condensed

    point = linearize(model, iterate, model.evaluate(iterate.states, iterate.weights))
    solver = Condensed(model)
    shift = _made_definite(solver, point)
    if shift is None:
        return Curvature(None, None)
    roots = np.sqrt(np.broadcast_to(model.penalties, iterate.weights.shape))

    def inverse(vector: np.ndarray) -> np.ndarray:
        return np.asarray(roots * solver.apply_inverse(roots * vector.reshape(roots.shape))).ravel()

    operator = LinearOperator((roots.size, roots.size), matvec=inverse)
    start = np.random.default_rng(0).normal(size=roots.size)
    largest = eigsh(operator, k=1, which="LA", v0=start, tol=1e-6, return_eigenvectors=False)[0]
    smallest = float(1.0 / largest - shift)
    if smallest <= ZERO_CURVATURE:
        return Curvature(smallest, None)
    jacobian = _constraint_jacobian(geodesic, point, found) / roots.ravel()
    return Curvature(smallest, (0, 0, _null_dimension(jacobian)))


def _null_dimension(jacobian: Float[np.ndarray, "k n"]) -> int:
    if jacobian.shape[0] == 0:
        return int(jacobian.shape[1])
    values = np.linalg.svd(jacobian, compute_uv=False)
    return int(jacobian.shape[1]) - int((values > DEPENDENT * values[0]).sum())
