"""The course of a staged search: the best cost against processor time, and which search found which minimum."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from .style import FULL_WIDTH, LEAST_EXCESS, MARKERS, check_some, colour, legend_below, panels, style

MOST_MINIMA = 24
"""Distinct minima that are drawn: more would be too close to tell apart."""


def search_course(
    courses: Sequence[Sequence[tuple[float, float]]], minima: Sequence[tuple[float, Sequence[int]]], best: float
) -> Figure:
    """Draw the course of independent searches.

    Parameters
    ----------
    courses : sequence of sequences of (float, float)
        For each search, its new bests in turn: processor seconds, and the cost J.
    minima : sequence of (float, sequence of int)
        Distinct minima, best first: the cost J, and the numbers, from 0, of the searches that found it.
    best : float
        J of the best path known, which excesses are relative to.

    Raises
    ------
    ValidationError
        There is no search.
    """
    check_some("courses", courses)
    with style():
        figure, ((left, right),) = panels(1, 2, FULL_WIDTH / 2, 2.8)
        end = max((course[-1][0] for course in courses if course), default=0.0)
        for number, course in enumerate(courses):
            if course:
                times = [seconds for seconds, _ in course]
                heights = [_excess(cost, best) for _, cost in course]
                name = f"search {number + 1}"
                left.step([*times, end], [*heights, heights[-1]], where="post", color=colour(number), label=name)
                left.plot(times[-1:], heights[-1:], MARKERS[number % len(MARKERS)], color=colour(number), ms=5)
        left.set_xlabel("processor seconds of the search")
        left.set_ylabel("excess of J over the best known")
        left.set_title("best network so far")
        for number in range(len(courses)):
            found = [(place, cost) for place, (cost, who) in enumerate(minima[:MOST_MINIMA], 1) if number in who]
            right.plot(
                [place + 0.12 * (number - (len(courses) - 1) / 2) for place, _ in found],
                [_excess(cost, best) for _, cost in found],
                MARKERS[number % len(MARKERS)],
                color=colour(number),
                ms=4.5,
                ls="",
                label=f"search {number + 1}",
            )
        right.set_xlabel("distinct minimum, best first")
        right.set_title(_counted(len(minima)))
        for axis in (left, right):
            axis.set_yscale("log")
        legend_below(figure, left, right)
    return figure


def _excess(cost: float, best: float) -> float:
    return max(cost / best - 1.0, LEAST_EXCESS)


def _counted(minima: int) -> str:
    shown = f", the best {MOST_MINIMA}" if minima > MOST_MINIMA else ""
    return f"{minima} distinct minima{shown},\nby the searches that found them"
