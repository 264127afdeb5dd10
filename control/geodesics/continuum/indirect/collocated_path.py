"""A path as Gauss collocation holds it: on every interval A and B are polynomials through a node and s stages."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from geodepth.control.geodesics.continuum.hamiltonian_system import HamiltonianSystem, Sides
from geodepth.control.transcription.implicit_integrators import ImplicitRungeKutta
from geodepth.control.transcription.interpolation import lagrange
from geodepth.foundation.shapes import Float

Fractions: TypeAlias = "tuple[float, ...] | np.ndarray"

SAMPLES_PER_INTERVAL = 24
"""Points of an interval at which a path is looked at for changes of sign; chosen by hand."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """The input of one neuron for one sample passes zero, or comes to rest there, or leaves.

    Attributes
    ----------
    position : float
        p, where it happens.
    node : int
        The number of the node that lies there.
    neuron, sample : int
        Which input.
    kind : str
        "crossing"; "entry" where the input comes to rest on zero; "exit" where it leaves from there.
    """

    position: float
    node: int
    neuron: int
    sample: int
    kind: str = "crossing"


@dataclass(frozen=True, slots=True, eq=False)
class CollocatedPath:
    """An iterate of the boundary-value problem, with the system and the method it is an iterate of.

    Attributes
    ----------
    system : HamiltonianSystem
        The differential equations, and the conditions at both ends.
    method : ImplicitRungeKutta
        A collocation of s stages.
    positions : (K + 1,)
        The nodes p_k, from 0 to 1.
    nodes : (K + 1, 2Nw)
        (A, B) there.
    stages : (K, s, 2Nw)
        (A, B) at the stages of every interval.
    sides : (K, N, w) or None
        The pieces of the ReLU on every interval; None for a smooth activation.
    crossings : tuple of Crossing
        The nodes that lie on a kink.
    """

    system: HamiltonianSystem
    method: ImplicitRungeKutta
    positions: Float[np.ndarray, " K+1"]
    nodes: Float[np.ndarray, "K+1 2Nw"]
    stages: Float[np.ndarray, "K s 2Nw"]
    sides: Sides | None = None
    crossings: tuple[Crossing, ...] = ()

    @property
    def lengths(self) -> Float[np.ndarray, " K"]:
        """Of the intervals."""
        return np.diff(self.positions)

    @property
    def scale(self) -> float:
        """max(1, |A|, |B|), which residuals are relative to."""
        return max(1.0, float(np.max(np.abs(self.nodes))))

    @property
    def values(self) -> Float[np.ndarray, "K s+1 2Nw"]:
        """(A, B) at the start and at the stages of every interval."""
        return np.concatenate([self.nodes[:-1, None], self.stages], axis=1)

    @property
    def stage_rows(self) -> Float[np.ndarray, "Ks 2Nw"]:
        """(A, B) at all stages."""
        return self.stages.reshape(-1, self.nodes.shape[1])

    @property
    def node_sides(self) -> Sides | None:
        """The sides at the nodes: those of the interval that begins there, and at the end of the last."""
        return None if self.sides is None else np.concatenate([self.sides, self.sides[-1:]])

    @property
    def stage_sides(self) -> Sides | None:
        """The sides at all stages."""
        return self.sides_at(self.stages.shape[1])

    def sides_at(self, points: int) -> Sides | None:
        """The sides at so many points of every interval."""
        return None if self.sides is None else np.repeat(self.sides, points, axis=0)

    def rates(self) -> Float[np.ndarray, "K s 2Nw"]:
        """The system's right-hand side at the stages."""
        return self.system.field(self.stage_rows, self.stage_sides).reshape(self.stages.shape)

    def column(self, neuron: int, sample: int) -> int:
        """Where the input of this neuron for this sample stands in a row (A, B)."""
        return sample * self.system.geodesic.width + neuron

    def inside(self, fractions: Fractions) -> Float[np.ndarray, "K m 2Nw"]:
        """(A, B) at these fractions of every interval."""
        weights = lagrange((0.0, *self.method.nodes), fractions)
        return np.asarray(np.einsum("mr,kry->kmy", weights, self.values))

    def at(self, where: Float[np.ndarray, " m"]) -> tuple[Float[np.ndarray, "m 2Nw"], Sides | None]:
        """(A, B) and the sides at positions in [0, 1], by the polynomials of the intervals that hold them."""
        interval = np.clip(np.searchsorted(self.positions, where, side="right") - 1, 0, self.positions.size - 2)
        fraction = (where - self.positions[interval]) / self.lengths[interval]
        weights = lagrange((0.0, *self.method.nodes), fraction)
        rows = np.einsum("mr,mry->my", weights, self.values[interval])
        return rows, None if self.sides is None else self.sides[interval]

    def inputs_at(self, where: Float[np.ndarray, " m"]) -> Float[np.ndarray, "m N w"]:
        """A at positions in [0, 1]."""
        return self.system.split(self.at(where)[0])[0]

    def fine_positions(self) -> Float[np.ndarray, " m"]:
        """Many positions in every interval, and the end."""
        share = np.linspace(0.0, 1.0, SAMPLES_PER_INTERVAL, endpoint=False)
        return np.append(positions_inside(self.positions, share).ravel(), 1.0)


def positions_inside(positions: Float[np.ndarray, " K+1"], fractions: Fractions) -> Float[np.ndarray, "K m"]:
    """The positions at these fractions of every interval."""
    return np.asarray(positions[:-1, None] + np.diff(positions)[:, None] * np.array(fractions))
