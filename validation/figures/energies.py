"""Energies, Hamiltonian and estimates of the bottleneck rank along depth."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from geodepth.foundation.shapes import Float
from geodepth.validation.physics.path_energies import Energies

from .style import TRUTH, check_some, colour, legend_below, panel_width, panels, style

# Times the median magnitude of a curve, beyond which its values are left out (chosen by eye).
_BEYOND = 2.0

# Of an axis, what the words on what is cut get above or below the curves: two lines (chosen by eye).
_ROOM = 0.24


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
    The axes are linear. Where data are more than a layer's neurons can tell apart, the energies of a few layers at the
    ends are a hundred times those between; the axes leave them out, and every panel says how far they go.
    Source: Jacot and Kaiser, arXiv:2405.17573, figure 1c.
    """
    check_some("energies", named)
    with style():
        figure, axes = panels(2, len(named), panel_width(len(named)), 2.2, share_x=True)
        for column, (title, energy) in enumerate(named.items()):
            _draw(axes[0][column], axes[1][column], energy)
            axes[0][column].set_title(title)
        axes[0][0].set_ylabel("energy")
        axes[1][0].set_ylabel("rank estimates")
        every, first = list(named.values()), next(iter(named.values()))
        _limit(
            axes[0], [e.relative.kinetic for e in every] + [e.relative.potential for e in every] + [first.hamiltonian]
        )
        _limit(axes[1], [e.relative.cost_of_identity for e in every] + [first.scaled_hamiltonian])
        for column, energy in enumerate(every):
            for axis in (axes[0][column], axes[1][column]):
                _say_what_is_cut(axis, energy.positions)
            _say_where_off_the_scale(axes[1][column], energy.scaled_hamiltonian)
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


def _limit(axes: Sequence[Axes], values: Sequence[Float[np.ndarray, " Q"]]) -> None:
    """One range for all axes: all of these values, or what most have where a few are far beyond."""
    usual = _BEYOND * max(float(np.median(np.abs(line))) for line in values)
    every = np.concatenate(values)
    low, high = max(float(every.min()), -usual), min(float(every.max()), usual)
    room = 0.08 * max(high - low, 1.0)
    for axis in axes:
        axis.set_ylim(min(low, 0.0) - room, max(high, 0.0) + room)


def _say_what_is_cut(axis: Axes, positions: Float[np.ndarray, " Q"]) -> None:
    """How far the energies go beyond the axis, and where."""
    low, high = axis.get_ylim()
    room = _ROOM * (high - low)
    for line in axis.get_lines():
        values = np.asarray(line.get_ydata(), dtype=float)
        if line.get_linestyle() == "-.":
            continue  # the Hamiltonian has words of its own
        for sign, height, side in ((1.0, 0.98, "top"), (-1.0, 0.02, "bottom")):
            limit = high if sign > 0 else -low
            if not (sign * values > limit).any():
                continue
            # In room of its own, for what is drawn must not be covered.
            axis.set_ylim(*((None, high + room) if sign > 0 else (low - room, None)))
            ends = _ends_beyond(sign * values, limit + room)
            if not ends:
                continue
            axis.annotate(
                "cut: " + "\n".join(f"to {_round(values[end])} at $p$ = {positions[end]:.2f}" for end in ends),
                (0.55, height),
                xycoords="axes fraction",
                ha="center",
                va=side,
                fontsize=7.5,
                color=line.get_color(),
            )


def _ends_beyond(values: Float[np.ndarray, " Q"], limit: float) -> list[int]:
    """Of every stretch of values beyond a limit, the place of the largest."""
    beyond = np.flatnonzero(values > limit)
    stretches = np.split(beyond, np.flatnonzero(np.diff(beyond) > 1) + 1) if beyond.size else []
    return [int(stretch[values[stretch].argmax()]) for stretch in stretches]


def _round(value: float) -> str:
    """To two digits, written out."""
    return f"{float(f'{value:.2g}'):.6g}".replace("-", "−")


def _say_where_off_the_scale(axis: Axes, hamiltonian: Float[np.ndarray, " L"]) -> None:
    low, high = axis.get_ylim()
    if not low <= float(np.median(hamiltonian)) <= high:
        axis.annotate(
            "Hamiltonian off the scale:\nnot stationary",
            (0.97, 0.8),
            xycoords="axes fraction",
            ha="right",
            va="top",
            fontsize=7.5,
            color="#5b5b5b",
        )
