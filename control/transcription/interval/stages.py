"""A program taken apart: one function for every interval, and one for the ends of the horizon."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from geodepth.foundation.shapes import Int


@dataclass(frozen=True, slots=True, eq=False)
class Stages:
    """What a program's objective and constraints are made of.

    Attributes
    ----------
    stage : casadi.Function
        Of one interval, as `stage_functions` says.
    ends : casadi.Function
        (first y, last y, settings) -> (terminal cost, the last rows of the constraints).
    rows : ndarray of int
        In which row each result of `stage` but the cost is, interval by interval (K, n), or −1. Those of y at the end
        are subtracted there from the next node's y.
    """

    stage: Any
    ends: Any
    rows: Int[np.ndarray, "K n"]
