"""Plots of solutions; Matplotlib is imported only when one is asked for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geodepth.control.model.errors import CHECKS, check_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's palette, which colour-blind readers can tell apart.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MOST_LINES = 12
"""Of one kind (chosen by hand): more cannot be told apart."""
ALIKE = 20.0
"""By how much the largest values in a panel may differ (chosen by hand): what is smaller looks flat."""
ROUNDING = 1e-15
"""Of the largest value of its kind (chosen by hand): what stays below it is drawn as the zero that it stands for."""
FLAT = 1e-6
"""Of the largest value in a panel (chosen by hand): a smaller change is drawn flat, for it is what a solver leaves."""
CLOSE = 0.04
"""Share of the time axis that the name of a phase needs (chosen by hand)."""
FEW = 4
"""Panels up to which they are high (chosen by hand)."""
LONGEST = 24
"""Letters of names beside a panel (chosen by hand); a longer list is in the legend alone."""


def written(name: str) -> str:
    """A name as Matplotlib is to write it: as a formula where it is one, "$\\theta$" say, and else letter by letter."""
    if "$" not in name:
        return name
    from matplotlib.mathtext import MathTextParser

    bare = re.findall(r"(?<!\\)\$", name)
    with suppress(Exception):  # Its parser raises what its grammar does.
        if len(bare) % 2 == 0:
            MathTextParser("path").parse(name)
            return name
    return re.sub(r"(?<!\\)\$", r"\\$", name)


def panels(size: tuple[float, float], labels: Sequence[str]) -> tuple[Figure, Sequence[Axes]]:
    """A figure of this width and height in inches, with one panel above another for each of these labels."""
    from matplotlib.figure import Figure as NewFigure

    figure = NewFigure(figsize=size, layout="constrained")
    axes = list(figure.subplots(len(labels), 1, sharex=True, squeeze=False)[:, 0])
    for axis, label in zip(axes, labels, strict=True):
        axis.set_ylabel(label)
        axis.grid(alpha=0.25)
    return figure, axes


class Curve(NamedTuple):
    """One line of a plot: a name in one phase, against time; NaN parts what may jump, and points stand alone."""

    name: str
    times: np.ndarray
    values: np.ndarray
    points: bool = False


def plot_phases(title: str, phases: Sequence[Any], names: Sequence[str] | None = None) -> Figure:
    """Panels of states, controls, algebraic variables if any, and costates, of one Solution or of all phases in a row.

    What differs much in size stands in panels of its own. A dotted line stands where one phase ends and the next
    begins; the names of phases are at the top.

    Raises
    ------
    ProblemError
        No phase has one of the names.
    """
    known = list(dict.fromkeys(n for p in phases for n in (*p.state_names, *p.control_names, *p.algebraic_names)))
    if names is not None:
        if isinstance(names, str) or not isinstance(names, Sequence) or not names:
            raise CHECKS.refusal("names", names, "a sequence of names, as in ('x', 'u')")
        check_names("names", names, known)
    rows = [
        (kind, group)
        for kind, drawn in _KINDS.items()
        for group in _alike([c for p in phases for c in drawn(p) if names is None or c.name in names])
    ]
    figure, axes = panels((7.0, (2.5 if len(rows) <= FEW else 1.8) * len(rows)), _labels(rows))
    for axis, (kind, group) in zip(axes, rows, strict=True):
        own = list(dict.fromkeys(curve.name for other, curves in rows if other == kind for curve in curves))
        own.sort(key=known.index)
        for curve in group:
            _line(axis, curve, PALETTE[own.index(curve.name) % len(PALETTE)])
        _keep_flat(axis)
        axis.legend(loc="best", fontsize="small", ncols=2 if len(axis.lines) > 4 else 1)
        for phase in phases[1:]:
            axis.axvline(phase.times[0], color="black", lw=0.8, ls=":")
    if len(phases) > 1:
        _name_phases(axes[0], phases)
    axes[-1].set_xlabel("time")
    if all(phase.in_steps for phase in phases):
        axes[-1].set_xlabel("step")
        axes[-1].locator_params("x", integer=True)
    axes[0].set_title(written(title))
    return figure


def _keep_flat(axis: Axes) -> None:
    low, high = axis.get_ylim()
    least = FLAT * max(abs(low), abs(high))
    if high - low < least:
        axis.set_ylim((low + high - least) / 2, (low + high + least) / 2)


def _name_phases(axis: Axes, phases: Sequence[Any]) -> None:
    """Names where phases begin; those that begin close to each other share a place."""
    apart = CLOSE * float(phases[-1].times[-1] - phases[0].times[0])
    places: dict[float, list[str]] = {}
    for phase in phases:
        start = float(phase.times[0])
        place = next((other for other in places if abs(start - other) < apart), start)
        places.setdefault(place, []).append(phase.problem_name)
    labels = [", ".join(map(written, names)) for names in places.values()]
    top = axis.secondary_xaxis("top")
    top.set_xticks(list(places), labels, rotation=25, ha="left", fontsize="small", rotation_mode="anchor")
    # Above the power of ten that Matplotlib writes beside the axis.
    top.tick_params(pad=9)


def _states(phase: Any) -> list[Curve]:
    if phase.in_steps:
        return _at_nodes(phase, phase.states)
    fine = np.unique(np.concatenate([np.linspace(phase.times[0], phase.times[-1], 600), phase.times]))
    return [Curve(n, fine, values) for n, values in zip(phase.state_names, phase.sample(fine).states.T, strict=True)]


def _controls(phase: Any) -> list[Curve]:
    """Controls may jump at nodes: each interval is drawn by itself, with a gap between; those of steps are stairs."""
    last = -1 if phase.control_values.shape[1] > 1 else 0
    return _pieces(phase, phase.control_names, np.array([0.0, 1.0]), phase.control_values[:, [0, last]])


def _algebraic(phase: Any) -> list[Curve]:
    """Those that hold controls may jump too."""
    if not phase.algebraic_names:
        return []
    if phase.in_steps:
        return _pieces(phase, phase.algebraic_names, np.array([0.0, 1.0]), phase.algebraic_values[:, [0, 0]])
    return _pieces(phase, phase.algebraic_names, phase.algebraic_points, phase.algebraic_values)


def _pieces(phase: Any, names: Sequence[str], points: np.ndarray, values: np.ndarray) -> list[Curve]:
    """Values (K, q, n) at the points of every interval (q,), which is drawn by itself."""
    gaps = np.zeros((phase.times.size - 1, 0 if phase.in_steps else 1)) + np.nan
    inside = phase.times[:-1, None] + np.diff(phase.times)[:, None] * points
    times = np.column_stack([inside, gaps]).ravel()
    pieces = (np.column_stack([v, gaps]).ravel() for v in np.moveaxis(values, 2, 0))
    return [Curve(name, times, values) for name, values in zip(names, pieces, strict=True)]


def _costates(phase: Any) -> list[Curve]:
    return _at_nodes(phase, phase.costates)


def _at_nodes(phase: Any, table: np.ndarray) -> list[Curve]:
    named = zip(phase.state_names, table.T, strict=True)
    return [Curve(name, phase.times, values, phase.in_steps) for name, values in named]


_KINDS: Mapping[str, Callable[[Any], list[Curve]]] = {
    "state": _states,
    "control": _controls,
    "algebraic": _algebraic,
    "costate ∂V/∂x": _costates,
}


def _alike(curves: list[Curve]) -> list[list[Curve]]:
    """The curves in groups of like size, in the order of their names."""
    names = list(dict.fromkeys(curve.name for curve in curves))[:MOST_LINES]
    reach = dict.fromkeys(names, 0.0)
    for curve in curves:
        if curve.name in reach:
            finite = np.abs(curve.values[np.isfinite(curve.values)])
            reach[curve.name] = max(reach[curve.name], float(np.max(finite, initial=0.0)))
    flat, groups = ROUNDING * max(reach.values(), default=0.0), list[list[str]]()
    for name in sorted(names, key=lambda n: -reach[n]):
        if groups and (reach[name] <= flat or ALIKE * reach[name] >= reach[groups[-1][0]]):
            groups[-1].append(name)
        else:
            groups.append([name])
    groups.sort(key=lambda group: min(map(names.index, group)))
    return [[curve for curve in curves if curve.name in group] for group in groups]


def _labels(rows: Sequence[tuple[str, list[Curve]]]) -> list[str]:
    """The kind, where it has one panel; the names in a panel where it has several."""
    count = Counter(kind for kind, _ in rows)
    found = []
    for kind, group in rows:
        names = ", ".join(dict.fromkeys(curve.name for curve in group))
        drawn = ", ".join(dict.fromkeys(written(curve.name) for curve in group))
        own = f"costate of\n{drawn}" if kind.startswith("costate") else drawn
        found.append(kind if count[kind] == 1 or len(names) > LONGEST else own)
    return found


def plot_portrait(title: str, phases: Sequence[Any], across: str, up: str) -> Figure:
    """One state or control against another along the path, with its start, its end and its direction.

    Raises
    ------
    ProblemError
        No phase has both names.
    """
    drawn = [phase for phase in phases if {across, up} <= _names(phase)]
    if not drawn:
        known = sorted(set().union(*(_names(phase) for phase in phases)))
        raise CHECKS.refusal("plot_portrait", f"{across}, {up}", f"two names of {', '.join(known[:20])}")
    figure, axes = panels((5.5, 5.0), (written(up),))
    axis = axes[0]
    paths = [_along(phase, across, up) for phase in drawn]
    for number, (phase, (x, y)) in enumerate(zip(drawn, paths, strict=True)):
        name = written(phase.problem_name) if 1 < len(drawn) <= len(PALETTE) else None
        axis.plot(
            x,
            y,
            ".-" if phase.in_steps else "-",
            color=PALETTE[number % len(PALETTE)],
            lw=0.5 if phase.in_steps else None,
            label=name,
        )
        middle = (len(x) - 1) // 2
        axis.annotate(
            "",
            (x[middle + 1], y[middle + 1]),
            (x[middle], y[middle]),
            arrowprops={"arrowstyle": "-|>", "color": PALETTE[number % len(PALETTE)]},
        )
    (x, y), (across_end, up_end) = paths[0], paths[-1]
    axis.plot(x[0], y[0], "o", color="black", label="start")
    axis.plot(across_end[-1], up_end[-1], "s", color="black", label="end")
    axis.set_xlabel(written(across))
    axis.set_title(written(title), fontsize="medium")
    axis.legend(fontsize="small")
    return figure


def _names(phase: Any) -> set[str]:
    return {*phase.state_names, *phase.control_names, *phase.algebraic_names}


def _along(phase: Any, *names: str) -> list[np.ndarray]:
    """The states or controls of these names at 600 times, in discrete time at every step."""
    path = phase.sample(phase.times if phase.in_steps else np.linspace(phase.times[0], phase.times[-1], 600))
    columns = dict(zip(phase.state_names, path.states.T, strict=True))
    columns |= dict(zip(phase.control_names, path.controls.T, strict=True))
    columns |= dict(zip(phase.algebraic_names, path.algebraic.T, strict=True))
    return [columns[name] for name in names]


def _line(axis: Axes, curve: Curve, colour: str) -> None:
    """One line, with a label where none has that name yet."""
    name = written(curve.name)
    known = any(line.get_label() == name for line in axis.lines)
    drawn = "." if curve.points else "-"
    axis.plot(curve.times, curve.values, drawn, color=colour, label=f"_{name}" if known else name)
