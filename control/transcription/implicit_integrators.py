"""Implicit one-step maps by collocation: Gauss–Legendre and Radau IIA, with any number of stages."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import casadi as ca
import numpy as np

from geodepth.control.model.errors import CHECKS
from geodepth.foundation.frozen_copies import freeze_fields
from geodepth.foundation.shapes import Float

from .explicit_integrators import Rate
from .interpolation import differentiation, gauss_points, integration, lagrange, radau_points

MOST_STAGES = 9
"""Of one step (chosen by hand): beyond, the formulas still hold, but a finer mesh is always the better choice."""


@dataclass(frozen=True, slots=True)
class ImplicitRungeKutta:
    """A collocation method, whose states at its stages are variables of the program.

    Attributes
    ----------
    name : str
        For messages and statistics.
    order : int
        Of convergence.
    nodes : tuple of float
        The s stages' fractions of a step, increasing, in (0, 1].
    substeps : int, default 1
        How many equal steps an interval takes.

    Notes
    -----
    The stage equations are constraints of the program: one Newton iteration serves them and the rest. A root-finder
    inside each step would nest a second Newton iteration, which can fail by itself far from the solution and whose
    derivatives cost a solve each. With stage states X_1..X_s on the nodes and X_0 at the step's start, the equations
    are Σ_r D[j, r] X_r = h f(X_j): the slope of the interpolating polynomial.
    Source: Hairer, Nørsett, Wanner, Solving Ordinary Differential Equations I, section II.7.
    """

    name: str
    order: int
    nodes: tuple[float, ...]
    substeps: int = 1
    traced_in_sx: ClassVar[bool] = True

    def __post_init__(self) -> None:
        freeze_fields(self)
        CHECKS.count("substeps", self.substeps)
        try:
            nodes = np.array(self.nodes, dtype=float)
        except (TypeError, ValueError, OverflowError):
            nodes = np.zeros(0)
        if nodes.ndim != 1 or nodes.size == 0 or not (nodes[0] > 0 and nodes[-1] <= 1 and np.all(np.diff(nodes) > 0)):
            raise CHECKS.refusal("nodes", self.nodes, "increasing numbers in (0, 1]")

    @property
    def fractions(self) -> tuple[float, ...]:
        """Where the stages of all substeps lie on the interval."""
        return tuple((m + node) / self.substeps for m in range(self.substeps) for node in self.nodes)

    @property
    def slopes(self) -> Float[np.ndarray, "s s+1"]:
        """D: from the values at the start and at the stages to the polynomial's slope at the stages."""
        return _slopes(self.nodes)

    @property
    def extrapolation(self) -> Float[np.ndarray, " s+1"]:
        """From the values at the start and at the stages to the value at the end."""
        return _extrapolation(self.nodes)

    @property
    def weights(self) -> Float[np.ndarray, " s"]:
        """The weights b of the quadrature."""
        return np.asarray(self.matrix_and_weights()[1])

    @property
    def quadrature(self) -> Float[np.ndarray, " s"]:
        """The quadrature's weights at `fractions`, each substep's by itself."""
        return np.tile(self.weights, self.substeps)

    def matrix_and_weights(self) -> tuple[Float[np.ndarray, "s s"], Float[np.ndarray, " s"]]:
        """Butcher's A and b: A is the inverse of D without its first column."""
        return _butcher(self.nodes)

    def across(self, rate: Rate, state: Any, inner: list[Any], length: Any, symbols: list[Any]) -> tuple[Any, Any, Any]:
        """Carry a state across an interval, as `ExplicitRungeKutta.across` does, by way of the states `inner`."""
        slopes, extrapolation, weights = _tables(self.nodes)
        step, count, stages = length / self.substeps, state.shape[0], len(self.nodes)
        cost, equations, none = 0, [], type(state)(1, stages)
        for substep in range(self.substeps):
            values = ca.horzcat(state, *inner[substep * stages : (substep + 1) * stages])
            # All stages at once: an operation on symbols takes about as long for one as for all.
            fractions = self.fractions[substep * stages : (substep + 1) * stages]
            whole = step * rate(ca.vertcat(values[:, 1:], none), fractions)
            equations.append(ca.vec(ca.mtimes(values, slopes) - whole[:count, :]))
            cost += ca.mtimes(whole[count, :], weights)
            state = ca.mtimes(values, extrapolation)
        return state, cost, ca.vertcat(*equations) if len(equations) > 1 else equations[0]


def _kept(array: np.ndarray) -> np.ndarray:
    """The array, which is handed out more than once and is not to be changed."""
    array.flags.writeable = False
    return array


@lru_cache
def _slopes(nodes: tuple[float, ...]) -> np.ndarray:
    return _kept(differentiation((0.0, *nodes))[1:])


@lru_cache
def _extrapolation(nodes: tuple[float, ...]) -> np.ndarray:
    return _kept(np.asarray(lagrange((0.0, *nodes), (1.0,))[0]))


@lru_cache
def _butcher(nodes: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    matrix = integration(nodes)
    return _kept(matrix), _kept(_extrapolation(nodes)[1:] @ matrix)


@lru_cache
def _tables(nodes: tuple[float, ...]) -> tuple[Any, Any, Any]:
    """Slopes, transposed, extrapolation and weights for CasADi."""
    return ca.DM(_slopes(nodes).T), ca.DM(_extrapolation(nodes)), ca.DM(_butcher(nodes)[1])


def gauss_legendre(stages: int = 2, substeps: int = 1) -> ImplicitRungeKutta:
    """Gauss–Legendre collocation of order 2·stages, symmetric and symplectic, in `substeps` equal steps."""
    count = CHECKS.count("stages", stages, 1, MOST_STAGES)
    return ImplicitRungeKutta(f"Gauss–Legendre {count}", 2 * count, tuple(gauss_points(count).tolist()), substeps)


def radau_iia(stages: int = 3, substeps: int = 1) -> ImplicitRungeKutta:
    """Radau IIA of order 2·stages − 1, in `substeps` equal steps, stiffly accurate: the last stage ends the step."""
    count = CHECKS.count("stages", stages, 1, MOST_STAGES)
    return ImplicitRungeKutta(f"Radau IIA {count}", 2 * count - 1, tuple(radau_points(count).tolist()), substeps)
