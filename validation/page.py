"""The report's HTML: the verdict first, then the evidence, then how to reproduce it. All text is escaped."""

from __future__ import annotations

import base64
import html
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from . import figures
from .comparison import Verdict
from .energies import compute_energies
from .page_style import STYLE
from .styles import to_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from .report import NetworkRecord, ReportData, TruthRecord

_VERDICT_CLASS = {
    Verdict.GLOBAL_OPTIMUM: "good",
    Verdict.LOCAL_MINIMUM: "near",
    Verdict.STATIONARY_ELSEWHERE: "near",
    Verdict.ON_ITS_WAY: "open",
    Verdict.COLLAPSED: "bad",
    Verdict.BELOW_TRUTH: "bad",
}


def render_page(data: ReportData) -> str:
    """The whole page as text. It loads nothing: style and figures are inside."""
    body = "\n".join([
        f"<h1>{_text(data.title)}</h1>",
        f'<p class="data">{_text(data.dataset.description)}</p>',
        _verdict(data),
        _evidence(data),
        _networks(data),
        _truths(data),
        _settings(data),
    ])
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'unsafe-inline'\">\n"
        f"<title>{_text(data.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n"
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
        headline = f"{optimal} of {total} networks found the optimal path."
    else:
        headline = f"None of the {total} networks found the optimal path."
    rest = "; ".join(f"{count} {verdict.value}" for verdict, count in counts.most_common())
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
            _text(scheme), f"{found} of {len(mine)}", _number(min(values)), _number(float(np.median(values))),
            _number(max(values)),
        ])  # fmt: skip
    table = _table(["layer steps", "at the optimum", "best excess", "median excess", "worst excess"], rows)
    return (
        f'<section class="verdict"><h2>Verdict</h2><p class="headline">{headline}</p>'
        f"<p>All {total}: {_text(rest)}. {truth_line}</p>"
        f"<p>Best: {_text(best.name)}, {_text(best.comparison.sentence)}.</p>{table}"
        f'<p class="small">Excess is (J − J*)/J*, J the network\'s cost and J* that of the best path on the same layer '
        f"steps. Up to {tolerance:g} counts as the optimum.</p></section>"
    )


def _evidence(data: ReportData) -> str:
    parts = ["<section><h2>Evidence</h2>"]
    if data.networks:
        excess = {s: [n.comparison.relative_excess for n in data.of_scheme(s)] for s in data.schemes}
        parts.append(_figure(
            figures.excess_by_scheme(excess, data.networks[0].comparison.tolerance),
            "How far every network's cost lies above the best path's, on its own layer steps. The bar is the median.",
        ))  # fmt: skip
    if data.losses:
        curves = {scheme: curve.costs for scheme, curve in data.losses.items()}
        costs = {
            s: [data.truth(n.truth).path.cost for n in data.of_scheme(s)] or data.truths[0].path.cost for s in curves
        }
        parts.append(_figure(
            figures.losses(curves, costs, {scheme: curve.epochs for scheme, curve in data.losses.items()}),
            "Training against the truth: the cost J of every network by epoch (the truth dashed), and its excess.",
        ))  # fmt: skip
    shown = {scheme: data.truths_of_scheme(scheme)[0] for scheme in data.schemes} or {"": data.truths[0]}
    landscapes = {
        s or t.name: ([cost for cost, _ in t.minima], [count for _, count in t.minima])
        for s, t in shown.items() if t.minima
    }  # fmt: skip
    if landscapes:
        trained = {s: [n.comparison.cost for n in data.of_scheme(s) if n.truth == t.name] for s, t in shown.items()}
        parts.append(_figure(
            figures.waterfall(landscapes, trained),
            "The landscape: the cost in which every start of the optimizer ended, sorted, beside the networks' costs.",
        ))  # fmt: skip
    parts.extend(_paths(data))
    parts.append("</section>")
    return "\n".join(parts)


def _paths(data: ReportData) -> Iterable[str]:
    """The figures along p: the truth of the best network, that network, and the best of two other schemes."""
    truth: TruthRecord = data.truths[0]
    chosen: list[NetworkRecord] = []
    if data.networks:
        leaders = [
            min(data.of_scheme(scheme), key=lambda network: network.comparison.relative_excess)
            for scheme in data.schemes
        ]
        chosen = sorted(leaders, key=lambda network: network.comparison.relative_excess)[:3]
        truth = data.truth(chosen[0].truth)
    paths = [truth.path.renamed(f"truth ({truth.name})"), *(n.path.renamed(n.name) for n in chosen)]
    which = "the truth and the best network of each scheme" if chosen else "the truth"
    yield _figure(
        figures.paths_2d(
            paths, data.dataset.labels, data.dataset.class_names,
            [np.arange(truth.path.width), *(n.comparison.alignment.permutation for n in chosen)],
        ),
        f"The way of every sample from input (open) to output (filled), in one plane for all: {which}.",
    )  # fmt: skip
    yield _figure(
        figures.spectra(paths),
        f"Singular values of representations A and weights W along p: {which}. Few large ones in the middle mean a "
        "bottleneck.",
    )
    measured = {path.label: compute_energies(path) for path in paths}
    yield _figure(
        figures.energies(measured),
        "Kinetic energy, potential energy and Hamiltonian along p; below them two estimates of the bottleneck rank. "
        "Energies are taken with K + γI, γ = 10⁻⁴‖σ(A)‖², where they are finite.",
    )


def _networks(data: ReportData) -> str:
    if not data.networks:
        return ""
    held_out = any(network.test_error is not None for network in data.networks)
    head = ["network", "verdict", "cost J", "truth J*", "excess", "fit share", "norm share", "residual", "distance"]
    head += ["kernel", *(["test error"] if held_out else [])]
    rows = []
    for network in data.networks:
        c = network.comparison
        mark = _VERDICT_CLASS[c.verdict]
        rows.append([
            _text(network.name), f'<span class="mark {mark}">{_text(c.phrase)}</span>', _number(c.cost, 6),
            _number(c.truth_cost, 6), _number(c.relative_excess), _number(c.excess_fit), _number(c.excess_penalty),
            _number(c.stationarity), _number(c.alignment.representation_distance),
            _number(c.alignment.kernel_distance), *([_number(network.test_error)] if held_out else []),
        ])  # fmt: skip
    return (
        f"<section><h2>Networks</h2>{_table(head, rows)}"
        '<p class="small">Excess is relative; its shares of fit and norm are absolute. The residual is that '
        "of W = L̃Bσ(A)ᵀ, zero where the network is stationary. Distances are relative, of the paths after the best "
        "matching of free neurons, and of the kernels σ(A)ᵀσ(A), which need none. Test error is the mean squared "
        "error summed over outputs.</p></section>"
    )


def _truths(data: ReportData) -> str:
    head = ["truth", "cost J*", "lower", "upper", "bracket", "fit", "starts", "minima", "best found", "solved anew"]
    rows = []
    for truth in data.truths:
        width = None
        if truth.lower is not None and truth.upper:
            width = (truth.upper - truth.lower) / truth.upper
        found = truth.minima[0][1] if truth.minima else None
        rows.append([
            _text(truth.name), _number(truth.path.cost, 9), _number(truth.lower, 9), _number(truth.upper, 9),
            _number(width), _number(truth.path.fit), str(truth.starts), str(len(truth.minima)),
            "–" if found is None else f"{found} of {truth.starts}", f"{truth.rounds} times",
        ])  # fmt: skip
    return (
        f"<section><h2>Ground truth</h2>{_table(head, rows)}"
        '<p class="small">J* is the cost of the exact network on these layer steps. Lower and upper bracket this '
        "minimum between the relaxed and the exact problem; the bracket is their distance relative to the upper. That "
        "no lower minimum exists is supported by how often the starts found it, not proven.</p></section>"
    )


def _settings(data: ReportData) -> str:
    parts = ["<section><h2>How to reproduce this</h2>"]
    if data.command:
        parts.append(f"<pre>{_text(data.command)}</pre>")
    if data.notes:
        parts.append("<ul>" + "".join(f"<li>{_text(note)}</li>" for note in data.notes) + "</ul>")
    groups: list[tuple[str, Mapping[str, Any]]] = [
        ("Settings", data.settings), ("Seeds", data.seeds), ("Versions", data.versions),
        ("Seconds", {name: f"{seconds:.1f}" for name, seconds in data.seconds.items()}),
    ]  # fmt: skip
    parts.append('<div class="columns">')
    for name, entries in groups:
        if entries:
            rows = [[_text(key), _text(value)] for key, value in entries.items()]
            parts.append(f"<div><h3>{name}</h3>{_table([], rows)}</div>")
    parts.append("</div></section>")
    return "\n".join(parts)


def _figure(figure: Figure, caption: str) -> str:
    # As an image of its own, a figure cannot collide with the identifiers of another.
    encoded = base64.b64encode(to_svg(figure).encode()).decode()
    return (
        f'<figure><img src="data:image/svg+xml;base64,{encoded}" alt="{_text(caption)}">'
        f"<figcaption>{_text(caption)}</figcaption></figure>"
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table from a plain head and cells that are already HTML."""
    top = f"<thead><tr>{''.join(f'<th>{_text(cell)}</th>' for cell in head)}</tr></thead>" if head else ""
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table>{top}<tbody>{body}</tbody></table></div>'


def _number(value: float | None, digits: int = 3) -> str:
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value:.{digits}g}".replace("-", "−")


def _text(value: Any) -> str:
    return html.escape(str(value), quote=True)
