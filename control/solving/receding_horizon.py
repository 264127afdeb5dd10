"""A solution moved on along its mesh: where a controller starts that solves again a step later."""

import numpy as np

from geodepth.control.solvers.status import Iterate
from geodepth.control.transcription.transcription import Transcription


def moved_on(transcription: Transcription, iterate: Iterate, intervals: int) -> Iterate:
    """The iterate with every interval's values and multipliers taken from the one that follows so much later.

    Parameters
    ----------
    transcription : Transcription
        Whose iterate it is.
    iterate : Iterate
        To be moved.
    intervals : int
        By how many. What would come from behind the end stays as the last interval and the last node have it.

    Notes
    -----
    On intervals of equal length that is the same path, later. Multipliers of what is fixed stay where they are.
    """
    layout, count = transcription.layout, transcription.layout.intervals
    whole = np.arange(layout.size)
    table = whole[: count * layout.stage].reshape(count, layout.stage)
    nodes = np.vstack([table[:, : layout.node], whole[None, count * layout.stage :]])
    later = np.minimum(np.arange(count + 1) + intervals, count)
    unknowns = table[np.minimum(later[:-1], count - 1), layout.node :]
    column = np.concatenate([np.hstack([nodes[later[:-1]], unknowns]).ravel(), nodes[later[-1]]])
    rows = np.arange(transcription.constraint_lower.size)
    # Interval by interval from its first defect on; the last may hold more rows, which stay.
    first = transcription.defects[:, 0]
    each = int(first[1] - first[0]) if count > 1 else 0
    for k in range(count):
        start = first[min(k + intervals, count - 1)]
        rows[first[k] : first[k] + each] = start + np.arange(each)
    fixed = transcription.lower == transcription.upper
    bounds = np.where(fixed, iterate.variable_multipliers, iterate.variable_multipliers[column])
    return Iterate(iterate.variables[column], bounds, iterate.constraint_multipliers[rows])
