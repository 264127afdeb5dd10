"""Kinks in what stands between phases: what the symbols of all ends are, and which kinks stay."""

from collections.abc import Sequence
from typing import Any

from geodepth.control.model.kink_symbols import symbols_of_ends
from geodepth.control.model.kinks import Symbols
from geodepth.control.model.kinks_of_problem import Kink, kinks_of
from geodepth.control.model.problem import OptimalControlProblem


def symbols_of_all_ends(phases: Sequence[OptimalControlProblem]) -> Symbols:
    """Of functions of (x0, xf, t0, tf, p) of every phase in order."""
    every = [symbols_of_ends(phase) for phase in phases]
    return Symbols(
        inputs=tuple(column for symbols in every for column in symbols.inputs),
        ranges=tuple(values for symbols in every for values in symbols.ranges),
        decided=tuple(which for symbols in every for which in symbols.decided),
    )


def kinks_of_links(phases: Sequence[OptimalControlProblem], rows: Any, cost: Any) -> tuple[Kink, ...]:
    """The kinks that stay in the rows between phases and in the cost of their ends.

    Parameters
    ----------
    phases : sequence of OptimalControlProblem
        In order.
    rows, cost : casadi.Function
        Of all ends.
    """
    symbols = symbols_of_all_ends(phases)
    return (*kinks_of(rows, symbols, "link_constraints"), *kinks_of(cost, symbols, "cost", {False, True}))
