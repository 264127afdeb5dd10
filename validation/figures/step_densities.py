"""How densely each path places its layers along depth."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from geodepth.validation.path.representation_path import RepresentationPath

from .style import check_some, colour, legend_below, panels, style


def step_densities(paths: Sequence[RepresentationPath]) -> Figure:
    """Draw the density of layers 1/(Lρ) of each path along p; it is one for equidistant steps.

    Raises
    ------
    ValidationError
        There is no path.
    """
    check_some("paths", paths)
    with style():
        figure, axes = panels(1, 1, 6.4, 2.5)
        axis = axes[0][0]
        for number, path in enumerate(paths):
            density = 1.0 / (path.layers * path.layer_steps)
            axis.stairs(
                density,
                path.positions,
                color=colour(number),
                baseline=None,
                lw=1.4 if number else 2.8,
                ls=("-", "-", "--", "-.")[number % 4],
                label=path.label or path.origin,
            )
        axis.axhline(1.0, color="#999999", lw=0.8, ls=":", zorder=0)
        axis.set(xlabel="position $p$", ylabel=r"layer density $1/(L\rho)$", xlim=(0, 1))
        axis.set_ylim(bottom=0.0)
        legend_below(figure, axis, columns=min(4, len(paths)))
    return figure
