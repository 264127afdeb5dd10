"""Figure 2: test error over L for the three step schemes; the adaptive steps' spectra and places; paths in a plane."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from geodepth.validation.experiments.measures.problems import Problem
from geodepth.validation.experiments.sweeps.outcome import Row
from geodepth.validation.experiments.sweeps.results import Result
from geodepth.validation.experiments.sweeps.statistics import median_interval
from geodepth.validation.experiments.sweeps.tables import Measured
from geodepth.validation.figures.projection import in_one_plane
from geodepth.validation.figures.style import MARKERS, colour, legend_below, panels, shades, style
from geodepth.validation.path.representation_path import RepresentationPath

from .drawing import Drawn, interval_row, layers_axis, lines_by, on_grid, one_panel, plain_log, seeds_phrase

SCHEMES = ("equidistant", "irregular", "adaptive")


def draw(measured: Sequence[Measured]) -> list[Drawn]:
    """Figures 2a, 2b and 2c."""
    compared, shown = measured
    drawn = []
    if compared.results:
        drawn.append(figure_2a(compared))
    adaptive = shown.where(layer_steps="adaptive")
    if adaptive:
        drawn.append(figure_2b(adaptive[0]))
    if len(shown.results) == len(SCHEMES):
        drawn.append(figure_2c(shown))
    return drawn


def figure_2a(compared: Measured) -> Drawn:
    """Test error over L."""
    with one_panel(2.8) as (figure, axis):
        rows = scheme_lines(axis, compared.rows, "test_error")
        axis.set_ylabel("test error")
        legend_below(figure, axis, columns=3)
    parameters = compared.results[0].parameters
    caption = (
        f"Figure 2a. Test error over the number of layers L at L̃ = {parameters['effective_depth']:g}, teacher "
        f"{' → '.join(map(str, parameters['data']['dimensions']))}, {parameters['data']['samples']} training samples: "
        f"{seeds_phrase(rows)}, every seed with a teacher, data and initial weights of its own, the same for the three "
        "schemes; single runs faint. The error is the squared error summed over outputs, whose variance adds up to 30."
    )
    return Drawn("fig2a", figure, caption, rows)


def scheme_lines(axis: Axes, rows: Sequence[Row], value: str) -> list[Row]:
    """Draw a line per scheme over L; the rows behind them."""
    drawn = lines_by(axis, rows, "layer_steps", SCHEMES, "layers", value, 0.012)
    layers_axis(axis, rows)
    axis.set_yscale("log")
    plain_log(axis)
    return drawn


def figure_2b(result: Result) -> Drawn:
    """Spectra of W along p for adaptive steps, and where the steps are."""
    grid = np.linspace(0.0, 1.0, 41)
    positions = result.arrays["positions"]
    middles = 0.5 * (positions[:, 1:] + positions[:, :-1])
    values = on_grid(middles, result.arrays["weight_values"], grid)[:, :, :8]
    rows: list[Row] = []
    with one_panel(2.8) as (figure, axis):
        for number, shade in enumerate(shades(values.shape[2])):
            intervals = [median_interval(column) for column in values[:, :, number].T]
            low, high = ([getattr(i, side) for i in intervals] for side in ("low", "high"))
            axis.fill_between(grid, low, high, color=shade, alpha=0.2, lw=0)
            axis.plot(grid, [i.estimate for i in intervals], color=shade, lw=1.1)
            name = f"singular value {number + 1} of W"
            rows += [interval_row(name, float(p), "p", i) for p, i in zip(grid, intervals, strict=True)]
        axis.set_yscale("log")
        plain_log(axis)
        foot, top = axis.get_ylim()
        for edges in positions:
            axis.vlines(edges, foot, foot * (top / foot) ** 0.06, color="#555555", lw=0.5, alpha=0.35)
        axis.set_ylim(foot, top)
        axis.set(xlabel="position $p$", ylabel="singular values of $W_p$")
    places = [median_interval(column) for column in positions.T]
    rows += [interval_row(f"position {layer}", layer, "layer", place) for layer, place in enumerate(places)]
    caption = (
        f"Figure 2b. The 8 largest singular values of W_p with adaptive steps at L = {positions.shape[1] - 1}: "
        f"{seeds_phrase(rows)}. Ticks at the foot: the layers' positions p of every seed."
    )
    return Drawn("fig2b", figure, caption, rows)


def figure_2c(shown: Measured) -> Drawn:
    """The paths of one seed's networks in the plane of the adaptive one's leading directions."""
    paths = {str(r.parameters["layer_steps"]): stored_path(r, 0) for r in shown.results}
    rows: list[Row] = []
    with style():
        figure, axes = panels(1, len(paths), 2.4, 2.5)
        for number, (axis, scheme) in enumerate(zip(axes[0], SCHEMES, strict=True)):
            path = paths[scheme]
            # Learned projections leave every network its own coordinates: each gets its own plane.
            flow = in_one_plane([path])[0]
            for sample in range(min(40, path.samples)):
                axis.plot(*flow[:, :, sample].T, color=colour(number), lw=0.4, alpha=0.4)
                rows += [
                    {"scheme": scheme, "sample": sample, "layer": layer, "first": float(x), "second": float(y)}
                    for layer, (x, y) in enumerate(flow[:, :, sample])
                ]
            longest = np.argsort(np.linalg.norm(flow[0], axis=0))[-3:]
            for sample in longest:
                axis.plot(*flow[:, :, sample].T, color="black", marker=MARKERS[number], ms=2.2, lw=0.6)
            axis.set(title=f"{scheme} steps", xlabel="first direction")
        axes[0][0].set_ylabel("second direction")
    seed = shown.results[0].rows[0]["seed"]
    caption = (
        f"Figure 2c. Paths of 40 samples through the layers of one network a scheme (seed {seed}), each in the plane "
        "of its own two leading directions; black: the three samples that come from farthest out, a mark a layer. An "
        "illustration of one seed: no interval."
    )
    return Drawn("fig2c", figure, caption, rows)


def stored_path(result: Result, member: int) -> RepresentationPath:
    """A network whose weights are in the file, as a path."""
    problem, arrays = Problem.of(result.parameters), result.arrays
    data = problem.dataset(0)
    return RepresentationPath.from_weights(
        arrays["weights"][member].astype(float),
        arrays["layer_steps"][member],
        data.inputs,
        data.targets,
        arrays["embedding"][member].astype(float),
        arrays["readout"][member].astype(float),
        *(problem.effective_depth, problem.decay, True, "network"),
    )
