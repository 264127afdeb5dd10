"""What a job ends with: where its report is, and what it found."""

from dataclasses import dataclass
from pathlib import Path

from geodepth.validation.comparison.verdicts import Verdict
from geodepth.validation.report.data import ReportData


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where the report is, and what it found.

    Attributes
    ----------
    report : Path
        The page.
    data : ReportData
        All that it says.
    """

    report: Path
    data: ReportData

    @property
    def sentence(self) -> str:
        """The finding in one line."""
        truth = self.data.truths[0]
        networks = self.data.networks
        verdicts = [n.comparison.verdict for n in networks]
        at_best = verdicts.count(Verdict.BEST_KNOWN)
        local = verdicts.count(Verdict.LOCAL_MINIMUM)
        best = min(n.comparison.relative_excess for n in networks)
        settled = f", {truth.search['words']}" if truth.search else ""
        return (
            f"truth J = {truth.path.cost:.8g} ({truth.name} steps{settled}); of {len(networks)} networks {at_best} at "
            f"the best path known, {local} at local minima; best excess {100 * best:.3g} %"
        )
