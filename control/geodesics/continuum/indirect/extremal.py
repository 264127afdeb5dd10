"""The extremal: a path and its momenta, what it costs, and how well it satisfies the Hamiltonian system."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from geodepth.control.geodesics.plots import plot_extremal
from geodepth.control.geodesics.statement.array_layouts import swapped
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.transcription.implicit_integrators import ImplicitRungeKutta
from geodepth.foundation.optional_parts import require
from geodepth.foundation.shapes import Float

from .collocated_path import CollocatedPath, Crossing
from .remeshing import defects
from .rests import Rest, rests_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class IndirectReason(Enum):
    """Why the indirect method stopped; the value is a sentence with advice."""

    CONVERGED = "An extremal of the continuous problem, to the tolerance."
    NEWTON = "Newton's method did not converge from this start; give a finer direct solution, or a larger smoothing."
    MESH = "The extremal was found, but not to the tolerance on the largest mesh; raise most_intervals."
    SLIDING = "Neither crossings of the kink nor rests on it settle from this start; keep the smoothed extremal."


# No slots: what is computed once is kept in the instance's dictionary.
@dataclass(frozen=True, eq=False)
class Extremal:
    """A path and its momenta that satisfy the Hamiltonian system, as piecewise polynomials; or the last iterate.

    Cost, fit and norm are those of the continuous problem with the activation σ_ε.

    Attributes
    ----------
    collocated : CollocatedPath
        The polynomials: nodes and stages.
    residual : float
        Of Newton's method, relative to max(1, |A|, |B|).
    iterations : int
        Newton steps in all.
    reason : IndirectReason
        Why the method stopped.
    cost_change : float
        |ΔJ|/J against the mesh before the last, an estimate of the discretization's error; infinite without one.
    """

    collocated: CollocatedPath
    residual: float
    iterations: int
    reason: IndirectReason
    cost_change: float = np.inf

    @property
    def geodesic(self) -> RepresentationGeodesic:
        """The problem."""
        return self.collocated.system.geodesic

    @property
    def smoothing(self) -> float:
        """ε of the activation σ_ε; 0 stands for the exact one."""
        return self.collocated.system.smoothing

    @property
    def method(self) -> ImplicitRungeKutta:
        """The collocation."""
        return self.collocated.method

    @property
    def positions(self) -> Float[np.ndarray, " K+1"]:
        """The nodes p_k, from 0 to 1."""
        return self.collocated.positions

    @property
    def crossings(self) -> tuple[Crossing, ...]:
        """Where inputs of the exact ReLU pass zero, come to rest there, or leave (`rests` joins these two)."""
        return self.collocated.crossings

    @property
    def converged(self) -> bool:
        """Whether the tolerance was reached."""
        return self.reason is IndirectReason.CONVERGED

    @cached_property
    def representations(self) -> Float[np.ndarray, "K+1 w N"]:
        """A at the nodes."""
        return swapped(self.collocated.system.split(self.collocated.nodes)[0])

    @cached_property
    def momenta(self) -> Float[np.ndarray, "K+1 w N"]:
        """B at the nodes."""
        return swapped(self.collocated.system.split(self.collocated.nodes)[1])

    @cached_property
    def weights(self) -> Float[np.ndarray, "K+1 w c"]:
        """W = L̃Bσ(A)ᵀ at the nodes."""
        return self.collocated.system.weights(self.collocated.nodes, self.collocated.node_sides)

    @cached_property
    def energies(self) -> Float[np.ndarray, " K+1"]:
        """H at the nodes."""
        return self.collocated.system.energy(self.collocated.nodes, self.collocated.node_sides)

    @cached_property
    def parameter_norm(self) -> float:
        """∫‖W_p‖²dp, by the collocation's quadrature."""
        path = self.collocated
        squares = np.sum(path.system.weights(path.stage_rows, path.stage_sides) ** 2, axis=(1, 2))
        return float(path.lengths @ squares.reshape(path.stages.shape[:2]) @ path.method.weights)

    @cached_property
    def fit(self) -> float:
        """The data term of J, of the last representations."""
        return self.geodesic.fit(self.collocated.system.split(self.collocated.nodes)[0][-1].T)

    @cached_property
    def cost(self) -> float:
        """J: the penalty, and the data term of a penalized end."""
        penalty = self.geodesic.weight_decay * self.geodesic.penalty_scale * self.parameter_norm
        return penalty + self.geodesic.end.cost(self.fit)

    @property
    def energy(self) -> float:
        """The mean of the Hamiltonian H along the path; −(2/L̃)H tends to the bottleneck rank."""
        return float(self.energies.mean())

    @property
    def drift(self) -> float:
        """(max H − min H)/max|H| over nodes and stages: zero on an exact extremal."""
        inside = self.collocated.system.energy(self.collocated.stage_rows, self.collocated.stage_sides)
        every = np.concatenate([self.energies, inside])
        return float(np.ptp(every) / max(float(np.abs(every).max()), 1e-300))

    @cached_property
    def defect(self) -> float:
        """The most that is left of the continuous equations between the stages, over their largest rate."""
        path = self.collocated
        return float((defects(path) / path.lengths).max() / max(float(np.abs(path.rates()).max()), 1e-300))

    def sample(self, at: Float[np.ndarray, " m"]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """A (m, w, N), B (m, w, N) and W = L̃Bσ(A)ᵀ (m, w, c) at positions in [0, 1], by the polynomials."""
        rows, sides = self.collocated.at(np.asarray(at, dtype=float))
        a, b = self.collocated.system.split(rows)
        return a.transpose(0, 2, 1), b.transpose(0, 2, 1), self.collocated.system.weights(rows, sides)

    def gates(self, at: Float[np.ndarray, " m"]) -> Float[np.ndarray, "m w N"]:
        """σ'(A) at positions in [0, 1]; where an input rests on its kink, the number in [0, 1] that keeps it there."""
        rows, sides = self.collocated.at(np.asarray(at, dtype=float))
        return np.asarray(self.collocated.system.gates(rows, sides).transpose(0, 2, 1))

    @property
    def rests(self) -> tuple[Rest, ...]:
        """Where inputs of the exact ReLU stay on the kink, by their beginning."""
        return tuple(rests_of(self.collocated))

    def to_xarray(self) -> Any:
        """The path at its nodes as an xarray.Dataset with named dimensions (needs the extra `geodepth[xarray]`)."""
        require("xarray", "to_xarray")
        import xarray

        return xarray.Dataset(
            {
                "representation": (("p", "neuron", "sample"), self.representations),
                "momentum": (("p", "neuron", "sample"), self.momenta),
                "weight": (("p", "neuron", "column"), self.weights),
                "energy": (("p",), self.energies),
            },
            coords={"p": self.positions},
            attrs={"cost": self.cost, "smoothing": self.smoothing, "problem": repr(self.geodesic)},
        )

    def plot(self) -> Figure:
        """Singular values of A_p and W_p, and the Hamiltonian, along p, as a Matplotlib figure."""
        return plot_extremal(self)
