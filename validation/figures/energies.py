"""Energies, Hamiltonian and estimates of the bottleneck rank along depth."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from geodepth.foundation.shapes import Float
from geodepth.validation.physics.path_energies import Energies

from .style import TRUTH, check_some, colour, legend_below, panel_width, panels, style


def energies(named: Mapping[str, Energies]) -> Figure:
    """Draw energies and Hamiltonian along p, a column for each path, and below them two estimates of the rank.

    Above are kinetic energy, potential energy and Hamiltonian. Below are the estimates of the bottleneck rank:
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
    Source: Jacot and Kaiser, arXiv:2405.17573, figure 1c.
    """
    check_some("energies", named)
    with style():
        figure, axes = panels(2, len(named), panel_width(len(named)), 2.2, share_x=True)
        for column, (title, energy) in enumerate(named.items()):
            _draw(axes[0][column], axes[1][column], energy)
            axes[0][column].set_title(title)
        axes[0][0].set_ylabel("energy\n(linear within ±10)")
        axes[1][0].set_ylabel("rank estimates\n(linear within ±10)")
        every, first = list(named.values()), next(iter(named.values()))
        _limit(
            axes[0], [e.relative.kinetic for e in every] + [e.relative.potential for e in every] + [first.hamiltonian]
        )
        _limit(axes[1], [e.relative.cost_of_identity for e in every] + [first.scaled_hamiltonian])
        for axis, energy in zip(axes[1], every, strict=True):
            _say_where_off_the_scale(axis, energy.scaled_hamiltonian)
        legend_below(figure, axes[0][0], axes[1][0])
    return figure


def _draw(above: Axes, below: Axes, energy: Energies) -> None:
    p = energy.positions
    above.plot(p, energy.relative.kinetic, color=colour(0), label="kinetic energy")
    above.plot(p, energy.relative.potential, color=colour(1), ls="--", label="potential energy")
    above.plot(p, energy.hamiltonian, color=TRUTH, ls="-.", label=r"Hamiltonian $\mathcal{H}$")
    below.plot(p, energy.relative.cost_of_identity, color=colour(2), label="cost of identity (stable)")
    below.plot(p, energy.scaled_hamiltonian, color=TRUTH, ls="-.", label=r"$-(2/\tilde{L})\mathcal{H}$")
    below.set_xlabel("position $p$")
    # Where data are more than a layer's neurons can tell apart, energies at the ends dwarf those between.
    above.set_yscale("symlog", linthresh=10.0)
    below.set_yscale("symlog", linthresh=10.0)


def _limit(axes: Sequence[Axes], values: Sequence[Float[np.ndarray, " Q"]]) -> None:
    """One range for all axes, a little beyond these values and never narrower than the linear part around zero."""
    every = np.concatenate(values)
    for axis in axes:
        axis.set_ylim(2.0 * min(float(every.min()), -1.0), 2.0 * max(float(every.max()), 1.0))


def _say_where_off_the_scale(axis: Axes, hamiltonian: Float[np.ndarray, " L"]) -> None:
    low, high = axis.get_ylim()
    if not low <= float(np.median(hamiltonian)) <= high:
        axis.annotate(
            "Hamiltonian off the scale:\nnot stationary",
            (0.97, 0.93),
            xycoords="axes fraction",
            ha="right",
            va="top",
            fontsize=7.5,
            color="#5b5b5b",
        )
