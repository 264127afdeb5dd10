"""Which paths the page shows, and the figures of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from geodepth.foundation.shapes import Int
from geodepth.validation.figures.costs.cost_of_depth import cost_of_depth
from geodepth.validation.figures.costs.excess_by_scheme import excess_by_scheme
from geodepth.validation.figures.energies import energies
from geodepth.validation.figures.kernel_heatmap import kernel_heatmap
from geodepth.validation.figures.paths_2d import paths_2d
from geodepth.validation.figures.phase_diagram import phase_diagram
from geodepth.validation.figures.search_course import search_course
from geodepth.validation.figures.spectra import spectra
from geodepth.validation.figures.step_densities import step_densities
from geodepth.validation.figures.training_curves import training_curves
from geodepth.validation.figures.waterfall import waterfall
from geodepth.validation.path.representation_path import RepresentationPath

from .analysis import Analyses, Analysis
from .data import ReportData

SEARCH = "search_"
"""What the names of searches' figures begin with."""
FIGURE_NAMES = frozenset(
    ["excess", "depth_cost", "training", "landscape", "paths", "spectra", "energies", "kernels", "densities", "phases"]
)
"""The other names that figures' files may have."""
# Beside the truth: more panels would be too small to read in one row.
_MOST_LEADERS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A path that the figures show.

    Attributes
    ----------
    name : str
        Its name there.
    analysis : Analysis
        What was measured of it.
    permutation : (w,) array
        The order that matches its neurons with the truth's.
    """

    name: str
    analysis: Analysis
    permutation: Int[np.ndarray, " w"]

    @property
    def path(self) -> RepresentationPath:
        """The path under the name that the figures give it."""
        return self.analysis.path.renamed(self.name)


@dataclass(frozen=True, slots=True, eq=False)
class PageFigures:
    """All figures of a page, and which paths they show.

    Attributes
    ----------
    shown : tuple of Shown
        The truth of the best network, that network, and the best of two other schemes; or the first truth alone.
    evidence : mapping of str to Figure
        Those of excess, depth_cost, training and landscape that the data allow.
    searches : mapping of str to Figure
        The course of every truth's staged search, by the truth's name.
    depth : mapping of str to Figure
        Those along depth.
    """

    shown: tuple[Shown, ...]
    evidence: Mapping[str, Figure]
    searches: Mapping[str, Figure]
    depth: Mapping[str, Figure]

    @staticmethod
    def of(data: ReportData, analyses: Analyses) -> "PageFigures":
        """Draw them."""
        shown = choose_shown(data, analyses)
        evidence = {
            "excess": excess_figure(data),
            "depth_cost": depth_cost_figure(data),
            "training": training_figure(data),
            "landscape": landscape_figure(data),
        }
        drawn = {name: figure for name, figure in evidence.items() if figure is not None}
        return PageFigures(shown, drawn, search_figures(data), depth_figures(data, shown))

    @property
    def by_name(self) -> dict[str, Figure]:
        """Every figure, by the name that its file gets."""
        plain = {name.replace(", ", "_").replace(" ", "_"): figure for name, figure in self.searches.items()}
        searches = {f"{SEARCH}{name}": figure for name, figure in plain.items()}
        return {**self.evidence, **searches, **self.depth}


def choose_shown(data: ReportData, analyses: Analyses) -> tuple[Shown, ...]:
    """The truth of the best network, that network, and the best of two other schemes; or the first truth alone."""
    leaders = data.leaders[:_MOST_LEADERS]
    name = leaders[0].truth if leaders else data.truths[0].name
    truth = analyses.truths[[truth.name for truth in data.truths].index(name)]
    measured = {id(network): analysis for network, analysis in zip(data.networks, analyses.networks, strict=True)}
    return (
        Shown(f"truth ({name})", truth, np.arange(truth.path.width)),
        *(Shown(n.name, measured[id(n)], n.comparison.alignment.permutation) for n in leaders),
    )


def excess_figure(data: ReportData) -> Figure | None:
    """How far every network lies above its truth; None without networks."""
    if not data.networks:
        return None
    excesses = {scheme: [network.excess for network in data.of_scheme(scheme)] for scheme in data.schemes}
    return excess_by_scheme(excesses, data.networks[0].comparison.tolerance)


def depth_cost_figure(data: ReportData) -> Figure | None:
    """What depth costs, with the truths on the networks' own steps; None where the continuous path is not known."""
    if data.continuous is None or not data.continuous.regular:
        return None
    limit, own = data.continuous, {}
    for scheme in data.schemes:
        truths = {network.truth: data.truth(network.truth).path for network in data.of_scheme(scheme)}
        own[f"on the steps of {scheme}"] = [(p.layers, p.cost / limit.cost - 1.0) for p in truths.values()]
    known = [(count, cost / limit.cost - 1.0) for count, cost in zip(limit.layers, limit.costs, strict=True)]
    return cost_of_depth(known, limit.excess_on, own)


def training_figure(data: ReportData) -> Figure | None:
    """Training against the truth; None where no losses were kept."""
    if not data.losses:
        return None
    return training_curves(
        {scheme: curve.costs for scheme, curve in data.losses.items()},
        {
            scheme: [data.truth(network.truth).path.cost for network in data.of_scheme(scheme)]
            or data.truths[0].path.cost
            for scheme in data.losses
        },
        {scheme: curve.epochs for scheme, curve in data.losses.items()},
    )


def landscape_figure(data: ReportData) -> Figure | None:
    """The minima of the truth of each scheme's best network, beside the networks' costs; None where none are known."""
    shown = [data.truth(leader.truth) for leader in data.leaders] or [data.truths[0]]
    landscapes = {t.name: ([cost for cost, _ in t.minima], [count for _, count in t.minima]) for t in shown if t.minima}
    if not landscapes:
        return None
    trained = {t.name: [n.comparison.cost for n in data.networks if n.truth == t.name] for t in shown}
    return waterfall(landscapes, trained)


def search_figures(data: ReportData) -> dict[str, Figure]:
    """The course of staged searches that kept it, by the truth's name; one search alone has nothing to agree with."""
    found = {}
    for truth in data.truths:
        if truth.search and "times" in truth.search and len(truth.search["ends"]) > 1:
            courses = [
                [(seconds, cost) for seconds, (_, cost) in zip(times, history, strict=True)]
                for times, history in zip(truth.search["times"]["history"], truth.search["history"], strict=True)
            ]
            found[truth.name] = search_course(courses, truth.search["minima"], truth.path.cost)
    return found


def depth_figures(data: ReportData, shown: Sequence[Shown]) -> dict[str, Figure]:
    """The figures along depth of the paths shown, by name; those that compare need more than the truth."""
    paths = [entry.path for entry in shown]
    found = {
        "paths": paths_2d(paths, data.dataset.labels, data.dataset.class_names, [e.permutation for e in shown]),
        "spectra": spectra(paths),
        "energies": energies({entry.name: entry.analysis.energies for entry in shown}),
    }
    if len(paths) > 1:
        found |= {"kernels": kernel_heatmap(paths[0], paths[1:]), "densities": step_densities(paths)}
    phases = {e.name: (e.analysis.path, e.analysis.phases) for e in shown if e.analysis.phases is not None}
    if phases:
        found["phases"] = phase_diagram(phases)
    return found
