"""What a job ends with: where its report is, and what it found."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geodepth.validation.comparison.verdicts import Verdict
from geodepth.validation.report.data import ReportData
from geodepth.validation.report.quotable import advice, evidence


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
    def numbers(self) -> dict[str, Any]:
        """The finding, for other programs; the file beside the page has every number."""
        truth = self.data.cited
        return {
            "truth": {"cost": truth.path.cost, "steps": truth.name, "search": truth.search},
            "advice": advice(self.data),
            "networks": [
                {
                    "name": network.name,
                    "verdict": network.comparison.verdict.name.lower(),
                    "cost": network.path.cost,
                    "relative_excess": network.excess,
                    "sentence": network.comparison.sentence,
                }
                for network in self.data.networks
            ],
            "report": self.report,
            "numbers": self.report.with_suffix(".json"),
        }

    @property
    def sentence(self) -> str:
        """The finding in one line; of the truths the one that the best network is held against."""
        truth = self.data.cited
        networks = self.data.networks
        verdicts = [n.comparison.verdict for n in networks]
        at_best = verdicts.count(Verdict.BEST_KNOWN)
        local = verdicts.count(Verdict.LOCAL_MINIMUM)
        best = min(n.comparison.relative_excess for n in networks)
        found = evidence(truth)
        settled = f", {found}" if found else ""
        return (
            f"truth J = {truth.path.cost:.8g} ({truth.name} steps{settled}); of {len(networks)} networks {at_best} at "
            f"the best path known, {local} at local minima; best excess {100 * best:.3g} %"
        )
