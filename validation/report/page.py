"""The report's HTML: the verdict first, then the evidence, then how to reproduce it. All text is escaped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from geodepth.validation.comparison.comparison import Comparison
from geodepth.validation.comparison.verdicts import Verdict
from geodepth.validation.figures import paths_and_networks as figures

from .analysis import Analysis
from .html import figure_html, number, table, text
from .physics_page import Shown, first_and_leaders, physics_html
from .style_sheet import STYLE

if TYPE_CHECKING:
    from .report import NetworkRecord, ReportData

_VERDICT_CLASS = {
    Verdict.GLOBAL_OPTIMUM: "good",
    Verdict.LOCAL_MINIMUM: "near",
    Verdict.STATIONARY_ELSEWHERE: "near",
    Verdict.NEAR_MINIMUM: "open",
    Verdict.ON_ITS_WAY: "open",
    Verdict.COLLAPSED: "bad",
    Verdict.BELOW_TRUTH: "bad",
}

_COLUMNS = """Excess is relative; its shares of fit and norm are absolute. “Over continuous” is the relative excess over
the continuous path, extrapolated from the truth on twice and four times the layers. The residual is that of
W = L̃Bσ(A)ᵀ, zero where the network is stationary. Distances are relative: of paths and weights after the best matching
of free neurons, of kernels σ(A)ᵀσ(A) and singular values without one. Δ −(2/L̃)H is the median over p less the truth's.
k* is the bottleneck rank, in brackets its difference from the truth's. Test error is the squared error summed over
outputs, its mean over held-out samples."""


def render_page(data: ReportData, analyses: Sequence[Analysis]) -> str:
    """The whole page as text, from the data and an analysis of every truth and then every network, in their order.

    It loads nothing: style, script and figures are inside.
    """
    body = "\n".join(
        [
            f"<h1>{text(data.title)}</h1>",
            f'<p class="data">{text(data.dataset.description)}</p>',
            _verdict(data),
            _evidence(data),
            _networks(data, analyses[len(data.truths) :]),
            _truths(data),
            physics_html(
                _shown(data, analyses), analyses[: len(data.truths)], data.dataset.labels, data.dataset.class_names
            ),
            _settings(data),
        ]
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'unsafe-inline'\">\n"
        f"<title>{text(data.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n"
        "</body>\n</html>\n"
    )


def _verdict(data: ReportData) -> str:
    counts = Counter(network.comparison.verdict for network in data.networks)
    total = len(data.networks)
    if not total:
        only = "No network was trained: only the truth is shown."
        return f'<section class="verdict"><h2>Verdict</h2><p class="headline">{only}</p></section>'
    best = min(data.networks, key=lambda network: network.comparison.relative_excess)
    optimal = counts[Verdict.GLOBAL_OPTIMUM]
    tolerance = best.comparison.tolerance
    if optimal:
        headline = f"{optimal} of {total} networks found the best path known."
    else:
        headline = f"None of the {total} networks found the best path known."
    rest = "; ".join(f"{count} × {verdict.value}" for verdict, count in counts.most_common())
    below = counts[Verdict.BELOW_TRUTH]
    truth_line = (
        f"{below} networks lie below their truth: it was not yet the best, and is to be solved again."
        if below
        else "No network lies below its truth."
    )
    rows = []
    for scheme in data.schemes:
        mine = data.of_scheme(scheme)
        values = [network.comparison.relative_excess for network in mine]
        found = sum(network.comparison.verdict is Verdict.GLOBAL_OPTIMUM for network in mine)
        rows.append([
            text(scheme), f"{found} of {len(mine)}", number(min(values)), number(float(np.median(values))),
            number(max(values)),
        ])  # fmt: skip
    summary = table(["layer steps", "at the optimum", "best excess", "median excess", "worst excess"], rows)
    return (
        f'<section class="verdict"><h2>Verdict</h2><p class="headline">{headline}</p>'
        f"<p>All {total}: {text(rest)}. {truth_line}</p>"
        f"<p>Best: {text(best.name)}, {text(best.comparison.sentence)}.</p>{summary}"
        f'<p class="small">Excess is (J − J*)/J*, J the network\'s cost and J* that of the best path on the same layer '
        f"steps. Up to {tolerance:g} counts as the optimum.</p></section>"
    )


def _evidence(data: ReportData) -> str:
    parts = ["<section><h2>Evidence</h2>"]
    if data.networks:
        excess = {s: [n.comparison.relative_excess for n in data.of_scheme(s)] for s in data.schemes}
        parts.append(figure_html(
            figures.excess_by_scheme(excess, data.networks[0].comparison.tolerance),
            "How far every network's cost lies above the best path's, on its own layer steps. The bar is the median.",
        ))  # fmt: skip
    if data.losses:
        curves = {scheme: curve.costs for scheme, curve in data.losses.items()}
        late = bool(data.settings.get("stationary"))  # what follows the epochs is recorded at the last of them
        costs = {
            s: [data.truth(n.truth).path.cost for n in data.of_scheme(s)] or data.truths[0].path.cost for s in curves
        }
        parts.append(figure_html(
            figures.losses(curves, costs, {scheme: curve.epochs for scheme, curve in data.losses.items()}),
            "Training against the truth: the cost J of every network by epoch (the truth dashed), and its excess."
            + (" The drop at the last epoch is the second-order training to a stationary point." if late else ""),
        ))  # fmt: skip
    shown = [data.truths_of_scheme(scheme)[0] for scheme in data.schemes] or [data.truths[0]]
    landscapes = {t.name: ([cost for cost, _ in t.minima], [count for _, count in t.minima]) for t in shown if t.minima}
    if landscapes:
        trained = {t.name: [n.comparison.cost for n in data.networks if n.truth == t.name] for t in shown}
        parts.append(figure_html(
            figures.waterfall(landscapes, trained),
            "The landscape: the cost in which every start of the optimizer ended, sorted, beside the networks' costs.",
        ))  # fmt: skip
    parts.append("</section>")
    return "\n".join(parts)


def _shown(data: ReportData, analyses: Sequence[Analysis]) -> list[Shown]:
    """The truth of the best network, that network, and the best of two other schemes."""
    of_truth = dict(zip((truth.name for truth in data.truths), analyses, strict=False))
    of_network = {id(n): a for n, a in zip(data.networks, analyses[len(data.truths) :], strict=True)}
    best = [min(data.of_scheme(scheme), key=_excess) for scheme in data.schemes]
    leaders = sorted(best, key=_excess)[:3]
    name = leaders[0].truth if leaders else data.truths[0].name
    entries = [(n.name, of_network[id(n)], n.comparison.alignment.permutation) for n in leaders]
    return first_and_leaders(of_truth[name], entries, name)


def _excess(network: NetworkRecord) -> float:
    return network.comparison.relative_excess


def _networks(data: ReportData, analyses: Sequence[Analysis]) -> str:
    if not data.networks:
        return ""
    held_out = any(network.test_error is not None for network in data.networks)
    beyond = data.continuous is not None
    costs = ["network", "verdict", "cost J", "truth J*", "excess", "fit share", "norm share"]
    costs += [*(["over continuous"] if beyond else []), *(["test error", "truth's"] if held_out else [])]
    gaps = ["network", "residual", "path", "weights", "kernel", "spectrum A", "spectrum W", "Δ −(2/L̃)H", "k*"]
    cost_rows, gap_rows = [], []
    for network, analysis in zip(data.networks, analyses, strict=True):
        c, a = network.comparison, network.comparison.alignment
        cost_rows.append([
            text(network.name), f'<span class="mark {_VERDICT_CLASS[c.verdict]}">{text(c.phrase)}</span>',
            number(c.cost, 6), number(c.truth_cost, 6), number(c.relative_excess), number(c.excess_fit),
            number(c.excess_penalty),
            *([number(None if c.continuous is None else c.continuous.relative)] if beyond else []),
            *([number(network.test_error), number(data.truth(network.truth).test_error)] if held_out else []),
        ])  # fmt: skip
        gap_rows.append([
            text(network.name), number(c.stationarity, 2), number(a.representation_distance, 2),
            number(a.weight_distance, 2), number(a.kernel_distance, 2), number(a.representation_spectrum, 2),
            number(a.weight_spectrum, 2), number(c.physics.hamiltonian, 2), _rank(analysis, c),
        ])  # fmt: skip
    spoken = "" if data.continuous is None else f"<p>{text(data.continuous.sentence[:1].upper())}"
    spoken += "" if data.continuous is None else f"{text(data.continuous.sentence[1:])}.</p>"
    return (
        f"<section><h2>Networks</h2>{table(costs, cost_rows)}{spoken}"
        f"<h3>Distances from the truth</h3>{table(gaps, gap_rows)}"
        f'<p class="small">{_COLUMNS}</p></section>'
    )


def _rank(analysis: Analysis, comparison: Comparison) -> str:
    if analysis.phases is None:
        return "–"
    gap = comparison.physics.rank
    return str(analysis.phases.rank) + (f" ({gap:+d})".replace("-", "−") if gap else "")


def _truths(data: ReportData) -> str:
    head = ["truth", "cost J*", "lower", "upper", "bracket", "fit", "starts", "minima", "best found", "solved anew"]
    held_out = any(truth.test_error is not None for truth in data.truths)
    head += ["test error"] if held_out else []
    rows = []
    for truth in data.truths:
        width = None
        if truth.lower is not None and truth.upper:
            width = (truth.upper - truth.lower) / truth.upper
        found = truth.minima[0][1] if truth.minima else None
        rows.append([
            text(truth.name), number(truth.path.cost, 9), number(truth.lower, 9), number(truth.upper, 9),
            number(width), number(truth.path.fit), str(truth.starts), str(len(truth.minima)),
            "–" if found is None else f"{found} of {truth.starts}", f"{truth.rounds} times",
            *([number(truth.test_error)] if held_out else []),
        ])  # fmt: skip
    return (
        f"<section><h2>Ground truth</h2>{table(head, rows)}"
        '<p class="small">J* is the cost of the exact network on these layer steps. Lower and upper bracket this '
        "minimum between the relaxed and the exact problem; the bracket is their distance relative to the upper. That "
        "no lower minimum exists is supported by how often the starts found it, not proven.</p></section>"
    )


def _settings(data: ReportData) -> str:
    parts = ["<section><h2>How to reproduce this</h2>"]
    if data.command:
        parts.append(f"<pre>{text(data.command)}</pre>")
    if data.notes:
        parts.append("<ul>" + "".join(f"<li>{text(note)}</li>" for note in data.notes) + "</ul>")
    groups: list[tuple[str, Mapping[str, Any]]] = [
        ("Settings", data.settings), ("Seeds", data.seeds), ("Versions", data.versions),
        ("Seconds", {name: f"{seconds:.1f}" for name, seconds in data.seconds.items()}),
    ]  # fmt: skip
    parts.append('<div class="columns">')
    for name, entries in groups:
        if entries:
            rows = [[text(key), text(_words(value))] for key, value in entries.items()]
            parts.append(f"<div><h3>{name}</h3>{table([], rows)}</div>")
    parts.append("</div></section>")
    return "\n".join(parts)


def _words(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(str(entry) for entry in value)
    return "as the data set has it" if value is None else str(value)
