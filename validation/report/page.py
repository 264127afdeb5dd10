"""The report's page: the verdict first, then the evidence, then how to reproduce it.

What the page says, and in which order, stands in the folder of templates, a file for each section. Here is counted
what the sections need.
"""

from collections import Counter
from typing import Any

import numpy as np

from geodepth.validation.comparison.verdicts import Verdict
from geodepth.validation.theory.errata import errata

from .analysis import Analyses
from .data import ReportData
from .explorer import explorer_data
from .page_figures import (
    choose_shown,
    depth_cost_figure,
    depth_figures,
    excess_figure,
    landscape_figure,
    search_figures,
    training_figure,
)
from .templating import render

# How the paper prints each of `errata`.
_IN_THE_PAPER = ("corrected", "as printed", "as printed", "as printed, with a bias")


def render_page(data: ReportData, analyses: Analyses) -> str:
    """The whole page as text. It loads nothing: style, script and figures are inside.

    Parameters
    ----------
    data : ReportData
        What the report says.
    analyses : Analyses
        What was measured of its paths.
    """
    shown = choose_shown(data, analyses)
    return render(
        "report",
        data=data,
        verdict=_verdict(data) if data.networks else None,
        excess=excess_figure(data),
        depth_cost=depth_cost_figure(data),
        training=training_figure(data),
        landscape=landscape_figure(data),
        searches=search_figures(data),
        networks=list(zip(data.networks, analyses.networks, strict=True)),
        held_out={
            "networks": any(network.test_error is not None for network in data.networks),
            "truths": any(truth.test_error is not None for truth in data.truths),
        },
        shown=shown,
        explorer=explorer_data(
            [entry.path for entry in shown],
            data.dataset.labels,
            data.dataset.class_names,
            [entry.permutation for entry in shown],
        ),
        figures=depth_figures(data, shown),
        statements=list(zip(*(entry.analysis.checks for entry in shown), strict=True)),
        widths=analyses.theorem_4_widths(),
        errata=list(zip(errata(), _IN_THE_PAPER, strict=True)),
    )


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
