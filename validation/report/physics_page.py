"""The report's part on the physics: explorer, phases, and the theorems against numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geodepth.validation.figures import along_depth as depth_figures
from geodepth.validation.figures import paths_and_networks as figures
from geodepth.validation.theory import statements as theorems
from geodepth.validation.theory.check import Check, Status
from geodepth.validation.theory.theorem_four import theorem_table

from .analysis import Analysis
from .explorer import explorer_html
from .html import figure_html, formula, number, table, text

_MARKS = {Status.HOLDS: "good", Status.FAILS: "bad", Status.NOT_APPLICABLE: "open"}


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A path that the figures show: its name there, what was measured of it, its neurons matched with the first's."""

    name: str
    analysis: Analysis
    permutation: Any


def physics_html(shown: Sequence[Shown], truths: Sequence[Analysis], labels: Any, class_names: Sequence[str]) -> str:
    """The sections on the way through depth and on the theorems; the first path shown is the truth.

    truths are all of the report's, for the table of how much Theorem 4 says of them.
    """
    paths = [entry.analysis.path.renamed(entry.name) for entry in shown]
    permutations = [entry.permutation for entry in shown]
    which = "the truth and the best network of each scheme" if len(shown) > 1 else "the truth"
    parts = [
        "<section><h2>The way through depth</h2>",
        explorer_html(paths, labels, class_names, permutations),
        figure_html(
            figures.paths_2d(paths, labels, class_names, permutations),
            f"The way of every sample from input (open) to output (filled), in one plane for all: {which}.",
        ),
        figure_html(
            figures.spectra(paths),
            f"Singular values of representations A and weights W along p: {which}. Few large ones in the middle mean a "
            "bottleneck.",
        ),
        figure_html(
            figures.energies({entry.name: entry.analysis.energies for entry in shown}),
            "Kinetic energy, potential energy and Hamiltonian along p; below them two estimates of the bottleneck "
            "rank. Energies are taken with K + γI, γ = 10⁻⁴‖σ(A)‖², where they are finite.",
        ),
    ]
    if len(paths) > 1:
        parts.append(figure_html(
            depth_figures.kernel_heatmap(paths[0], paths[1:]),
            "Distance of the kernels σ(A)ᵀσ(A) between every layer of the truth and of a network: dark along the "
            "dotted diagonal where both walk the same way at the same pace.",
        ))  # fmt: skip
        parts.append(figure_html(
            depth_figures.step_densities(paths), "How densely each path places its layers along p; one is equidistant."
        ))  # fmt: skip
    parts.append(_phases(shown))
    parts.append("</section>")
    parts.append(_theorems(shown, truths))
    return "\n".join(part for part in parts if part)


def _phases(shown: Sequence[Shown]) -> str:
    found = {e.name: (e.analysis.path, e.analysis.phases) for e in shown if e.analysis.phases is not None}
    if not found:
        return ""
    rows = []
    for name, (_, phases) in found.items():
        evidence = phases.evidence
        framed = phases.has_bottleneck and evidence.agrees
        extent = f"{phases.start:.2f} to {phases.end:.2f}" if framed else "none yet"
        rows.append([
            text(name), str(phases.rank), extent,
            number(evidence.gap), number(evidence.cost_of_identity), number(evidence.hamiltonian),
            "yes" if evidence.agrees else "no", number(phases.fast_ratio), number(phases.slow_ratio),
        ])  # fmt: skip
    head = ["path", "rank k*", "bottleneck in p", "spectral gap", "cost of identity", "−(2/L̃)H", "agree", "fast / L̃"]
    return (
        "<h3>Phases</h3>"
        + figure_html(
            depth_figures.phase_diagram(found),
            "Directions that the weights keep along p: singular values of W above L̃/2. A frame is the bottleneck.",
        )
        + table([*head, "slow / L̃"], rows)
        + '<p class="small">k* is the number of singular values of W above L̃/2 that lasts longest. The theory bounds '
        "it by the cost of identity from above and by −(2/L̃)H from below as L̃ grows; “agree” says whether they already "
        "do, and only then is the bottleneck counted as one.</p>"
    )


def _theorems(shown: Sequence[Shown], truths: Sequence[Analysis]) -> str:
    names = [check.name for check in shown[0].analysis.checks]
    rows = []
    for place, name in enumerate(names):
        row = [f"<b>{text(name)}</b><br>{formula(shown[0].analysis.checks[place].statement)}"]
        rows.append([*row, *(_outcome(entry.analysis.checks[place]) for entry in shown)])
    return (
        '<section class="theory"><h2>The theory against these numbers</h2>'
        + table(["statement", *(entry.name for entry in shown)], rows)
        + '<p class="small">Both sides of every statement are in the JSON file. A margin is right minus left, at its '
        "least; statements about continuous paths are held to first order in the layer steps. Proposition 9 is taken "
        "with its corrected factor two. Source: Jacot and Kaiser, arXiv:2405.17573.</p>"
        + _informative(truths) + _errata() + "</section>"
    )  # fmt: skip


def _informative(truths: Sequence[Analysis]) -> str:
    """How far apart the bounds of Theorem 4 are on each truth; nothing where L̃ = 0, of which it says nothing."""
    paths = [truth.path for truth in truths if truth.path.effective_depth > 0.0]
    if not paths:
        return ""
    rows = [
        [
            text(row["label"]), number(row["effective_depth"]), number(row["estimate"]),
            number(row["least_cost_of_identity"]), number(row["width"]), "yes" if row["informative"] else "not yet",
        ]
        for row in theorem_table(paths)
    ]  # fmt: skip
    head = ["truth", "L̃", "−(2/L̃)H", "min‖A‖²", "width of the bounds", "informative"]
    return (
        '<div class="whole"><h3>Is L̃ large enough for Theorem 4?</h3>'
        + table(head, rows)
        + '<p class="small">The theorem places −(2/L̃)H between two bounds around the least cost of identity, which lie '
        "γc + (ℓ/L̃ + √(γc))² apart, at the γ that makes this least. It tells two bottleneck ranks apart, and so is "
        "informative, where that width is below one. The width shrinks as L̃ grows.</p></div>"
    )


def _errata() -> str:
    versions = ("corrected", "as printed", "as printed", "as printed, with a bias")
    rows = [
        [f"<b>{text(check.name)}</b><br>{formula(check.statement)}", text(version), _outcome(check)]
        for check, version in zip(theorems.errata(), versions, strict=True)
    ]
    return (
        '<div class="whole"><h3>Where all is exactly known</h3>'
        + table(["statement", "in the paper", "outcome"], rows)
        + '<p class="small">Propositions 9 and 1 as corrected here and as printed: on the path of one neuron from 0.5 '
        "to 1.5 at L̃ = 3, which has a closed form, and on a counterexample of one neuron and one sample. The factor in "
        "Proposition 9 is two; Proposition 1 needs σ without the row of ones that a bias adds.</p></div>"
    )


def _outcome(check: Check) -> str:
    note = f'<br><span class="small">{formula(check.reason)}</span>' if check.reason else ""
    return f'<span class="mark {_MARKS[check.status]}">{check.status.value}{_margin(check)}</span>{note}'


def _margin(check: Check) -> str:
    if check.status is Status.NOT_APPLICABLE:
        return ""
    if check.margin >= 0.0:
        return f", margin {number(check.margin)}"
    return f", by {number(-check.margin)} of {number(check.tolerance)} allowed"


def first_and_leaders(truth: Analysis, leaders: Sequence[tuple[str, Analysis, Any]], name: str) -> list[Shown]:
    """The truth, and after it the networks that the figures show."""
    first = Shown(f"truth ({name})", truth, np.arange(truth.path.width))
    return [first, *(Shown(label, analysis, permutation) for label, analysis, permutation in leaders)]
