"""Everything that the physics and the theory say of the paths of a report, measured once."""

from dataclasses import dataclass
from typing import Any

from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.momenta import settle_momenta
from geodepth.validation.physics.path_energies import Energies, compute_energies
from geodepth.validation.physics.phases import Phases, find_phases
from geodepth.validation.theory.all_statements import check_all
from geodepth.validation.theory.check import Check
from geodepth.validation.theory.theorem_four import theorem_table

from .data import ReportData


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What is measured of one path.

    Attributes
    ----------
    path : RepresentationPath
        The path, its momenta settled at the kinks.
    energies : Energies
        Its energies along p.
    phases : Phases or None
        Its phases, None for L̃ = 0.
    checks : tuple of Check
        The theorems held against it.
    """

    path: RepresentationPath
    energies: Energies
    phases: Phases | None
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Analyses:
    """What is measured of every path of a report, in the report's order of truths and of networks."""

    truths: tuple[Analysis, ...]
    networks: tuple[Analysis, ...]

    def theorem_4_widths(self) -> list[dict[str, Any]]:
        """How far apart the bounds of Theorem 4 are on each truth; nothing where L̃ = 0, of which it says nothing."""
        return theorem_table([truth.path for truth in self.truths if truth.path.effective_depth > 0.0])


def analyse(path: RepresentationPath) -> Analysis:
    """Settle the momenta of a path at the kinks (see `find_momenta`), then measure it."""
    settled = settle_momenta(path)
    energies = compute_energies(settled)
    phases = find_phases(settled, energies) if path.effective_depth > 0.0 else None
    return Analysis(settled, energies, phases, check_all(settled))


def analyse_report(data: ReportData) -> Analyses:
    """Measure every path of a report."""
    return Analyses(
        tuple(analyse(truth.path) for truth in data.truths), tuple(analyse(network.path) for network in data.networks)
    )
