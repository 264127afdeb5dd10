"""The figures of a report: one function, one figure. None of them touches pyplot or a display."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from geodepth.foundation.shapes import Float
from geodepth.validation.errors import ValidationError
from geodepth.validation.physics.energies import Energies

from .projection import common_plane, project
from .style import MARKERS, SEQUENTIAL, TRUTH, colour, panels, shades, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from geodepth.validation.path.representation_path import RepresentationPath

# Below this relative excess two costs are one number: the solver's bracket is no tighter.
_FLOOR = 1e-8


def waterfall(
    landscapes: Mapping[str, tuple[Sequence[float], Sequence[int]]],
    networks: Mapping[str, Sequence[float]] | None = None,
) -> Figure:
    """The landscape of minima, a panel a scheme: the starts, sorted by the cost J they ended in.

    landscapes gives for each scheme the distinct minima's costs and how many starts found each; networks the final
    costs of trained networks, drawn as marks to the right of the starts.
    """
    _some("landscapes", landscapes)
    with style():
        figure, axes = panels(1, len(landscapes), max(2.6, 7.8 / len(landscapes)), 2.7, share_y=True)
        for number, (scheme, (costs, counts)) in enumerate(landscapes.items()):
            axis = axes[0][number]
            order = np.argsort(costs)
            values, times = np.asarray(costs, dtype=float)[order], np.asarray(counts, dtype=int)[order]
            starts = np.repeat(values, times)
            place = np.arange(1, len(starts) + 1)
            axis.plot(place, starts, "o-", color=TRUTH, ms=3.5, lw=0.8, label="starts of the optimizer")
            axis.axhline(values[0], color=TRUTH, lw=0.8, ls=":")
            axis.set_title(f"{scheme}\n{len(values)} minima of {len(starts)} starts,\nthe best found by {times[0]}")
            trained = sorted((networks or {}).get(scheme, ()))
            if trained:
                after = len(starts) + 1.5 + np.arange(len(trained))
                axis.plot(after, trained, MARKERS[1], color=colour(1), ms=4, label="trained networks")
                axis.axvline(len(starts) + 0.75, color="#bbbbbb", lw=0.8)
            axis.set_xlabel("start or network, best first")
        axes[0][0].set_ylabel("cost $J$")
        _legend_below(figure, axes[0][0])
    return figure


def losses(
    curves: Mapping[str, Float[np.ndarray, "epochs members"]],
    truths: Mapping[str, float | Sequence[float]],
    epochs: Mapping[str, Float[np.ndarray, " epochs"]] | None = None,
) -> Figure:
    """Training against the truth, a panel a scheme: above the cost J and the truth's, below the excess.

    curves holds J by epoch and member; truths the truth's cost, one for all members of a scheme or one each (adaptive
    steps differ by member); epochs the epochs at which curves were recorded, by default 0, 1, 2, …
    """
    _some("curves", curves)
    with style():
        figure, axes = panels(2, len(curves), max(2.6, 7.8 / len(curves)), 2.2, share_x=False, share_y=False)
        for column, (scheme, given) in enumerate(curves.items()):
            cost = np.asarray(given, dtype=float)
            cost = cost[:, None] if cost.ndim == 1 else cost
            if scheme not in truths:
                raise ValidationError(f"truths name no cost for the scheme {scheme!r}; give one number or one a member")
            truth = np.broadcast_to(np.asarray(truths[scheme], dtype=float), (cost.shape[1],))
            when = np.arange(len(cost)) if epochs is None else np.asarray(epochs[scheme])
            above, below = axes[0][column], axes[1][column]
            above.plot(when, cost, color=colour(column), lw=0.7, alpha=0.75)
            for level in np.unique(truth):
                above.axhline(level, color=TRUTH, lw=1.0, ls="--")
            above.set(yscale="log", title=f"{scheme} ({cost.shape[1]} networks)")
            excess = (cost - truth) / np.where(truth != 0.0, np.abs(truth), 1.0)
            below.plot(when, np.where(excess > _FLOOR, excess, np.nan), color=colour(column), lw=0.7, alpha=0.75)
            below.set(yscale="log", xlabel="epoch")
        axes[0][0].set_ylabel("cost $J$ (truth dashed)")
        axes[1][0].set_ylabel("relative excess")
        _share_limits(axes[0])
        _share_limits(axes[1])
    return figure


def excess_by_scheme(
    excesses: Mapping[str, Sequence[float]], tolerance: float, names: str = "relative excess $(J-J^*)/J^*$"
) -> Figure:
    """Every network's relative excess over its truth, by scheme, with the median; the tolerance of the verdict shaded.

    Values below 1e-8, where the truth itself is uncertain, are drawn hollow on the lower edge.
    """
    _some("excesses", excesses)
    with style():
        figure, axes = panels(1, 1, min(7.8, 2.6 + 1.2 * len(excesses)), 2.8)
        axis = axes[0][0]
        for number, (_, values) in enumerate(excesses.items()):
            given = np.asarray(values, dtype=float)
            low = given <= _FLOOR
            spread = number + np.linspace(-0.18, 0.18, len(given)) * (len(given) > 1)
            mark = MARKERS[number % len(MARKERS)]
            axis.plot(spread[~low], given[~low], mark, color=colour(number), ms=5, alpha=0.85)
            axis.plot(spread[low], np.full(low.sum(), _FLOOR), mark, mfc="none", color=colour(number), ms=5)
            middle = max(float(np.median(given)), _FLOOR)
            axis.plot([number - 0.3, number + 0.3], [middle, middle], color=TRUTH, lw=1.6)
            axis.annotate(f"{np.median(given):.2g}", (number + 0.32, middle), fontsize=8, va="center")
        # Only as far down as there is something to see: a marked optimum, or one decade of the tolerance.
        least = min(float(np.min(np.asarray(values, dtype=float))) for values in excesses.values())
        bottom = max(_FLOOR, min(least, tolerance)) / 3.0
        axis.axhspan(bottom, tolerance, color="#009E73", alpha=0.1, lw=0)
        axis.annotate("counts as the optimum", (0.01, tolerance), xycoords=("axes fraction", "data"), fontsize=7.5,
                      va="top", color="#00664a", xytext=(0, -2), textcoords="offset points")  # fmt: skip
        axis.set(yscale="log", ylabel=names, xticks=range(len(excesses)), xticklabels=list(excesses))
        axis.set_xlim(-0.6, len(excesses) - 0.2)
        axis.set_ylim(bottom=bottom)
        axis.grid(axis="x", visible=False)
    return figure


def spectra(paths: Sequence[RepresentationPath]) -> Figure:
    """Singular values of A_p (above) and W_p (below) along p, a column a path, as in the paper's figure 1b."""
    _some("paths", paths)
    with style():
        figure, axes = panels(2, len(paths), max(2.3, 7.8 / len(paths)), 2.2, share_x=True)
        for column, path in enumerate(paths):
            values = np.linalg.svd(path.representations, compute_uv=False)
            _spectrum(axes[0][column], path.positions, values)
            axes[0][column].set_title(_title(path))
            middle = 0.5 * (path.positions[1:] + path.positions[:-1])
            _spectrum(axes[1][column], middle, np.linalg.svd(path.weights, compute_uv=False))
            axes[1][column].set_xlabel("position $p$")
        axes[0][0].set_ylabel("singular values of $A_p$")
        axes[1][0].set_ylabel("singular values of $W_p$")
        _share_limits(axes[0])
        _share_limits(axes[1])
    return figure


def energies(named: Mapping[str, Energies]) -> Figure:
    """Kinetic energy, potential energy and Hamiltonian along p, a column a path, as in the paper's figure 1c; below,
    the estimates of the bottleneck rank: −(2/L̃)H and the cost of identity.

    Energies are the stable ones (K + γ_pI), which are finite everywhere; the Hamiltonian is that of the momenta, and
    has a meaning only where a path is stationary: far from that it may leave the axes, which is then said there.
    """
    _some("energies", named)
    with style():
        figure, axes = panels(2, len(named), max(2.3, 7.8 / len(named)), 2.2, share_x=True)
        for column, (title, energy) in enumerate(named.items()):
            above, below, p = axes[0][column], axes[1][column], energy.positions
            above.plot(p, energy.relative.kinetic, color=colour(0), label="kinetic energy")
            above.plot(p, energy.relative.potential, color=colour(1), ls="--", label="potential energy")
            above.plot(p, energy.hamiltonian, color=TRUTH, ls="-.", label=r"Hamiltonian $\mathcal{H}$")
            above.set_title(title)
            below.plot(p, energy.relative.cost_of_identity, color=colour(2), label="cost of identity (stable)")
            below.plot(p, energy.scaled_hamiltonian, color=TRUTH, ls="-.", label=r"$-(2/\tilde{L})\mathcal{H}$")
            below.set_xlabel("position $p$")
            # Where data are more than a layer's neurons can tell apart, energies at the ends dwarf those between.
            above.set_yscale("symlog", linthresh=10.0)
            below.set_yscale("symlog", linthresh=10.0)
        axes[0][0].set_ylabel("energy\n(linear within ±10)")
        axes[1][0].set_ylabel("rank estimates\n(linear within ±10)")
        first = next(iter(named.values()))
        _limit(axes[0], [e.relative.kinetic for e in named.values()] + [e.relative.potential for e in named.values()]
               + [first.hamiltonian])  # fmt: skip
        _limit(axes[1], [e.relative.cost_of_identity for e in named.values()] + [first.scaled_hamiltonian])
        for axis, energy in zip(axes[1], named.values(), strict=True):
            low, high = axis.get_ylim()
            if not low <= float(np.median(energy.scaled_hamiltonian)) <= high:
                axis.annotate("Hamiltonian off the scale:\nnot stationary", (0.97, 0.93), xycoords="axes fraction",
                              ha="right", va="top", fontsize=7.5, color="#5b5b5b")  # fmt: skip
        _legend_below(figure, axes[0][0], axes[1][0])
    return figure


def paths_2d(
    paths: Sequence[RepresentationPath], labels: Any = None, class_names: Sequence[str] = (),
    permutations: Sequence[Any] | None = None,
) -> Figure:  # fmt: skip
    """Every sample's way from input to output in two dimensions, a panel a path, one projection for all.

    The plane is that of the two leading principal directions of the first path's representations over all p. labels
    (N,) colour the samples by class; without them the first target does. permutations (one (w,) a path) match the
    neurons with the first path's (see compare). Open marks are inputs p = 0, filled ones outputs p = 1.
    """
    _some("paths", paths)
    first = paths[0]
    plane = common_plane(first)
    with style():
        figure, axes = panels(1, len(paths), max(2.4, 7.8 / len(paths)), 2.9, share_x=True, share_y=True)
        colours, handles, shading = _sample_colours(first, labels, class_names)
        for column, path in enumerate(paths):
            order = np.arange(path.width) if permutations is None else np.asarray(permutations[column])
            flow = project(plane, path, order)
            axis = axes[0][column]
            for sample in range(path.samples):
                axis.plot(flow[:, 0, sample], flow[:, 1, sample], color=colours[sample], lw=0.6, alpha=0.6)
            axis.scatter(flow[0, 0], flow[0, 1], s=12, facecolors="white", edgecolors=colours, linewidths=0.8, zorder=3)
            axis.scatter(flow[-1, 0], flow[-1, 1], s=16, c=colours, linewidths=0, zorder=4)
            axis.set(title=_title(path), xlabel="first direction")
        axes[0][0].set_ylabel("second direction")
        if handles:
            figure.legend(handles=handles, loc="outside lower center", ncols=min(6, len(handles)))
        elif shading is not None:
            figure.colorbar(shading, ax=axes[0][-1], label="first target")
    return figure


def _some(name: str, given: Any) -> None:
    if not len(given):
        raise ValidationError(f"{name} is empty; give at least one to draw")


def _title(path: RepresentationPath) -> str:
    return path.label or path.origin or "path"


def _spectrum(axis: Axes, positions: Float[np.ndarray, " Q"], values: Float[np.ndarray, "Q m"]) -> None:
    # What is smaller than rounding of the largest value is no number to draw.
    floor = 1e-14 * float(values.max()) if values.max() > 0.0 else 1e-300
    for value, shade in zip(values.T, shades(values.shape[1]), strict=True):
        axis.plot(positions, np.where(value > floor, value, np.nan), color=shade, marker=".", ms=2.5, lw=1.0)
    axis.set_yscale("log")


def _sample_colours(
    path: RepresentationPath, labels: Any, class_names: Sequence[str]
) -> tuple[list[Any], list[Any], Any]:
    import matplotlib
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.lines import Line2D

    if labels is None:
        first = path.targets[0]
        scale = Normalize(float(first.min()), float(first.max()))
        chosen = matplotlib.colormaps[SEQUENTIAL]
        return [chosen(scale(value)) for value in first], [], ScalarMappable(scale, SEQUENTIAL)
    classes = np.asarray(labels)
    if classes.shape != (path.samples,):
        raise ValidationError(f"labels have shape {classes.shape}; give one class for each of {path.samples} samples")
    kinds = [int(kind) for kind in np.unique(classes)]
    handles = [
        Line2D([], [], marker="o", ls="", color=colour(place), ms=4,
               label=class_names[kind] if kind < len(class_names) else f"class {kind}")
        for place, kind in enumerate(kinds)
    ]  # fmt: skip
    return [colour(kinds.index(int(kind))) for kind in classes], handles, None


def _share_limits(axes: Sequence[Axes]) -> None:
    limits = [axis.get_ylim() for axis in axes]
    for axis in axes:
        axis.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))


def _limit(axes: Sequence[Axes], values: Sequence[Float[np.ndarray, " Q"]]) -> None:
    """One range for all axes, a little beyond these values and never narrower than the linear part around zero."""
    every = np.concatenate(values)
    for axis in axes:
        axis.set_ylim(2.0 * min(float(every.min()), -1.0), 2.0 * max(float(every.max()), 1.0))


def _legend_below(figure: Figure, *axes: Axes) -> None:
    handles, names = [], []
    for axis in axes:
        for handle, name in zip(*axis.get_legend_handles_labels(), strict=True):
            if name not in names:
                handles.append(handle)
                names.append(name)
    figure.legend(handles, names, loc="outside lower center", ncols=min(5, len(names)))
