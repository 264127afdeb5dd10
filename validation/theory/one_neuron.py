"""The one path that is known in closed form, measured as any other: one neuron with bias, between two activations.

Its formulas stand in foundation/numerics/one_neuron_geodesic.py.
"""

from dataclasses import dataclass

import numpy as np

from geodepth.foundation.numerics.one_neuron_geodesic import one_neuron_geodesic
from geodepth.foundation.shapes import Float
from geodepth.validation.argument_checks import check_number
from geodepth.validation.errors import ValidationError
from geodepth.validation.physics.path_energies import Energies, energies_at_points


@dataclass(frozen=True, slots=True, eq=False)
class OneNeuron:
    """The path at Q positions, without units.

    Attributes
    ----------
    positions : (Q,)
        p.
    measure : (Q,)
        Quadrature weights of ∫dp.
    activation : (Q,)
        a.
    velocity : (Q,)
        a'.
    momentum : (Q,)
        B = W σ(a)ᵀ⁺/L̃.
    effective_depth : float
        L̃.
    kappa : float
        κ.
    hamiltonian : float
        H.
    crossing : float or None
        Where a passes zero, None between positive ends.
    """

    positions: Float[np.ndarray, " Q"]
    measure: Float[np.ndarray, " Q"]
    activation: Float[np.ndarray, " Q"]
    velocity: Float[np.ndarray, " Q"]
    momentum: Float[np.ndarray, " Q"]
    effective_depth: float
    kappa: float
    hamiltonian: float
    crossing: float | None

    @property
    def parameter_norm(self) -> float:
        """∫‖W_p‖²dp, with the least weights that make the path."""
        return float(self.measure @ self.energies.weight_norm)

    @property
    def energies(self) -> Energies:
        """Everything that is measured of a path, measured of this one."""
        shape = (len(self.positions), 1, 1)
        a, v, b = (values.reshape(shape) for values in (self.activation, self.velocity, self.momentum))
        return energies_at_points(self.positions, self.measure, a, v, b, self.effective_depth)


def one_neuron(start: float, end: float, effective_depth: float, points: int = 401) -> OneNeuron:
    """Compute the geodesic of one neuron with ReLU and bias.

    Parameters
    ----------
    start, end : float
        a₀ and a₁, both positive, or start < 0 < end.
    effective_depth : float
        L̃ > 0.
    points : int
        Gauss-Legendre nodes on each side of zero.

    Raises
    ------
    ValidationError
        Other ends, or L̃ ≤ 0.
    """
    depth = check_number("effective_depth", effective_depth, positive=True)
    if end <= 0.0 or start == 0.0:
        raise ValidationError(f"start is {start} and end {end}; give two positive ends, or start < 0 < end")
    path = one_neuron_geodesic(start, end, depth)
    p, measure = path.quadrature(points)
    a, v = path.at(p)
    b = (v + depth * a) / (depth * (1.0 + np.maximum(a, 0.0) ** 2))
    return OneNeuron(p, measure, a, v, b, depth, path.kappa, path.hamiltonian, path.crossing)
