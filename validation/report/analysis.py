"""Everything that the physics says of one path, measured once."""

from __future__ import annotations

from dataclasses import dataclass

from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.energies import Energies, compute_energies
from geodepth.validation.physics.momenta import settle_momenta
from geodepth.validation.physics.phases import Phases, find_phases
from geodepth.validation.theory.check import Check
from geodepth.validation.theory.statements import check_all


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """A path with settled momenta, its energies, its phases (None for L̃ = 0), and the theorems held against it."""

    path: RepresentationPath
    energies: Energies
    phases: Phases | None
    checks: tuple[Check, ...]


def analyse(path: RepresentationPath) -> Analysis:
    """Settle the momenta at the kinks (see `find_momenta`), then measure."""
    settled = settle_momenta(path)
    energies = compute_energies(settled)
    phases = find_phases(settled, energies) if path.effective_depth > 0.0 else None
    return Analysis(settled, energies, phases, check_all(settled))
