"""Several reports side by side: one page, and its numbers as JSON."""

import dataclasses
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from geodepth.foundation.files.atomic_files import write_atomically
from geodepth.validation.errors import ValidationError
from geodepth.validation.figures.costs.excess_by_scheme import excess_by_scheme

from .runs import Run, Scheme, remarks
from .templating import measured, number, percent, render, truth_digits, words


def write_side_by_side(runs: Sequence[Run], folder: str | Path) -> Path:
    """Write runs.html, which sets reports side by side, and its numbers as runs.json.

    Parameters
    ----------
    runs : sequence of Run
        At least two.
    folder : str or Path
        Made where it does not exist.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    ValidationError
        The folder cannot be written.
    """
    page = Path(folder) / "runs.html"
    numbers = json.dumps(side_by_side_numbers(runs), indent=1, allow_nan=False, ensure_ascii=False)
    write_atomically(page.with_suffix(".json"), numbers.encode(errors="backslashreplace"), ValidationError)
    differing, shared = _facts(runs)
    excesses = {run.name: run.excesses for run in runs if run.excesses}
    content = render(
        "side_by_side",
        runs=runs,
        links=[Path(os.path.relpath(run.page.resolve(), page.parent.resolve())).as_posix() for run in runs],
        headline=headline(runs),
        remarks=remarks(runs),
        findings=[(name, [of(run) for run in runs]) for name, of in _findings(runs)],
        schemes=_schemes(runs),
        differing=differing,
        shared=shared,
        excess=excess_by_scheme(excesses, max(run.tolerance for run in runs)) if excesses else None,
    )
    return write_atomically(page, content.encode(errors="backslashreplace"), ValidationError)


def side_by_side_numbers(runs: Sequence[Run]) -> dict[str, Any]:
    """The page's numbers, ready for JSON.

    Parameters
    ----------
    runs : sequence of Run
        As they were read.

    Returns
    -------
    dict
        headline, remarks, and runs: each with the attributes of `Run`, but for the layer steps of its truths.
    """
    entries = [
        {key: value for key, value in dataclasses.asdict(run).items() if key != "costs"} | {"page": str(run.page)}
        for run in runs
    ]
    return {
        "format": "geodepth runs",
        "format_version": 1,
        "headline": headline(runs),
        "remarks": remarks(runs),
        "runs": entries,
    }


def headline(runs: Sequence[Run]) -> str:
    """How the runs compare, in one sentence."""
    trained = [run for run in runs if run.networks]
    if not trained:
        return f"{len(runs)} runs without networks: only their truths are shown."
    best = min(trained, key=lambda run: run.networks.median if run.networks else 0.0)
    assert best.networks is not None
    found = ", ".join(
        f"{run.networks.at_best} of {run.networks.networks} in {run.name}" for run in trained if run.networks
    )
    return (
        f"At the best path known are {found}; the median excess is least in {best.name}, "
        f"{percent(best.networks.median)}."
    )


def _findings(runs: Sequence[Run]) -> list[tuple[str, Callable[[Run], Any]]]:
    """The rows of the first table: a name, and the cell of a run."""

    def whole(name: str) -> Callable[[Run], Any]:
        top = max((abs(getattr(run.networks, name)) for run in runs if run.networks), default=0.0)
        return lambda run: _share(getattr(run.networks, name) if run.networks else None, top)

    def of_best(name: str) -> Callable[[Run], Any]:
        top = max((run.best[name] or 0.0 for run in runs if run.best), default=0.0)
        return lambda run: _bar(run.best[name] if run.best else None, top)

    return [
        ("at the best path known", lambda run: _count(run.networks)),
        ("best excess", whole("best")),
        ("median excess", whole("median")),
        ("worst excess", whole("worst")),
        ("best network", lambda run: run.best["name"] if run.best else "–"),
        ("its verdict", lambda run: run.best["verdict"] if run.best else "–"),
        ("its residual", of_best("residual")),
        ("its path's distance", of_best("path distance")),
        ("its weights' distance", of_best("weight distance")),
        ("its kernels' distance", of_best("kernel distance")),
        ("its test error", of_best("test_error")),
        ("the truth's test error", lambda run: number(run.truth["test_error"])),
        ("cost J* of its truth", lambda run: number(run.truth["cost"], truth_digits(run.truth["bracket"]))),
        ("bracket", lambda run: number(run.truth["bracket"], 2)),
        ("proven", lambda run: percent(run.truth["proven"])),
        ("search", lambda run: run.truth["search"] or "–"),
        ("seconds, without what was kept", lambda run: f"{run.seconds:.0f}"),
    ]


def _count(scheme: Scheme | None) -> str:
    return f"{scheme.at_best} of {scheme.networks}" if scheme else "–"


def _share(value: float | None, top: float) -> dict[str, Any]:
    return measured(value, percent(value), top)


def _bar(value: float | None, top: float) -> dict[str, Any]:
    return measured(value, number(value, 2, zeros=True), top)


def _schemes(runs: Sequence[Run]) -> list[tuple[str, list[Any]]]:
    """By scheme and run, how many are at the best known, and the median excess as a bar."""
    names = dict.fromkeys(name for run in runs for name in run.schemes)
    medians = [scheme.median for run in runs for scheme in run.schemes.values()]

    def cell(scheme: Scheme | None) -> Any:
        if scheme is None:
            return "–"
        told = f"{percent(scheme.median)} ({percent(scheme.best)} to {percent(scheme.worst)}), {_count(scheme)}"
        return measured(scheme.median, told, max(medians))

    return [(name, [cell(run.schemes.get(name)) for run in runs]) for name in names]


def _facts(runs: Sequence[Run]) -> tuple[list[tuple[str, list[str]]], list[tuple[str, str]]]:
    """What the runs were asked to do: where they differ, and what is the same in all."""
    differing, shared = list[tuple[str, list[str]]](), list[tuple[str, str]]()
    for name in dict.fromkeys(name for run in runs for name in run.facts):
        told = [words(run.facts[name]) if name in run.facts else "–" for run in runs]
        if len(set(told)) > 1:
            differing.append((name, told))
        else:
            shared.append((name, told[0]))
    return differing, shared
