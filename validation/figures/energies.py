"""Energies, Hamiltonian and estimates of the bottleneck rank along depth."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from geodepth.foundation.shapes import Float
from geodepth.validation.physics.path_energies import Energies

from .rank_axis import rank_axis, rank_ticks
from .style import TRUTH, check_some, colour, legend_below, panel_width, panels, share_limits, style

# Times the truth's largest magnitude, beyond which the Hamiltonian of another path leaves the axis (chosen by eye).
_BEYOND = 2.0

# How far an axis goes, relative to what it shows (chosen by eye).
_ROOM = 1.1


def energies(named: Mapping[str, Energies]) -> Figure:
    """Draw energies, the Hamiltonian and two estimates of the bottleneck rank along p, a column for each path.

    Above are kinetic energy and minus potential energy, on a logarithmic axis. Their difference is small against both:
    the Hamiltonian has panels of its own, with zero on the axis. Below are the estimates of the bottleneck rank,
    −(2/L̃)H and the cost of identity.

    Parameters
    ----------
    named : mapping of str to Energies
        The energies of each path by its title. The first, the truth, sets the scale of the Hamiltonian.

    Raises
    ------
    ValidationError
        There is no path.

    Notes
    -----
    Energies are the stable ones (K + γ_pI), which are finite everywhere. The Hamiltonian is that of the momenta, and
    has a meaning only where a path is stationary. Far from that it may leave the axes, which is then said there.
    Without leakage there is no potential energy to draw. The axis of ranks is linear within ±10.
    Source: Jacot and Kaiser, arXiv:2405.17573, figure 1c.
    """
    check_some("energies", named)
    every, first = list(named.values()), next(iter(named.values()))
    with style():
        figure, axes = panels(3, len(named), panel_width(len(named)), 1.9, share_x=True)
        for column, (title, energy) in enumerate(named.items()):
            for row, drawn in enumerate((_energies, _hamiltonian, _ranks)):
                drawn(axes[row][column], energy)
            axes[0][column].set_title(title)
            axes[2][column].set_xlabel("position $p$")
        for row, label in enumerate(("energy", "Hamiltonian", "rank estimates")):
            axes[row][0].set_ylabel(label)
        share_limits(axes[0])
        _limit(axes[1], [e.hamiltonian for e in every], [], first.hamiltonian)
        _limit(
            axes[2],
            [e.scaled_hamiltonian for e in every],
            [e.relative.cost_of_identity for e in every],
            first.scaled_hamiltonian,
        )
        for column, energy in enumerate(every):
            rank_ticks(axes[2][column])
            _say_where_it_leaves(axes[1][column], energy.hamiltonian)
        legend_below(figure, *(row[0] for row in axes))
    return figure


def _energies(axis: Axes, energy: Energies) -> None:
    axis.plot(energy.positions, energy.relative.kinetic, color=colour(0), label="kinetic energy")
    if energy.relative.potential.any():
        axis.plot(energy.positions, -energy.relative.potential, color=colour(1), ls="--", label="−potential energy")
    axis.set_yscale("log")


def _hamiltonian(axis: Axes, energy: Energies) -> None:
    axis.plot(energy.positions, energy.hamiltonian, color=TRUTH, ls="-.", label=r"Hamiltonian $\mathcal{H}$")


def _ranks(axis: Axes, energy: Energies) -> None:
    axis.plot(energy.positions, energy.relative.cost_of_identity, color=colour(2), label="cost of identity (stable)")
    axis.plot(
        energy.positions, energy.scaled_hamiltonian, color=colour(3), ls=":", label=r"$-(2/\tilde{L})\mathcal{H}$"
    )
    rank_axis(axis)


def _limit(
    axes: Sequence[Axes],
    hamiltonians: Sequence[Float[np.ndarray, " Q"]],
    others: Sequence[Float[np.ndarray, " Q"]],
    truth: Float[np.ndarray, " Q"],
) -> None:
    """One range for all axes, with zero: the others whole, and Hamiltonians up to some times that of the truth."""
    usual = _BEYOND * float(np.abs(truth).max())
    values = np.concatenate([np.clip(line, -usual, usual) for line in hamiltonians] + [np.zeros(1), *others])
    low, high = _ROOM * float(values.min()), _ROOM * float(values.max())
    for axis in axes:
        axis.set_ylim(low, high if high > low else 1.0)


def _say_where_it_leaves(axis: Axes, hamiltonian: Float[np.ndarray, " L"]) -> None:
    low, high = axis.get_ylim()
    least, most = float(hamiltonian.min()), float(hamiltonian.max())
    if least < low or most > high:
        axis.annotate(
            f"from {_round(least)} to {_round(most)}",
            (0.5, 0.95),
            xycoords="axes fraction",
            ha="center",
            va="top",
            fontsize=7.5,
            color="#5b5b5b",
        )


def _round(value: float) -> str:
    """To two digits."""
    return f"{value:.2g}".replace("-", "−")
