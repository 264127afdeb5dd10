"""What a refinement has reached, and in a sentence why it ended there."""

import math
from typing import Any, NamedTuple

from geodepth.control.solution.certificate import Certificate, Check
from geodepth.control.solvers.status import Status
from geodepth.control.solving.robust.coarse_starts import CoarseStarts
from geodepth.control.verification.between_nodes.cost_between_nodes import COST_BETWEEN_NODES

NO_STARTS = CoarseStarts([], 0, False)
"""Where only one start was tried."""
OUT_OF_TIME = "time_limit is over"
VIOLATED = "what bounds and path constraints are violated by between nodes is worth that much"
"""Why a refinement ended."""


class Reached(NamedTuple):
    """A solution on the way of a refinement.

    Attributes
    ----------
    solution : Solution or MultiPhaseSolution
        The best so far.
    error : float, default infinite
        The relative error of its cost, infinite where no halving told it yet.
    ended : str
        Why the refinement ends with it short of its tolerance.
    starts : CoarseStarts
        The other starts that it was compared with.
    """

    solution: Any
    error: float = math.inf
    ended: str = ""
    starts: CoarseStarts = NO_STARTS

    def judged(self, certificate: Certificate, tolerance: float) -> "Reached":
        """The same with the error that its certificate knows of too, which no halving shows.

        Equal intervals, halved, may put no node where a path touches its bound.

        Parameters
        ----------
        certificate : Certificate
            Of the solution.
        tolerance : float
            That was asked for.
        """
        lines = (line.value for line in certificate.checks if line.name.endswith(COST_BETWEEN_NODES))
        between = float(sum(lines))
        missed = not self.ended and between > tolerance
        return self._replace(error=max(self.error, between), ended=VIOLATED if missed else self.ended)

    def line(self, tolerance: float, seconds: float) -> Check:
        """The certificate's line on the finer mesh."""
        words = "relative error of the cost, seen on a finer mesh"
        late = f"; ended early after {seconds:.3g} s: {self.ended}" if self.ended else ""
        return Check("finer mesh", self.error, tolerance, words + late)

    def sentence(self, solution: Any, tolerance: float, seconds: float) -> str:
        """What was reached: the tolerance, or less and why.

        Parameters
        ----------
        solution : Solution or MultiPhaseSolution
            With its certificate.
        tolerance : float
            That was asked for.
        seconds : float
            That it took.
        """
        intervals = solution.statistics.get("intervals", "?")
        after = f"on {intervals} intervals after {seconds:.3g} s"
        known = "not known yet" if math.isinf(self.error) else f"{self.error:.1e}"
        if not self.ended and self.error <= tolerance:
            if solution.certificate is None or solution.certificate.holds:
                return f"the cost is certified to {tolerance:.0e} {after}"
            denied = ", ".join(solution.certificate.failures)
            return f"halving the mesh changes the cost by {known}, and the certificate is denied ({denied}), {after}"
        return f"the cost's relative error is {known} and not {tolerance:.0e} {after}: {self.ended or 'it was stopped'}"


def all_rounds(rounds: int) -> str:
    """Why a refinement ended: its rounds are over."""
    return f"rounds = {rounds} are over"


def too_many_intervals(wanted: int, most: int) -> str:
    """Why a refinement ended: the next mesh is too fine."""
    return f"the next mesh would have {wanted} intervals, and most_intervals = {most}"


def failed_solve(intervals: int, status: Status) -> str:
    """Why a refinement ended: a solve failed."""
    if status is Status.TIME_LIMIT:
        return f"time_limit was over in the solve on {intervals} intervals"
    return f"the solve on {intervals} intervals ended: {status.name.lower()}"
