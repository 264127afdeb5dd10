"""The Hamiltonian system of a geodesic in (A, B): its vector field, Jacobian, invariant and boundary conditions.

    ∂_p A = −L̃A + Wσ(A),   ∂_p B = L̃B − σ'(A)∘[WᵀB]_{first w rows},   W = L̃Bσ(A)ᵀ   (W = Bσ(A)ᵀ for L̃ = 0),
    A_0 = E X,   B_1 = −(1/λ)∂C/∂A_1,   or P A_1 = Y and B_1 in the range of Pᵀ for a fixed end.

Source: Jacot and Kaiser, arXiv:2405.17573, section 2. Arrays here hold samples before neurons, (points, N, w), and the
state of the system is the row (A, B) of 2Nw numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np

from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.foundation.shapes import Bool, Float, Int8

Sides: TypeAlias = Bool[np.ndarray, "n N w"] | Int8[np.ndarray, "n N w"]
"""The pieces of the ReLU that inputs lie on: 1 or True is the active side, 0 or False the other, RESTING the kink."""
RESTING = -1
"""The side of an input that stays on the kink."""


@dataclass(frozen=True, eq=False)
class HamiltonianSystem:
    """The system of one geodesic at one smoothing; with smoothing 0, the sides of the kinks come with every call.

    Attributes
    ----------
    geodesic : RepresentationGeodesic
        The problem, of width w and N samples.
    smoothing : float
        ε of the activation σ_ε, in units of A; 0 stands for the exact one.
    """

    geodesic: RepresentationGeodesic
    smoothing: float

    @property
    def half(self) -> int:
        """Nw, the size of A and of B."""
        return int(self.geodesic.samples * self.geodesic.width)

    @property
    def scale(self) -> float:
        """The factor in W = L̃Bσ(A)ᵀ, one for L̃ = 0."""
        return self.geodesic.effective_depth or 1.0

    def split(self, y: Float[np.ndarray, "n 2Nw"]) -> tuple[np.ndarray, np.ndarray]:
        """A and B, each (n, N, w)."""
        shape = (-1, self.geodesic.samples, self.geodesic.width)
        return y[:, : self.half].reshape(shape), y[:, self.half :].reshape(shape)

    def weights(self, y: Float[np.ndarray, "n 2Nw"], sides: Sides | None) -> np.ndarray:
        """W = L̃Bσ(A)ᵀ, (n, w, c)."""
        a, b = self.split(y)
        return np.asarray(self.scale * np.einsum("pni,pnj->pij", b, self._features(a, sides), optimize=True))

    def energy(self, y: Float[np.ndarray, "n 2Nw"], sides: Sides | None) -> np.ndarray:
        """H = (L̃/2)‖Bσ(A)ᵀ‖_F² − L̃Tr[BAᵀ], (n,): constant along an extremal."""
        a, b = self.split(y)
        kinetic = np.sum(self.weights(y, sides) ** 2, axis=(1, 2)) / (2 * self.scale)
        return np.asarray(kinetic - self.geodesic.effective_depth * np.sum(a * b, axis=(1, 2)))

    def field(self, y: Float[np.ndarray, "n 2Nw"], sides: Sides | None) -> np.ndarray:
        """The right-hand side, (n, 2Nw)."""
        (a, b), depth, width = self.split(y), self.geodesic.effective_depth, self.geodesic.width
        weights = self.weights(y, sides)
        forward = np.matmul(self._features(a, sides), weights.transpose(0, 2, 1)) - depth * a
        if _rests(sides):
            forward = np.where(sides == RESTING, 0.0, forward)
        backward = depth * b - self.gates(y, sides) * np.matmul(b, weights[:, :, :width])
        return np.concatenate([forward.reshape(-1, self.half), backward.reshape(-1, self.half)], axis=1)

    def gates(self, y: Float[np.ndarray, "n 2Nw"], sides: Sides | None) -> Float[np.ndarray, "n N w"]:
        """σ'(A): on a kink the number that keeps A'' = 0 there, which an extremal needs in [0, 1] (Clarke).

        With A_in = 0, A'_in = L̃Σ_m B_im K_mn; its derivative is linear in the gates of neuron i through B'. For the
        resting samples R: Σ_{m∈R} K_nm (WᵀB)_im g_im = what the derivative is without them.
        """
        a, b = self.split(y)
        gates = self._slopes(a, sides)
        if sides is None or not _rests(sides):
            return gates
        width, depth = self.geodesic.width, self.geodesic.effective_depth
        features, weights = self._features(a, sides), self.weights(y, sides)
        pulls = np.matmul(b, weights[:, :, :width])
        forward = np.matmul(features, weights.transpose(0, 2, 1)) - depth * a
        moving = np.zeros_like(features)
        moving[:, :, :width] = gates * forward
        kernel = np.matmul(features, features.transpose(0, 2, 1))
        half = np.matmul(features, moving.transpose(0, 2, 1))
        left = np.matmul(kernel, depth * b - gates * pulls) + np.matmul(half + half.transpose(0, 2, 1), b)
        gates = gates.astype(left.dtype)
        for i in range(width):
            patterns, which = np.unique(sides[:, :, i] == RESTING, axis=0, return_inverse=True)
            for k, resting in enumerate(patterns):
                if resting.any():
                    points, samples = np.ix_(which.ravel() == k, resting)
                    blocks = kernel[which.ravel() == k][:, resting][:, :, resting]
                    solved = np.linalg.solve(blocks, left[points, samples, i][:, :, None])[:, :, 0]
                    # A neuron that pulls at nothing has no gate: what asks for one sees that it is not finite.
                    with np.errstate(divide="ignore", invalid="ignore"):
                        gates[points, samples, i] = solved / pulls[points, samples, i]
        return gates

    def speeds(self, y: Float[np.ndarray, "n 2Nw"], sides: Sides | None) -> Float[np.ndarray, "n N w"]:
        """Wσ(A) − L̃A, for inputs that rest on a kink too, where it must be zero."""
        a, _ = self.split(y)
        weights = self.weights(y, sides)
        return np.asarray(
            np.matmul(self._features(a, sides), weights.transpose(0, 2, 1)) - self.geodesic.effective_depth * a
        )

    def jacobian(self, y: Float[np.ndarray, "n 2Nw"], sides: Sides | None) -> np.ndarray:
        """∂field/∂y, (n, 2Nw, 2Nw); where inputs rest, by complex steps, which round as formulas do."""
        if sides is not None and _rests(sides):
            whole = np.empty((y.shape[0], 2 * self.half, 2 * self.half))
            resting = np.any(sides == RESTING, axis=(1, 2))
            whole[~resting] = self.jacobian(y[~resting], sides[~resting])
            whole[resting] = complex_step(lambda rows: self.field(rows, sides[resting]), y[resting])
            return whole
        (a, b), depth, width = self.split(y), self.geodesic.effective_depth, self.geodesic.width
        points, samples, _ = a.shape
        features, slopes = self._features(a, sides), self._slopes(a, sides)
        active, weights = features[:, :, :width], self.weights(y, sides)[:, :, :width]
        one, all_ = np.arange(samples), np.arange(width)
        aa = self.scale * np.einsum("pmi,pmj,pnj->pnimj", b, slopes, active, optimize=True)
        bb = -self.scale * np.einsum("pni,pmi,pnj->pnimj", slopes, active, b, optimize=True)
        aa[:, one, :, one, :] += np.einsum("pij,pnj->npij", weights, slopes)
        bb[:, one, :, one, :] -= np.einsum("pni,pji->npij", slopes, weights)
        same = one[:, None], all_[None, :], one[:, None], all_[None, :]
        aa[(slice(None), *same)] -= depth
        bb[(slice(None), *same)] += depth
        ab, ba = np.zeros_like(aa), np.zeros_like(aa)
        kernel = self.scale * np.matmul(features, features.transpose(0, 2, 1))
        grams = self.scale * np.matmul(b, b.transpose(0, 2, 1))
        for i in range(width):
            ab[:, :, i, :, i] = kernel
            ba[:, :, i, :, i] = -slopes[:, :, None, i] * slopes[:, None, :, i] * grams
        if sides is None:
            bends = self.geodesic.activation_at(self.smoothing).curvature(a)
            ba[(slice(None), *same)] -= bends * np.matmul(b, weights)
        whole = np.empty((points, 2, self.half, 2, self.half))
        for (row, column), block in {(0, 0): aa, (0, 1): ab, (1, 0): ba, (1, 1): bb}.items():
            whole[:, row, :, column] = block.reshape(points, self.half, self.half)
        return whole.reshape(points, 2 * self.half, 2 * self.half)

    def end_residual(self, y: Float[np.ndarray, " 2Nw"]) -> Float[np.ndarray, " Nw"]:
        """The Nw conditions at p = 1."""
        a, b = (part[0] for part in self.split(y[None]))
        g = self.geodesic
        if not g.end.fixed:
            return np.asarray((b - g.final_momentum(a.T).T).ravel())
        free = b @ self._unread.T
        return np.concatenate([(a @ g.readout.T - g.targets.T).ravel(), free.ravel()])

    def end_jacobian(self, y: Float[np.ndarray, " 2Nw"]) -> Float[np.ndarray, "Nw 2Nw"]:
        """∂end_residual/∂y."""
        g, one = self.geodesic, np.eye(self.geodesic.samples)
        if not g.end.fixed:
            outputs = self.split(y[None])[0][0] @ g.readout.T
            curvatures = g.loss_function.curvature(outputs) / (g.weight_decay * g.samples)
            stiffness = np.broadcast_to(g.readout.T @ curvatures @ g.readout, (g.samples, g.width, g.width))
            blocks = np.einsum("nm,nij->nimj", one, stiffness).reshape(self.half, self.half)
            return np.hstack([blocks, np.eye(self.half)])
        upper = np.hstack([np.kron(one, g.readout), np.zeros((g.targets.size, self.half))])
        free = np.kron(one, self._unread)
        return np.vstack([upper, np.hstack([np.zeros_like(free), free])])

    def end_row(self, column: int) -> int:
        """Which of the conditions at p = 1 gives the momentum of this input; −1 if none does.

        Parameters
        ----------
        column : int
            Where the input stands in a row (A, B).
        """
        sample, neuron = divmod(column, self.geodesic.width)
        if not self.geodesic.end.fixed:
            return column
        alone = np.flatnonzero(np.abs(self._unread[:, neuron]) == 1.0)
        if not alone.size:
            return -1
        return int(self.geodesic.targets.size + sample * len(self._unread) + alone[0])

    @cached_property
    def _unread(self) -> Float[np.ndarray, "k w"]:
        """An orthonormal basis, row by row, of the directions that the readout does not see; neurons alone first."""
        readout = self.geodesic.readout
        _, values, rows = np.linalg.svd(readout)
        rows = rows[int(np.sum(values > 1e-12 * values[0])) :]
        alone = np.eye(self.geodesic.width)[~readout.any(axis=0)]
        rest = np.linalg.svd(rows - rows @ alone.T @ alone)[2][: len(rows) - len(alone)]
        return np.asarray(np.concatenate([alone, rest]))

    def _features(self, a: Float[np.ndarray, "n N w"], sides: Sides | None) -> np.ndarray:
        smooth = self.geodesic.activation_at(self.smoothing)
        active = smooth.value(a) if sides is None else np.where(sides > 0, a, 0.0)
        if not self.geodesic.bias:
            return active
        return np.concatenate([active, np.ones((*a.shape[:2], 1))], axis=2)

    def _slopes(self, a: Float[np.ndarray, "n N w"], sides: Sides | None) -> np.ndarray:
        if sides is not None:
            return np.asarray(sides > 0, dtype=float)
        return np.asarray(self.geodesic.activation_at(self.smoothing).slope(a))


def _rests(sides: Sides | None) -> bool:
    return sides is not None and bool(np.any(sides == RESTING))


def complex_step(
    function: Callable[[np.ndarray], np.ndarray], y: Float[np.ndarray, "n size"]
) -> Float[np.ndarray, "n rows size"]:
    """The Jacobian of an analytic function of every row, without the cancellation of differences."""
    columns = []
    for j in range(y.shape[1]):
        moved = y.astype(complex)
        moved[:, j] += 1e-30j
        columns.append(function(moved).imag / 1e-30)
    return np.stack(columns, axis=2)
