"""The report's page: the verdict first, then the evidence, then how to reproduce it.

What the page says, and in which order, stands in the folder of templates, a file for each section. Here is counted
what the sections need.
"""

from collections import Counter
from typing import Any

import numpy as np

from geodepth.validation.comparison.comparison import Comparison
from geodepth.validation.comparison.verdicts import Verdict, conditions
from geodepth.validation.theory.errata import errata

from .analysis import Analyses
from .data import NetworkRecord, ReportData, TruthRecord
from .explorer import explorer_data
from .page_figures import PageFigures
from .quotable import advice, quotable
from .templating import measured as cell
from .templating import percent, render
from .theory_options import options

# Rows that a reader takes in at a glance (chosen by eye): of longer tables the best are shown, the rest on demand.
_FEW = 6

# How the paper prints each of `errata`.
_IN_THE_PAPER = ("corrected", "as printed", "as printed", "as printed, with a bias")


def render_page(data: ReportData, analyses: Analyses, drawn: PageFigures) -> str:
    """The whole page as text. It loads nothing: style, script and figures are inside.

    Parameters
    ----------
    data : ReportData
        What the report says.
    analyses : Analyses
        What was measured of its paths.
    drawn : PageFigures
        Its figures.
    """
    shown = drawn.shown
    measured = list(zip(data.networks, analyses.networks, strict=True))
    return render(
        "report",
        data=data,
        verdict=_verdict(data) if data.networks else None,
        conditions=[(verdict.value, words) for verdict, words in conditions().items()],
        excess=drawn.evidence.get("excess"),
        depth_cost=drawn.evidence.get("depth_cost"),
        training=drawn.evidence.get("training"),
        landscape=drawn.evidence.get("landscape"),
        searches=drawn.searches,
        quote=quotable(data),
        advice=advice(data),
        networks=measured,
        leading=[pair for pair in measured if pair[0] in data.leaders] if len(measured) > _FEW else [],
        leading_truths=_leading_truths(data),
        shares=_shares,
        gaps=_gaps,
        tops=_tops(data),
        held_out={
            "networks": any(network.test_error is not None for network in data.networks),
            "truths": any(truth.test_error is not None for truth in data.truths),
            "mean": data.dataset.error_of_the_mean,
        },
        shown=shown,
        explorer=explorer_data(
            [entry.path for entry in shown],
            data.dataset.labels,
            data.dataset.class_names,
            [entry.permutation for entry in shown],
        ),
        figures=drawn.depth,
        statements=[
            (checks, options(checks, [entry.path for entry in shown], data))
            for checks in zip(*(entry.analysis.checks for entry in shown), strict=True)
        ],
        widths=analyses.theorem_4_widths(),
        errata=list(zip(errata(), _IN_THE_PAPER, strict=True)),
    )


def _leading_truths(data: ReportData) -> list[TruthRecord]:
    """The truths of the best network of each scheme, or all where they are few."""
    if len(data.truths) <= _FEW:
        return list(data.truths)
    wanted = {network.truth for network in data.leaders} or {data.truths[0].name}
    return [truth for truth in data.truths if truth.name in wanted]


def _shares(found: Comparison) -> list[dict[str, Any]]:
    """The parts of the excess, relative as it is."""
    parts = [part / found.truth_cost for part in (found.excess_fit, found.excess_penalty)]
    return [cell(part, percent(part)) for part in parts]


def _gaps(network: NetworkRecord) -> dict[str, float]:
    """How far a network is from its truth, in the order of the table's columns."""
    gaps = network.comparison.alignment
    return {
        "residual": network.comparison.stationarity,
        "path": gaps.representation_distance,
        "weights": gaps.weight_distance,
        "kernel": gaps.kernel_distance,
        "spectrum A": gaps.representation_spectrum,
        "spectrum W": gaps.weight_spectrum,
    }


def _tops(data: ReportData) -> dict[str, float]:
    """The largest number of each column with bars, over all networks, so that folding changes no bar."""
    every = [{"excess": network.excess, **_gaps(network)} for network in data.networks]
    return {name: max(row[name] for row in every) for name in every[0]} if every else {}


def _verdict(data: ReportData) -> dict[str, Any]:
    """How many networks came to which verdict, the best of them, and the excesses by scheme."""
    counts = Counter(network.comparison.verdict for network in data.networks)
    schemes = {scheme: [network.excess for network in data.of_scheme(scheme)] for scheme in data.schemes}
    return {
        "optimal": counts[Verdict.BEST_KNOWN],
        "below": counts[Verdict.BELOW_TRUTH],
        "counts": [(verdict.value, count) for verdict, count in counts.most_common()],
        "best": data.leaders[0],
        "schemes": [
            {
                "name": scheme,
                "found": sum(n.comparison.verdict is Verdict.BEST_KNOWN for n in data.of_scheme(scheme)),
                "networks": len(values),
                "best": min(values),
                "median": float(np.median(values)),
                "worst": max(values),
            }
            for scheme, values in schemes.items()
        ],
    }
