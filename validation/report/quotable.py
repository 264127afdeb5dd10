"""What a report found, in one paragraph that can be quoted without the rest."""

import numpy as np

from geodepth.validation.comparison.verdicts import Verdict

from .data import ReportData, TruthRecord
from .templating import number, percent, truth_digits

_FOUND_AGAIN = 3
"""Starts that end at one path before it is taken for the best without a doubt told (chosen by hand, as the number of
independent searches of a staged search)."""


def quotable(data: ReportData) -> str:
    """What was compared, what came of it, and how far the truth can be trusted.

    Parameters
    ----------
    data : ReportData
        What the report says.

    Returns
    -------
    str
        Plain sentences, each with its numbers.
    """
    leaders = data.leaders
    truth = data.truth(leaders[0].truth) if leaders else data.truths[0]
    return " ".join([_question(data, truth), *(_answer(data) if leaders else ()), *_trust(truth)])


def _question(data: ReportData, truth: TruthRecord) -> str:
    path = truth.path
    what = f"On {data.dataset.name} ({path.samples} samples, {len(path.inputs)} inputs, {len(path.targets)} outputs)"
    shape = f"width {path.width}, {_layers(data)} layers, effective depth {number(path.effective_depth)}"
    shape += f", weight decay {number(path.weight_decay)}"
    if not data.networks:
        return f"{what}, the representation geodesic was computed: the cheapest path of a Leaky ResNet of {shape}."
    count = len(data.networks)
    nets = "a trained Leaky ResNet" if count == 1 else f"{count} trained Leaky ResNets"
    held = "was" if count == 1 else "were"
    return f"{what}, {nets} of {shape} {held} held against the cheapest path known on the same layer steps."


def _layers(data: ReportData) -> str:
    found = sorted({record.path.layers for record in data.networks or data.truths})
    return str(found[0]) if len(found) == 1 else f"{found[0]} to {found[-1]}"


def _answer(data: ReportData) -> tuple[str, ...]:
    count, best = len(data.networks), data.leaders[0]
    at_best = sum(network.comparison.verdict is Verdict.BEST_KNOWN for network in data.networks)
    reached = "None" if at_best == 0 else "All" if at_best == count else f"{at_best} of {count}"
    found = f"{reached} came within {percent(best.comparison.tolerance)} of its cost."
    excess = f"The best network ({best.name}) costs {_more(best.excess)}"
    if count > 1:
        excess += f", the median network {_more(float(np.median([network.excess for network in data.networks])))}"
    return found, f"{excess}."


def _more(excess: float) -> str:
    return f"{percent(-excess)} less" if excess < 0.0 else f"{percent(excess)} more"


def _trust(truth: TruthRecord) -> tuple[str, ...]:
    cost = truth.path.cost
    said = [f"The path's cost is J* = {number(cost, truth_digits(truth.bracket))} on {truth.name} steps."]
    if truth.search:
        said.append(f"The search for it is {truth.search['words']}.")
    elif truth.minima and truth.starts:
        found = truth.minima[0][1]
        doubt = "" if found >= _FOUND_AGAIN else ", so a cheaper one may well exist"
        said.append(f"{found} of {truth.starts} starts found it{doubt}.")
    if truth.proven:
        said.append(f"It is proven that no path costs less than {percent(truth.proven / cost)} of that.")
    return tuple(said)
