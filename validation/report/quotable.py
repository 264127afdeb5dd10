"""What a report found, in one paragraph that can be quoted without the rest."""

import numpy as np

from geodepth.validation.comparison.verdicts import Verdict

from .data import ReportData, TruthRecord
from .templating import number, percent, truth_digits

MORE = 4
"""Times as many starts as before are advised where too few found the best path (chosen by hand)."""


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
    answer = _answer(data) if data.networks else ()
    return " ".join([_question(data, data.cited), *answer, *_trust(data), *_consequence(data)])


def advice(data: ReportData) -> str | None:
    """Which options would make it surer that the best path known is the best; None where nothing is in doubt.

    Parameters
    ----------
    data : ReportData
        What the report says; its settings name the options.
    """
    doubted = [truth for truth in _told(data) if not truth.settled]
    options = list(dict.fromkeys(filter(None, (_option(data, truth) for truth in doubted))))
    if not options:
        return None
    return (
        f"To look for a cheaper path, give the same command {' '.join(options)} and the same folder: networks and "
        "truths that are finished are kept, and the cheapest path counts."
    )


def _option(data: ReportData, truth: TruthRecord) -> str | None:
    """The option of the command that looks for this truth at more places, and how much of it."""
    given = data.settings
    if truth.search:
        made = [other.search.get("searches", 0) for other in data.truths if other.search]
        return f"--searches {2 * max(made)}" if "searches" in given and max(made) else None
    name = "adaptive_starts" if given.get("starts") is None or truth.name.startswith("adaptive") else "starts"
    known = name in given and truth.name != "given"
    return f"--{name.replace('_', '-')} {MORE * max(given[name] or 0, 2)}" if known else None


def _question(data: ReportData, truth: TruthRecord) -> str:
    path = truth.path
    sizes = ((path.samples, "sample"), (len(path.inputs), "input"), (len(path.targets), "output"))
    what = f"On {data.dataset.name} ({', '.join(f'{n} {of}' if n == 1 else f'{n} {of}s' for n, of in sizes)})"
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


def _told(data: ReportData) -> list[TruthRecord]:
    """The truths whose evidence is told: the one that is cited, and the one that was searched in stages."""
    searched = [truth for truth in data.truths if truth.search]
    return list(dict.fromkeys([data.cited, *searched[:1]]))


def evidence(truth: TruthRecord) -> str | None:
    """How the path was found, in a few words: what a search says of itself, or how many starts ended there."""
    if truth.search:
        return str(truth.search["words"])
    return f"found by {truth.minima[0][1]} of {truth.starts} starts" if truth.minima and truth.starts else None


def _consequence(data: ReportData) -> tuple[str, ...]:
    """What doubt of the truth does to the answer: a cheaper path only makes networks look worse."""
    if not data.networks or all(truth.settled for truth in _told(data)):
        return ()
    at_best = sum(network.comparison.verdict is Verdict.BEST_KNOWN for network in data.networks)
    found = f"the finding that {at_best or 'none'} reached the best path"
    stands = f"{found} may not stand" if at_best else f"{found} stands"
    return (
        "While a cheaper path may exist, the excesses are lower bounds: beside it every network would look worse, and "
        f"{stands}.",
    )


def _trust(data: ReportData) -> tuple[str, ...]:
    truth, *others = _told(data)
    cost = truth.path.cost
    said = [f"The path's cost is J* = {number(cost, truth_digits(truth.bracket))} on {truth.name} steps."]
    if truth.search:
        said.append(f"The search for it is {truth.search['words']}.")
    elif truth.minima and truth.starts:
        found = truth.minima[0][1]
        doubt = "" if truth.settled else ", so a cheaper one may well exist"
        said.append(f"{found} of {truth.starts} starts found it{doubt}.")
    said.extend(f"The staged search, on {other.name} steps, is {evidence(other)}." for other in others)
    if truth.proven:
        said.append(f"It is proven that no path costs less than {percent(truth.proven / cost)} of that.")
    return tuple(said)
