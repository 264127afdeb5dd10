"""What it would cost to mend what is violated between nodes: multipliers times violations.

A program that holds a bound at some points alone may gain by leaving it between them, by little in the state and yet by
much in the cost. Were the bound drawn in at every point by what is violated beside it, the cost would rise by the
point's multiplier times that, to first order. Where a path only touches its bound, what counts is the largest violation
beside the touch; where it follows the bound, the mean one. So it is where a control holds it there.
"""

import numpy as np

from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.certificate import Check
from geodepth.control.solution.solution import Solution
from geodepth.control.transcription.transcription import Transcription
from geodepth.control.verification.resimulation import Resimulation
from geodepth.foundation.shapes import Bool, Float

from .worst_places import Bounded, bounded_values, excesses

COST_BETWEEN_NODES = "cost between nodes"
"""The line's name."""
ARC = 4
"""Nodes in a row, each with a multiplier, on which a path follows its bound (chosen by hand).

A touch inside an interval gives one to each of two nodes. Robbins' problem touches, Jacobson and Lele's follows: on 20
to 80 intervals of linear controls the estimate is between 0.6 and 2.3 times the true error of both."""
FELT = 0.01
"""The share of the largest multiplier from which one counts for that (chosen by hand): none is zero."""


def check_cost_between_nodes(
    problem: OptimalControlProblem,
    solution: Solution,
    again: Resimulation,
    transcription: Transcription,
    accuracy: float,
    cost: float,
) -> Check | None:
    """The line of a certificate; None where nothing but controls is bounded.

    Parameters
    ----------
    problem : OptimalControlProblem
        What was solved.
    solution : Solution
        With its iterate.
    again : Resimulation
        With the states at the fractions of `grid_of`.
    transcription : Transcription
        Whose iterate that is.
    accuracy : float
        Relative, that the cost is held to.
    cost : float
        What it is relative to.
    """
    if not np.any(_with_states(problem)):
        return None
    worth = float(np.sum(worth_between_nodes(problem, solution, again, transcription))) / cost
    return Check(COST_BETWEEN_NODES, worth, accuracy, "what mending the violations there would cost, relative")


def worth_between_nodes(
    problem: OptimalControlProblem, solution: Solution, again: Resimulation, transcription: Transcription
) -> Float[np.ndarray, " K"]:
    """What mending the violations in every interval would cost, to first order.

    Parameters
    ----------
    problem : OptimalControlProblem
        What was solved.
    solution : Solution
        With its iterate.
    again : Resimulation
        With the states at the fractions of `grid_of`.
    transcription : Transcription
        Whose iterate that is.

    Notes
    -----
    A node feels the worse of its two sides, and what it feels is that side's.
    """
    rows, counted = bounded_values(problem), _with_states(problem)
    if not np.any(counted):
        return np.zeros(solution.times.size - 1)
    most, means = excesses(problem, solution, again)
    at_nodes, inside = _multipliers(rows, transcription, solution)
    none = np.zeros((len(rows.names), 1))
    felt = at_nodes + (np.hstack([none, inside]) + np.hstack([inside, none])) / 2
    lasting = _followed(felt > FELT * np.max(felt, axis=1, keepdims=True)) | rows.of_controls[:, None]
    beyond = np.where(lasting, means, most) * counted[:, None]
    before, behind = np.hstack([none, beyond]), np.hstack([beyond, none])
    earlier = np.where(before > behind, at_nodes * before, 0.0)
    later = np.where(before > behind, 0.0, at_nodes * behind)
    return np.asarray(np.sum(inside * beyond + earlier[:, 1:] + later[:, :-1], axis=0))


def _with_states(problem: OptimalControlProblem) -> Bool[np.ndarray, " r"]:
    """Which bounded values are worth something between nodes: controls alone are within their bounds when simulated."""
    rows = bounded_values(problem)
    counted = np.arange(len(rows.names)) < problem.functions.path.numel_out(0)
    counted[[row for row, _ in rows.states]] = True
    return np.asarray(counted)


def _followed(felt: Bool[np.ndarray, "r K+1"]) -> Bool[np.ndarray, "r K"]:
    """The intervals between the nodes of every run of ARC or more that have a multiplier."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(felt, ((0, 0), (ARC, ARC))), ARC, axis=1)
    runs = np.all(windows, axis=2, keepdims=True)[:, :, 0]
    # Window i has node i − ARC first; interval k lies in the ARC − 1 windows that hold nodes k and k + 1.
    count = felt.shape[1] - 1
    return np.asarray(np.any([runs[:, i + 2 : i + 2 + count] for i in range(ARC - 1)], axis=0))


def _multipliers(
    rows: Bounded, transcription: Transcription, solution: Solution
) -> tuple[Float[np.ndarray, "r K+1"], Float[np.ndarray, "r K"]]:
    """Sizes of the multipliers of every bounded value: at the nodes, and those inside an interval together."""
    assert solution.iterate is not None
    layout, count = transcription.layout, transcription.layout.intervals
    at_nodes, inside = np.zeros((len(rows.names), count + 1)), np.zeros((len(rows.names), count))

    def add(row: np.ndarray, interval: np.ndarray, fraction: np.ndarray, sizes: np.ndarray) -> None:
        node = (fraction == 0.0) | (fraction == 1.0) | (interval == count)
        np.add.at(at_nodes, (row[node], np.minimum(interval + (fraction == 1.0), count)[node]), sizes[node])
        np.add.at(inside, (row[~node], interval[~node]), sizes[~node])

    where = transcription.path_rows
    if where is not None:
        sizes = np.abs(solution.iterate.constraint_multipliers[where.rows])
        add(where.expressions, where.intervals, where.fractions, sizes)
    # What is given at an end has the costate there as its multiplier, whatever its bounds are.
    free = np.where(transcription.lower < transcription.upper, np.abs(solution.iterate.variable_multipliers), 0.0)
    nodes, stages = layout.split(free)[0], layout.inner_states(free)
    for row, i in rows.states:
        add(np.full(count + 1, row), np.arange(count + 1), np.zeros(count + 1), nodes[:, i])
        for s, fraction in enumerate(layout.inner):
            add(np.full(count, row), np.arange(count), np.full(count, fraction), stages[:, s, i])
    return at_nodes, inside
